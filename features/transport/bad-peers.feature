Feature: Bad peers

  @TRN-015 @level:must @profile:core @source:decided
  Rule: TRN-015 Garbage harms nobody
    Datagrams that belong to no connection MUST NOT harm connections that stand, nor keep new ones from being made.

    Scenario: Garbage while others work
      Given a bystander at work
      When 400 datagrams of garbage are sent to it
      Then the bystander notices nothing
      And a new connection is answered

  @TRN-016 @level:must @profile:core @source:decided
  Rule: TRN-016 A peer that vanishes harms nobody
    Clients that vanish, close, or leave handshakes and streams half done MUST NOT harm other connections.

    Scenario: Clients that vanish while others work
      Given a bystander at work
      When 40 clients vanish in the middle of what they do
      Then the bystander notices nothing
      And a new connection is answered

    Scenario: Another connection of the same person closes
      Given Alice's queue holds nothing
      And a connection with 1 sessions
      When a session of it waits for a message
      And another connection of Alice fetches and closes
      Then a message that comes now ends that wait

  @TRN-017 @level:must @profile:core @source:decided
  Rule: TRN-017 A peer that does not read harms nobody
    A client that does not read its answers MUST NOT harm other connections.

    Scenario: A client that reads nothing while others work
      Given a bystander at work
      When a client asks for much and reads nothing
      Then the bystander notices nothing
      And a new connection is answered

  @TRN-018 @level:must @profile:core @source:decided
  Rule: TRN-018 A protocol error ends one session
    A protocol error in one session MUST NOT harm any other session, of the same connection or of another.

    Scenario Outline: A session that goes wrong while others work: <what>
      Given a bystander at work
      And a session written by hand
      When it sends a message with "<what>"
      Then it gets no results, but an exception or the end of the session
      And the bystander notices nothing
      And a new connection is answered

      Examples:
        | what                       |
        | a root out of bounds       |
        | a call out of bounds       |
        | parameters out of bounds   |
        | a target of an unknown kind |

    Scenario Outline: A segment table of <table> while others work
      Given a bystander at work
      And a session written by hand
      When it sends a segment table of "<table>"
      Then the server ends the session
      And the bystander notices nothing
      And a new connection is answered

      Examples:
        | table                 |
        | 2^28 segments         |
        | a segment of 32 GiB   |

    Scenario Outline: A session that goes wrong beside others of its connection: <what>
      Given a connection with 2 sessions
      And a session written by hand
      When it sends a message with "<what>"
      Then it gets no results, but an exception or the end of the session
      And every session is answered
      And a further session of the connection is answered

      Examples:
        | what                       |
        | a root out of bounds       |
        | parameters out of bounds   |

    Scenario: A segment table of 2^28 segments beside other sessions of the connection
      Given a connection with 2 sessions
      And a session written by hand
      When it sends a segment table of "2^28 segments"
      Then the server ends the session
      And every session is answered
      And a further session of the connection is answered
