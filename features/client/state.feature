@subject:client
Feature: What a client keeps

  @CLI-013 @level:must @profile:core @source:stated
  Rule: CLI-013 What a state holds
    The state of a client MUST hold the Ed25519 seed of its identity, 32 bytes, and its group, and the key
    store beside it, with the extension `.ks`, the private parts of its KeyPackages and of its hybrid key.

    Scenario: Before it joins
      Given the client has registered
      And its state and its key store are moved elsewhere, and nothing else
      When Bob invites the client
      And the client runs "join"
      Then it succeeds
      When Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

    Scenario: In a group
      Given the client is in a group with Bob
      And its state and its key store are moved elsewhere, and nothing else
      When the client sends a message
      Then Bob reads that message from the client

    Scenario: The oldest of its KeyPackages
      Given the client has registered
      When the client runs "register-state --count 2"
      And Bob invites the client
      And the client runs "join"
      Then it succeeds

    Scenario: Registered again while a message waits
      Given the client has joined a group of Bob
      When Bob sends 1 message to the client
      And the client runs "register-state"
      And the client runs "recv"
      Then it shows these messages in order

    Scenario: Killed when it uploads
      When the client runs "register-state" and is killed when it calls uploadKeyPackage
      And Bob invites the client
      And the client runs "join"
      Then it succeeds

  @CLI-039 @level:must @profile:core @source:decided
  Rule: CLI-039 A state that cannot be read
    A client MUST NOT go on under a new identity because the state that is there cannot be read.

    Scenario: It is cut
      Given the client's state is damaged
      When the client runs "register-state"
      Then it has uploaded nothing under another identity

  @CLI-015 @level:must @profile:core @source:decided
  Rule: CLI-015 The state survives a crash
    Whenever a client is killed, its state MUST be readable afterwards, and what it was about MUST be done, or
    still be possible.

    Scenario Outline: Killed in <command> when it calls <method>
      Given the client is in a group with Bob
      And Carol has published a KeyPackage
      When the client runs "<command>" and is killed when it calls <method>
      And the client sends a message
      Then it succeeds
      And Bob reads that message from the client

      Examples:
        | command        | method           |
        | register-state | uploadKeyPackage |
        | send --msg hi  | enqueue          |
        | invite --peer-key CAROL | enqueue |

    Scenario: Killed when it writes
      Given the client is in a group with Bob
      When the client runs "register-state" and is killed at its first 9 writes
      And the client sends a message
      Then it succeeds
      And Bob reads that message from the client

    Scenario: Killed when it joins
      Given the client has registered
      When Bob invites the client
      And the client runs "join" and is killed at every third of its first 30 writes
      And it takes messages by peek and ack
      And the client runs "join"
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

  @CLI-018 @level:must @profile:core @source:decided
  Rule: CLI-018 Shown at least once
    A message that was received MUST be shown again after a crash unless it was shown for sure.

    Scenario: Killed when it writes
      Given the client has joined a group of Bob
      When the client runs "recv" and is killed at every second of its first 14 writes, after a message of Bob each time
      And it takes messages by peek and ack
      And the client runs "recv"
      Then both together show these messages

  @CLI-016 @level:must @profile:core @source:decided
  Rule: CLI-016 No key is used twice
    A client MUST have its state, with the keys used up, written before it sends what was encrypted with them.

    Scenario: Killed when it sends
      Given the client is in a group with Bob
      When the client sends a message and is killed when it calls enqueue
      And the client sends a message
      Then it succeeds
      And Bob reads that message from the client
