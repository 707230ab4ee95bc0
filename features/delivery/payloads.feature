Feature: Payloads are opaque

  @DS-005 @level:must @profile:core @source:stated
  Rule: DS-005 Payloads come back byte for byte
    A server MUST deliver a payload exactly as it was enqueued, and take any bytes for one.

    Scenario Outline: <content> as payload
      Given Alice's queue is empty
      When Bob puts <content> into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

      Examples:
        | content                   |
        | some text                 |
        | every byte value          |
        | bytes that begin in zeros |
        | bytes that end in zeros   |
        | 64 zero bytes             |
        | 7 random bytes            |
        | 8 random bytes            |
        | 9 random bytes            |
        | 5,000 random bytes        |
        | 65,535 random bytes       |
        | 65,536 random bytes       |
        | 70,000 random bytes       |

    Scenario: Equal payloads are two messages
      Given Alice's queue is empty
      When Bob puts some text into Alice's queue
      And Bob puts some text into Alice's queue
      Then Alice's queue still holds its messages
