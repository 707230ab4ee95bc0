@subject:client
Feature: Whom a client trusts, and what it shows

  @CLI-005 @level:must @profile:core @source:decided
  Rule: CLI-005 No secrets in the output
    A client MUST NOT write tokens, passwords, seeds, private keys or passphrases to its output, its errors or
    a log.

    Scenario: In a conversation
      Given the client is in a group with Bob
      When the client sends a message
      And the client runs "recv"
      Then neither its token nor its seed is in what it has told

    Scenario Outline: When its token is refused with <code>
      Given the server refuses uploadKeyPackage with <code>
      When the client runs "register-state"
      Then it fails
      And neither its token nor its seed is in what it has told

      Examples:
        | code |
        | E003 |
        | E017 |

    Scenario: On wrong usage
      When the client runs "ping --no-such-option"
      Then neither its token nor its seed is in what it has told

    Scenario: On a login, and a refused one
      When the client makes an account
      And the client logs in
      And the client logs in with a wrong password
      And the client makes an account
      Then it fails
      And neither the password nor the token of the login is in what it has told

  @CLI-006 @level:must @profile:core @source:decided
  Rule: CLI-006 Trust before tokens
    A client MUST accept the server's certificate, by a trust anchor, a pin, or because it is seen for the
    first time and remembered, before it sends a token.

    Scenario Outline: <command> meets a server with another certificate
      When the client runs "<command>" and meets a server with another certificate
      Then it fails
      And that server has not seen its token

      Examples:
        | command        |
        | ping           |
        | register-state |

  @CLI-036 @level:must @profile:core @source:decided
  Rule: CLI-036 What a trust anchor vouches for
    A client that is given `--ca-cert` MUST refuse a certificate that does not lead to one in the file, is not
    for the server's name (`--server-name`, else the host), or is not valid now.

    Scenario: A right one
      When the client runs "register-state" and meets a server with a certificate that the authority has signed
      Then it succeeds

    Scenario Outline: One that the authority <how>
      When the client runs "register-state" and meets a server with a certificate that the authority <how>
      Then it fails
      And that server has not seen its token

      Examples:
        | how                              |
        | has signed for another name      |
        | has signed for the address alone |
        | has signed, and that has expired |
        | has signed, and that begins tomorrow |

    Scenario Outline: A file that <what>
      When the client runs "register-state" with a "--ca-cert" that <what>
      Then it fails
      And that server has not seen its token

      Examples:
        | what                 |
        | is not there         |
        | holds no certificate |

  @CLI-007 @level:must @profile:core @source:decided
  Rule: CLI-007 A changed certificate
    A client that remembers a server's certificate MUST refuse another one from the same address, and say so.

    Scenario: From one command to the next
      Given the client trusts a server on first use
      When another certificate is shown at that address
      And the client runs "register-state" on its word
      Then it fails
      And it says something
      And that server has seen no call

  @CLI-010 @level:must @profile:core @source:decided
  Rule: CLI-010 How it authenticates
    A client that has a token MUST send Auth with version 1, the bytes of the token and its device id, and one
    that has none version 0.

    Scenario: With a token
      When the client runs "register-state"
      Then it succeeds
      And every call that wants it showed the token and the device

    Scenario: With a device id
      Given the client's device is "phone-7"
      When the client runs "register-state"
      Then it succeeds
      And every call that wants it showed the token and the device

    Scenario: Without a token
      Given the server takes calls without a token
      When the client runs "register-state" without a token
      Then it succeeds
      And every call that wants it had auth version 0

  @CLI-012 @level:should @profile:core @source:decided
  Rule: CLI-012 Tokens as text
    `--access-token` SHOULD be read as hex when it is an even number of hex digits, and else as the UTF-8 text
    itself.

    Scenario: Hex
      Given the client's token is "00ff10A07f80c3285d41e25b6a9d0c17" in hex
      When the client runs "register-state"
      Then it succeeds
      And every call that wants it showed the token and the device

    Scenario: Text
      When the client runs "register-state"
      Then it succeeds
      And every call that wants it showed the token and the device

  @CLI-014 @level:must @profile:core @source:decided
  Rule: CLI-014 Who may read the state
    State, key store and session token MUST be readable by their owner alone, mode 0600.

    Scenario: After a command
      Given the client has registered
      Then nobody but its owner may read what is secret

    Scenario: After a login
      Given the client has made an account
      Then nobody but its owner may read what is secret

  @CLI-026 @level:must @profile:core @source:stated
  Rule: CLI-026 The protocol
    A client MUST offer the ALPN protocol `capnp`, and MUST NOT speak with a server that has not chosen it.

    Scenario: What a right server chooses
      When the client runs "ping"
      Then it succeeds
      And each connection was made with "capnp"

    Scenario: A server that speaks something else
      When the client runs "ping" and meets a server that speaks "h3,hq-interop,doq"
      Then it fails
      And that server has been sent nothing

  @CLI-027 @level:must @profile:core @source:stated
  Rule: CLI-027 What a server may see
    A client MUST NOT show a server the plaintext of a message or a private key.

    Scenario: In a conversation with somebody who has a hybrid key
      Given Bob has a hybrid key
      And the client is in a group with Bob
      When the client sends a message
      Then Bob reads that message from the client
      And neither that message nor its seed is in what the server has seen

    Scenario: In a conversation with somebody who has none
      Given the client is in a group with Bob
      When the client sends a message
      Then Bob reads that message from the client
      And neither that message nor its seed is in what the server has seen

    Scenario: When the server gives its own hybrid key as Bob's
      Given Bob has a hybrid key
      And the client is in a group with Bob
      And the server gives Mallory's as everybody's hybrid key
      When the client sends a message
      Then Mallory finds no more than a PrivateMessage that she cannot read in what was sent

  @CLI-028 @level:must @profile:core @source:stated
  Rule: CLI-028 Calls of the right form
    A client MUST send identity, peer and recipient keys of 32 bytes, hybrid public keys of 1,216 bytes,
    channel ids of 0 or 16 bytes, and wire version 1.

    Scenario: In a channel
      Given a channel of the client and Bob
      And the client is in a group with Bob
      When the client sends a message in the channel
      And the client runs "recv"
      Then each of its calls has the right form

  @CLI-035 @level:must @profile:core @source:decided
  Rule: CLI-035 The queues of a channel
    With `--channel-id`, `invite` and `send` MUST put what they send into queues of that channel, and `join`
    and `recv` MUST ask for what is in them.

    Scenario: Sending
      Given a channel of the client and Bob
      And the client is in a group with Bob
      When the client sends a message in the channel
      Then it succeeds
      And Bob reads that message from the client in the channel

    Scenario: Receiving
      Given the client has joined a group of Bob
      And a channel of the client and Bob
      When Bob sends a message in the channel to the client
      And the client receives from the channel
      Then it succeeds
      And it shows these messages in order
