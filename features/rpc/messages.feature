Feature: Messages

  @RPC-001 @level:must @profile:core @source:stated
  Rule: RPC-001 Standard stream framing
    Messages MUST be framed with the standard segment table, unpacked, both ways.

    Scenario: An answer is a framed message
      When it sends Bootstrap under question 0
      Then Bootstrap 0 is answered with a capability

  @RPC-002 @level:must @profile:core @source:decided
  Rule: RPC-002 Several segments
    A server MUST accept well-formed messages of several segments, also with far and double-far pointers and with
    empty segments.

    Scenario Outline: A call in several segments: <how>
      Given a session written by hand
      When it calls health in a message of "<how>"
      Then question 3 is answered with results
      And the session goes on

      Examples:
        | how            |
        | far            |
        | double far     |
        | empty segments |
        | many segments  |

  @RPC-038 @level:must @profile:core @source:decided
  Rule: RPC-038 Parts in any place
    A server MUST read a well-formed message wherever its parts lie: in any order, and with unused words between them.

    Scenario Outline: A call <how>
      Given a session written by hand
      When it calls health in a message of "<how>"
      Then question 3 is answered with results
      And the session goes on

      Examples:
        | how                             |
        | a gap behind the root pointer   |
        | a root that lies behind its call |

  @RPC-014 @level:must @profile:core @source:decided
  Rule: RPC-014 Unknown methods
    A call of a method that the server does not have MUST be answered by a Return with an exception of type
    `unimplemented`, and the session goes on.

    Scenario Outline: Method <method>
      Given a session written by hand
      When it calls method <method> of NodeService under question 4
      Then question 4 is answered with an exception of type unimplemented
      And the session goes on

      Examples:
        | method |
        | 19     |
        | 255    |
        | 261    |
        | 65535  |

  @RPC-015 @level:must @profile:core @source:decided
  Rule: RPC-015 Unknown interfaces
    A call with an interface id that the server does not have MUST be answered by a Return with an exception of type
    `unimplemented`, and the session goes on.

    Scenario Outline: Method <method> of interface <interface>
      Given a session written by hand
      When it calls method <method> of the interface "<interface>" under question 4
      Then question 4 is answered with an exception of type unimplemented
      And the session goes on

      Examples:
        | interface          | method |
        | 0x0                | 0      |
        | 0xd0c8a4cd19599e79 | 5      |
        | 0x1111111119599e78 | 5      |
        | 0xffffffffffffffff | 5      |

  @RPC-016 @level:must @profile:core @source:decided
  Rule: RPC-016 Unknown messages leave the session alone
    A message of a kind that the server does not know or support MUST NOT end the session.

    Scenario Outline: A message of kind <kind>
      Given a session written by hand
      When it sends a message of kind <kind>
      Then the session goes on

      Examples:
        | kind  |
        | 7     |
        | 9     |
        | 10    |
        | 11    |
        | 12    |
        | 99    |
        | 65535 |

  @RPC-017 @level:should @profile:core @source:decided
  Rule: RPC-017 Unknown messages are returned
    A message of a kind that the server does not know or support SHOULD be answered by `unimplemented`, with the
    message in it.

    Scenario Outline: A message of kind <kind>
      Given a session written by hand
      When it sends a message of kind <kind>
      Then "unimplemented" comes back with the message of kind <kind> in it

      Examples:
        | kind  |
        | 10    |
        | 12    |
        | 99    |
        | 65535 |

  @RPC-018 @level:should @profile:core @source:decided
  Rule: RPC-018 Unimplemented is no offence
    A received `unimplemented` SHOULD NOT end the session.

    Scenario Outline: unimplemented with <what>
      Given a session written by hand
      When it sends unimplemented with "<what>" in it
      Then the session goes on

      Examples:
        | what                 |
        | nothing              |
        | a Finish             |
        | a message of kind 99 |
        | a Resolve            |

  @RPC-019 @level:must @profile:core @source:decided
  Rule: RPC-019 Abort is a goodbye
    A server MUST end a session whose client sent Abort, and MUST NOT let other sessions of the connection notice.

    Scenario: A client says goodbye
      Given a connection with 2 sessions
      And a session written by hand
      When it sends Abort
      Then the session is over
      And every session is answered
