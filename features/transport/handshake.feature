Feature: Connecting

  @TRN-001 @level:must @profile:core @source:stated
  Rule: TRN-001 The protocol is capnp
    A server MUST accept QUIC version 1 connections that offer the ALPN protocol `capnp`, and agree on it.

    Scenario: A client that offers capnp alone
      When a client connects that offers "capnp"
      Then the connection is made with "capnp"
      And a further session of the connection is answered

  @TRN-002 @level:must @profile:core @source:stated
  Rule: TRN-002 Other protocols are refused
    A server MUST NOT complete the handshake with a client that does not offer `capnp`.

    Scenario Outline: A client that offers <protocols>
      When a client connects that offers "<protocols>"
      Then the handshake fails

      Examples:
        | protocols |
        | h3        |
        | capnp2    |
        | capn      |
        | Capnp     |
        | CAPNP     |
        | capnp/1   |
        | hq-29, h3 |

  @TRN-003 @level:should @profile:core @source:decided
  Rule: TRN-003 The refusal has its alert
    A server that refuses a client for its ALPN protocols SHOULD do so with the TLS alert `no_application_protocol`,
    QUIC error 0x178.

    Scenario: A client of another protocol
      When a client connects that offers "h3"
      Then the QUIC error is 376

  @TRN-026 @level:should @profile:core @source:decided
  Rule: TRN-026 Other versions are told
    A server SHOULD answer the first packet of a QUIC version that it does not speak with Version Negotiation, and name
    version 1 in it, whatever else the packet holds.

    Scenario: Versions that there will never be
      When clients begin with versions that there will never be
      Then each of them is told of version 1

  @TRN-027 @level:should @profile:core @source:decided
  Rule: TRN-027 Clients move
    A server SHOULD go on with a connection whose client comes from another port than before, also again and again.

    Scenario: A client behind a network that changes its port
      Given a client behind a network that changes its port
      When its port changes 3 times, and it calls health each time
      Then each of its calls is answered

  @TRN-004 @level:must @profile:core @source:decided
  Rule: TRN-004 Further protocols do no harm
    A server MUST accept a client that offers `capnp` among other protocols, in any order, and agree on `capnp`.

    Scenario Outline: A client that offers <protocols>
      When a client connects that offers "<protocols>"
      Then the connection is made with "capnp"
      And a further session of the connection is answered

      Examples:
        | protocols        |
        | h3, capnp        |
        | capnp, h3        |
        | capnp2, capnp, x |

  @TRN-012 @level:should @profile:core @source:decided
  Rule: TRN-012 No unidirectional streams
    A server SHOULD NOT let a client open unidirectional streams.

    Scenario: What the server allows
      Then it lets the client open no unidirectional stream

  @TRN-014 @level:must @profile:core @source:decided
  Rule: TRN-014 Keep-alives keep a connection
    A server MUST NOT end a connection whose client keeps it alive with QUIC PING frames.

    Scenario: Nothing but keep-alives
      When a connection is kept alive for 4500 ms with an idle time-out of 2000 ms
      Then every session is answered
