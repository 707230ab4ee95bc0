Feature: Streams

  @TRN-006 @level:must @profile:core @source:decided
  Rule: TRN-006 Each stream is a session
    A server MUST treat every bidirectional stream that a client opens as an RPC session of its own, with its own
    bootstrap, question and export tables.

    Scenario: The same question ids on several streams
      When 20 streams ask with the same question ids
      Then a further session of the connection is answered

    Scenario: The promise of another stream
      Given a connection with 1 sessions
      Then a call on a stream without bootstrap gives no results
      And every session is answered

    Scenario: Each stream gets its own answers
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 12 messages each into Alice's queue and Bob's queue at once, on streams of one connection
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

    Scenario: A Finish is for one stream
      Given Alice's queue holds nothing
      And a connection with 1 sessions
      When a session of it waits for a message
      And another session asks under questions 0 to 9, and finishes them
      Then a message that comes now ends that wait

  @TRN-007 @level:must @profile:core @source:decided
  Rule: TRN-007 Sessions do not wait for each other
    A server MUST NOT let a session of a connection wait for what another session of it does, or does not do.

    Scenario: One session waits
      Given Alice's queue holds nothing
      And a connection with 2 sessions
      When another session waits for a message
      Then every session is answered
      And a further session of the connection is answered

    Scenario: One session stops in the middle
      Given a connection with 2 sessions
      When another session stops in the middle of a message
      Then every session is answered
      And a further session of the connection is answered

    Scenario: One session does not read
      Given Alice's queue holds nothing
      And a connection with 1 sessions
      When another session asks for a long message and reads nothing
      Then every session is answered
      And a further session of the connection is answered

  @TRN-008 @level:must @profile:core @source:decided
  Rule: TRN-008 FIN ends one session
    A server MUST NOT end a session, or the connection, because another stream of the connection ended with FIN.

    Scenario: One of three sessions ends
      Given a connection with 2 sessions
      When another session ends with FIN
      Then every session is answered
      And a further session of the connection is answered

    Scenario: A wait goes on beside it
      Given Alice's queue holds nothing
      And a connection with 1 sessions
      When a session of it waits for a message
      And another session ends with FIN
      Then a message that comes now ends that wait

  @TRN-009 @level:should @profile:core @source:decided
  Rule: TRN-009 The server closes its side as well
    A server SHOULD end its side of a stream after the client's FIN, within some seconds.

    Scenario: The client is done
      Given a connection with 1 sessions
      When another session ends with FIN
      Then the server ends that session, too

  @TRN-010 @level:must @profile:core @source:decided
  Rule: TRN-010 A reset ends one session
    A server MUST NOT end a session, or the connection, because another stream of the connection was reset or stopped.

    Scenario: One of three sessions is reset
      Given a connection with 2 sessions
      When another session is reset
      Then every session is answered
      And a further session of the connection is answered

    Scenario: One of three sessions is not read any more
      Given a connection with 2 sessions
      When another session stops reading
      Then every session is answered
      And a further session of the connection is answered

    Scenario Outline: A wait goes on beside it, another session <goes>
      Given Alice's queue holds nothing
      And a connection with 1 sessions
      When a session of it waits for a message
      And another session <goes>
      Then a message that comes now ends that wait

      Examples:
        | goes          |
        | is reset      |
        | stops reading |

  @TRN-011 @level:must @profile:core @source:decided
  Rule: TRN-011 A lost stream cancels its calls
    A server MUST NOT take messages out of a queue for a call whose stream ended, was reset, or whose connection was
    closed before the answer was sent.

    Scenario Outline: A waiting caller <leaves>
      Given Alice's queue holds nothing
      When Alice waits for a message and "<leaves>"
      Then a message that comes now is still there for her

      Examples:
        | leaves                |
        | ends the stream       |
        | resets the stream     |
        | closes the connection |

  @TRN-028 @level:must @profile:core @source:decided
  Rule: TRN-028 Ended sessions make room
    A server MUST let a client open further streams when streams of its connection have ended, however many there were.

    Scenario: 130 sessions, some at a time
      When 130 sessions of one connection come and go
      Then a further session of the connection is answered

    Scenario Outline: 130 sessions that <end>, some at a time
      When 130 sessions of one connection come and <end>
      Then a further session of the connection is answered

      Examples:
        | end       |
        | are reset |
        | go wrong  |

  @TRN-019 @level:must @profile:core @source:decided
  Rule: TRN-019 Bytes may come in any pieces
    A server MUST read the bytes of a stream as a stream: messages may be cut anywhere, and several may come together.

    Scenario Outline: Bytes <pieces>
      When it sends Bootstrap and a call of health "<pieces>"
      Then both calls are answered

      Examples:
        | pieces                   |
        | all at once              |
        | byte by byte             |
        | three bytes at a time    |
        | cut in the segment table |
