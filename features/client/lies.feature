@subject:client
Feature: Servers that lie, refuse and lose connections

  @CLI-008 @level:must @profile:core @source:decided
  Rule: CLI-008 The fingerprint is checked
    A client MUST compare the fingerprint that uploadKeyPackage returns with the SHA-256 of what it sent, and
    fail when they differ.

    Scenario Outline: <command> is answered with <fingerprint>
      Given the server answers uploads with <fingerprint>
      When the client runs "<command>"
      Then it fails

      Examples:
        | command        | fingerprint                             |
        | register       | the fingerprint of another package      |
        | register-state | the fingerprint of another package      |
        | register-state | the fingerprint with its last bit flipped |
        | register       | no fingerprint                          |

  @CLI-009 @level:must @profile:core @source:decided
  Rule: CLI-009 Whose KeyPackage it is
    A client MUST refuse a KeyPackage that is not valid now, whose signatures are wrong, or whose credential
    or signature key is not the identity key that it asked for.

    Scenario Outline: fetch-key is answered with <package>
      Given the server gives <package> as everybody's
      When the client runs "fetch-key BOB"
      Then it fails

      Examples:
        | package                                |
        | Mallory's KeyPackage                   |
        | a KeyPackage of Bob with a bit flipped |
        | a KeyPackage of Bob that has expired   |
        | a KeyPackage of Bob of next month      |
        | a KeyPackage that names Bob and that Mallory has signed |
        | some text                              |

    Scenario Outline: invite is answered with <package>
      Given the client has made a group
      And the server gives <package> as everybody's
      When the client runs "invite --peer-key BOB"
      Then it fails
      And nothing was put into a queue

      Examples:
        | package                                |
        | Mallory's KeyPackage                   |
        | a KeyPackage of Bob with a bit flipped |
        | a KeyPackage that names Bob and that Mallory has signed |

  @CLI-011 @level:should @profile:core @source:decided
  Rule: CLI-011 Channels that do not fit
    A client SHOULD report E022 and E023 with the code, and exit with 4.

    Scenario: Receiving from a channel of others
      Given the client has registered
      When the client receives from a channel of Bob and Carol
      Then it exits with 4
      And it tells the code E022

    Scenario: Receiving from no channel
      Given the client has registered
      When the client receives from a channel that does not exist
      Then it exits with 4
      And it tells the code E023

    Scenario: Sending
      Given the client is in a group with Bob
      And the server refuses enqueue with E022
      When the client sends a message
      Then it exits with 4
      And it tells the code E022

  @CLI-017 @level:must @profile:core @source:decided
  Rule: CLI-017 Received before acknowledged
    Where the server has peek and ack, a client MUST have a message, or what it decrypted, in its state before
    it acknowledges it.

    Scenario: Killed when it acknowledges
      Given the client has joined a group of Bob
      And Bob has sent 3 messages to the client
      When the client runs "recv" and is killed when it calls ack
      And the client runs "recv"
      Then both together show these messages

    Scenario: Killed when it acknowledges an invitation
      Given the client has registered
      When Bob invites the client
      And the client runs "join" and is killed when it calls ack
      And the client runs "join"
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

    Scenario: More comes while it acknowledges
      Given the client has joined a group of Bob
      And Bob has sent 2 messages to the client
      And Bob sends another message when the client acknowledges
      When the client runs "recv"
      And the client runs "recv"
      Then both together show these messages

  @CLI-038 @level:must @profile:core @source:decided
  Rule: CLI-038 What another command is for
    What a command takes out of a queue and has no use for, an invitation, or a message of a group that the
    client is about to join, MUST still be there for the command that has.

    Scenario: Messages behind an invitation
      Given the client has registered
      When Bob invites the client
      And Bob sends 2 messages to the client
      And the client runs "join"
      And the client runs "recv"
      Then both together show these messages

    Scenario: recv before join
      Given the client has registered
      When Bob invites the client
      And Bob sends 2 messages to the client
      And the client runs "recv"
      And the client runs "join"
      And the client runs "recv"
      Then both together show these messages

  @CLI-020 @level:should @profile:core @source:decided
  Rule: CLI-020 What recv tells
    With `--json`, `recv` SHOULD tell messages as type `message` with `groupId`, `sender`, `epoch` and `text`,
    or `base64` where it is no UTF-8, changes of the group as `members` with `added`, `removed` and `members`,
    the own removal as `removed`, an invitation as `invited`, and what it cannot read as `ignored` with `code`
    and `reason`.

    Scenario: A message
      Given the client has joined a group of Bob
      When Bob sends 1 message to the client
      And the client runs "recv --json"
      Then it tells these messages with group, sender and epoch

    Scenario: A message that is no text, and what cannot be read
      Given the client has joined a group of Bob
      When Bob sends bytes that are no text
      And Mallory puts some text into the client's queue
      And the client runs "recv --json"
      Then it tells these bytes as Base64
      And it tells that it ignored something

    Scenario: An invitation
      Given the client has registered
      When Bob invites the client
      And the client runs "recv --json"
      Then it writes objects of type "invited" with "type"

    Scenario: It is removed
      Given the client has joined a group of Bob
      When Bob removes the client
      And the client runs "recv --json"
      Then it writes objects of type "removed" with "groupId sender"

    Scenario: Somebody is added
      Given the client has joined a group of Bob
      When Bob adds Carol
      And the client runs "recv --json"
      Then it tells that Bob has added Carol

  @CLI-021 @level:must @profile:core @source:decided
  Rule: CLI-021 Until it is empty
    `recv` MUST ask until the queue is empty, since an answer may hold fewer messages than there are (DS-016).

    Scenario: Two at a time
      Given the client has joined a group of Bob
      And the server answers with at most 2 messages
      When Bob sends 7 messages to the client
      And the client runs "recv"
      Then it succeeds
      And it shows these messages in order

  @CLI-022 @level:must @profile:core @source:decided
  Rule: CLI-022 What cannot be read is passed over
    A payload that cannot be read MUST NOT keep a client from those behind it.

    Scenario: Rubbish of four kinds
      Given the client has joined a group of Bob
      When Mallory puts some text into the client's queue
      And Bob sends 1 message to the client
      And Mallory puts a hybrid envelope to somebody else into the client's queue
      And Mallory puts a PrivateMessage with its last bit flipped into the client's queue
      And Bob sends 1 message to the client
      And Mallory puts a message of another group into the client's queue
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

    Scenario: Rubbish that is cut or empty
      Given the client has joined a group of Bob
      When Mallory puts a single byte into the client's queue
      And Mallory puts a hybrid envelope of 40 bytes into the client's queue
      And Mallory puts an Envelope that holds nothing into the client's queue
      And Mallory puts an Envelope of an unknown kind into the client's queue
      And Mallory puts a PrivateMessage that is cut into the client's queue
      And Mallory puts a Welcome to somebody else into the client's queue
      And Mallory puts a KeyPackage into the client's queue
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

    Scenario: Before an invitation
      Given the client has registered
      When Mallory puts a Welcome to somebody else into the client's queue
      And Mallory puts some text into the client's queue
      And Bob invites the client
      And the client runs "join"
      Then it succeeds

    Scenario: While it waits
      Given the client has joined a group of Bob
      When the client starts "recv --stream"
      And Mallory puts some text into the client's queue
      And it has had time to ask for more
      And Bob sends 1 message to the client
      Then it shows these messages while it runs

  @CLI-023 @level:must @profile:core @source:decided
  Rule: CLI-023 Replays
    A client MUST NOT show a payload that comes a second time as a new message.

    Scenario: Within a fetch
      Given the client has joined a group of Bob
      When Bob sends 2 messages to the client
      And the server puts the first of them into the queue again
      And the client runs "recv"
      Then it shows each of these messages once

    Scenario: From one command to the next
      Given the client has joined a group of Bob
      When Bob sends 2 messages to the client
      And the client runs "recv"
      Then it shows these messages in order
      When the server puts the first of them into the queue again
      And the client runs "recv"
      Then it shows none of these messages

  @CLI-024 @level:should @profile:core @source:decided
  Rule: CLI-024 Lost connections
    A client SHOULD make a call whose connection was lost again on a new one, with waits that grow and are
    partly random.

    Scenario: Sending
      Given the client is in a group with Bob
      And the server drops all connections at the next enqueue
      When the client sends a message
      Then it succeeds
      And Bob reads that message from the client

    Scenario: Streaming
      Given the client has joined a group of Bob
      When the client starts "recv --stream"
      And the server drops all connections once it waits
      And Bob sends 1 message to the client
      Then it shows these messages while it runs

    Scenario: Registering
      Given the server drops all connections at the next uploadKeyPackage
      When the client runs "register-state"
      Then it succeeds

  @CLI-025 @level:should @profile:core @source:decided
  Rule: CLI-025 Ctrl-C
    A client that is interrupted SHOULD leave neither locks nor temporary files behind.

    Scenario: While it waits for messages
      Given the client has joined a group of Bob
      When the client runs "recv"
      And the client starts "recv --stream"
      And it is interrupted once it waits
      Then no temporary file is left
      When Bob sends 1 message to the client
      And the client runs "recv"
      Then it succeeds
      And it shows these messages in order

  @CLI-030 @level:must @profile:core @source:decided
  Rule: CLI-030 Not another key
    Where the hybrid key that the server gives cannot be used (HYB-002, HYB-005, HYB-009), or cannot be had, a
    client MUST NOT leave out the hybrid envelope, nor encrypt to that key.

    Scenario Outline: <key>
      Given Bob has a hybrid key
      And the client is in a group with Bob
      And the server gives <key> as everybody's hybrid key
      When the client sends a message
      Then nothing was put into Bob's queue but hybrid envelopes that he can open

      Examples:
        | key                                    |
        | 1,215 bytes                            |
        | a key that is beyond the modulus       |
        | a key of low order                     |

    Scenario: None that can be had
      Given Bob has a hybrid key
      And the client is in a group with Bob
      And the server refuses fetchHybridKey with E009
      When the client sends a message
      Then nothing was put into Bob's queue but hybrid envelopes that he can open

  @CLI-037 @level:must @profile:core @source:decided
  Rule: CLI-037 Hybrid envelopes that do not hold
    A client MUST NOT show a message that came in a hybrid envelope which a receiver refuses (HYB-005 …
    HYB-008).

    Scenario Outline: <envelope>
      Given the client has joined a group of Bob
      When Bob sends a message in a hybrid envelope <envelope>
      And the client runs "recv"
      Then it shows none of these messages

      Examples:
        | envelope                      |
        | of version 2                  |
        | with a key of low order       |
        | with the last bit of its tag flipped |

  @CLI-041 @level:must @profile:core @source:decided
  Rule: CLI-041 Servers of the first generation
    A client MUST send and receive messages by the methods of the core profile where a server offers no others.

    Scenario: Receiving
      Given the server offers nothing but the core profile
      And the client has joined a group of Bob
      When Bob sends 3 messages to the client
      And the client runs "recv"
      Then it succeeds
      And it shows these messages in order

    Scenario: Sending to several
      Given the server offers nothing but the core profile
      And Carol has a hybrid key
      And the client is in a group with Bob and Carol
      When the client sends a message
      Then it succeeds
      And Bob reads that message from the client
      And Carol reads that message from the client
