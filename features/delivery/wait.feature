Feature: Waiting for messages

  @DS-020 @level:must @profile:core @source:stated
  Rule: DS-020 Waiting is for empty queues
    `fetchWait` MUST return at once, as `fetch` does, when something is queued.

    Scenario: Something is queued
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with all its messages
      And nothing is in Alice's queue

    Scenario: Something is queued, and no time to wait
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When a wait of 0 ms begins on Alice's queue
      Then the wait ends with all its messages
      And nothing is in Alice's queue

    @profile:reliable
    Scenario: What was peeked at is still queued
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with all its messages
      And nothing is in Alice's queue

    @profile:reliable
    Scenario: What was acknowledged is not
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with all its messages

    Scenario: What a limited fetch has left is still queued
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When a wait of 20000 ms with limit 1 begins on Alice's queue
      Then the wait ends with its first 1 message
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with all its messages

    @profile:channels @needs:accounts
    Scenario: Something is queued in a channel
      Given a channel between Alice and Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      When a wait of 20000 ms begins on Alice's queue in the channel with Bob
      Then the wait ends with all its messages
      And nothing is in Alice's queue in the channel with Bob

  @DS-021 @level:must @profile:core @source:stated
  Rule: DS-021 A message ends the wait
    A waiting `fetchWait` MUST return a message that is enqueued into its queue before the time-out, and remove it.

    Scenario: A message comes
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      Then the wait is still going on
      When Bob puts some text into Alice's queue
      Then the wait ends with all its messages
      And nothing is in Alice's queue

    Scenario: Wait after wait
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts every byte value into Alice's queue
      Then the wait ends with all its messages

    @profile:reliable
    Scenario: Peek and ack before the message comes
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Alice peeks at Alice's queue
      Then the answer is empty
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      When Bob puts some text into Alice's queue
      Then the wait ends with all its messages
      And nothing is in Alice's queue

    Scenario: A wait of limit 1, and two messages
      Given Alice's queue is empty
      When a wait of 20000 ms with limit 1 begins on Alice's queue
      And Bob puts 2 messages into Alice's queue without waiting for the answers
      Then the wait ends with its first 1 message
      And Alice's queue still holds its messages

    Scenario: As many waits as messages
      Given Alice's queue is empty
      When 3 waits of 20000 ms with limit 1 begin on Alice's queue
      And Bob puts 3 messages into Alice's queue without waiting for the answers
      Then every wait ends with 1 message
      And each message of Alice's queue is in exactly one answer

    Scenario: Sender and recipient share a session
      Given everyone shares one session
      And Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages

    Scenario: A message that comes just as the wait begins
      Given Alice's queue is empty
      Then a wait of 20000 ms on Alice's queue gets what Bob puts there as it begins, 16 times

    Scenario: A message that comes just as the wait ends
      Given Alice's queue is empty
      When Bob puts messages into Alice's queue just as waits of 30 ms end on it, 10 times
      Then each message of Alice's queue is in exactly one answer

    @profile:channels @needs:accounts
    Scenario: Waits on both of one's queues, on one session
      Given everyone shares one session
      And a channel between Alice and Bob
      And Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And a wait of 20000 ms begins on Alice's queue in the channel with Bob
      And Bob puts some text into Alice's queue
      Then the first wait ends with all its messages
      When Bob puts every byte value into Alice's queue in the channel with Bob
      Then the wait ends with all its messages

    @profile:channels @needs:accounts
    Scenario: Waits on both of one's queues, on two connections
      Given a channel between Alice and Bob
      And Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And a wait of 20000 ms begins on Alice's queue in the channel with Bob
      And Bob puts every byte value into Alice's queue in the channel with Bob
      Then the wait ends with all its messages
      When Bob puts some text into Alice's queue
      Then the first wait ends with all its messages

    Scenario: The time of another wait is over before
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And a wait of 100 ms begins on Alice's queue
      Then the wait ends with an empty list when its time is over
      When Bob puts some text into Alice's queue
      Then the first wait ends with all its messages

    Scenario: Many waits that have ended by their time
      Given Alice's queue is empty
      When 70 waits of 40 ms have come to their end on Alice's queue
      And a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages

  @DS-022 @level:must @profile:core @source:stated
  Rule: DS-022 Time-out is an empty list
    When nothing has been enqueued for `timeoutMs` milliseconds, `fetchWait` MUST return an empty list then, and not
    before.

    Scenario: Nothing comes
      Given Alice's queue is empty
      When a wait of 800 ms begins on Alice's queue
      Then the wait ends with an empty list when its time is over

    Scenario: No time at all
      Given Alice's queue is empty
      When a wait of 0 ms begins on Alice's queue
      Then the wait ends with an empty list when its time is over

    @profile:channels @needs:accounts
    Scenario: A queue that never held a message
      Given Alice has a channel with a stranger
      When Alice calls fetchWait with a channel that has never held a message
      Then it is answered with no messages

    Scenario: Two waits on one queue
      Given Alice's queue is empty
      When a wait of 200 ms begins on Alice's queue
      And a wait of 600 ms begins on Alice's queue
      Then every wait ends with an empty list when its time is over

    Scenario: Two waits on one session
      Given everyone shares one session
      And Alice's queue is empty
      And Bob's queue is empty
      When a wait of 200 ms begins on Alice's queue
      And a wait of 400 ms begins on Bob's queue
      Then every wait ends with an empty list when its time is over

    Scenario: The queue goes on after a time-out
      Given Alice's queue is empty
      When a wait of 300 ms begins on Alice's queue
      Then the wait ends with an empty list when its time is over
      Given Bob has put 1 message into Alice's queue
      Then Alice's queue still holds its messages

    @profile:reliable
    Scenario: Peek and ack beside a wait
      Given Alice's queue is empty
      When a wait of 800 ms begins on Alice's queue
      And Alice peeks at Alice's queue
      Then the answer is empty
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      And the wait ends with an empty list when its time is over

  @DS-023 @level:should @profile:core @source:decided
  Rule: DS-023 Long waits are capped
    A server SHOULD take every `timeoutMs`, and wait no longer than its own limit, 60 seconds by default, when it is
    greater.

    Scenario Outline: A wait of <ms> ms is a long wait
      Given Alice's queue is empty
      When a wait of <ms> ms begins on Alice's queue
      Then the wait is still going on
      When Bob puts some text into Alice's queue
      Then the wait ends with all its messages

      Examples:
        | ms                   |
        | 3600000              |
        | 2147483648           |
        | 4294967296           |
        | 18446744073709551615 |

    Scenario: The server's own limit
      Given the target waits 10 seconds at most
      And Alice's queue is empty
      When a wait of 3600000 ms begins on Alice's queue
      Then the wait ends with an empty list when its time is over

  @DS-024 @level:must @profile:core @source:decided
  Rule: DS-024 Only the own queue is delivered
    A waiting `fetchWait` MUST NOT return or remove a message of another queue.

    Scenario: A message for somebody else
      Given Alice's queue is empty
      And Bob's queue is empty
      When a wait of 600 ms begins on Alice's queue
      And Mallory puts some text into Bob's queue
      Then the wait ends with an empty list
      And Bob's queue still holds its messages

  @DS-025 @level:must @profile:core @source:decided
  Rule: DS-025 Only the own queue wakes
    A waiting `fetchWait` MUST NOT return because something was enqueued into another queue.

    Scenario: A message for somebody else
      Given Alice's queue is empty
      And Bob's queue is empty
      When a wait of 600 ms begins on Alice's queue
      And Mallory puts some text into Bob's queue
      Then the wait ends with an empty list when its time is over

    @profile:channels @needs:accounts
    Scenario: A message in a channel
      Given Alice's queue is empty
      And a channel between Alice and Bob
      When a wait of 600 ms begins on Alice's queue
      And Bob puts some text into Alice's queue in the channel with Bob
      Then the wait ends with an empty list when its time is over

    @profile:channels @needs:accounts
    Scenario Outline: A wait in a channel, and a message in <queue>
      Given a channel between Alice and Bob
      And a channel between Alice and Mallory
      And Alice's queue is empty
      When a wait of 600 ms begins on Alice's queue in the channel with Bob
      And <sender> puts some text into <queue>
      Then the wait ends with an empty list when its time is over

      Examples:
        | sender  | queue                                     |
        | Bob     | Alice's queue                             |
        | Mallory | Alice's queue in the channel with Mallory |
        | Alice   | Bob's queue in the channel with Alice     |

  @DS-026 @level:must @profile:core @source:decided
  Rule: DS-026 Several waiters share nothing
    When several calls wait on one queue, a server MUST give each message to exactly one of them and lose none.

    Scenario: Three waiters, three messages
      Given Alice's queue is empty
      When 3 waits of 3000 ms with limit 1 begin on Alice's queue
      And Bob puts 3 messages into Alice's queue without waiting for the answers
      Then each message of Alice's queue is in exactly one answer

    Scenario: Three waiters, one message
      Given Alice's queue is empty
      When 3 waits of 600 ms begin on Alice's queue
      And Bob puts some text into Alice's queue
      Then each message of Alice's queue is in exactly one answer

    Scenario: More messages than waiters
      Given Alice's queue is empty
      When 3 waits of 3000 ms with limit 1 begin on Alice's queue
      And Bob puts 8 messages into Alice's queue without waiting for the answers
      Then each message of Alice's queue is in exactly one answer

  @DS-027 @level:must @profile:core @source:decided
  Rule: DS-027 A cancelled wait takes nothing
    A `fetchWait` that was cancelled by Finish, or whose session has ended, MUST NOT remove a message.

    Scenario: Finish before the message comes
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And the wait is cancelled
      And Bob puts some text into Alice's queue
      Then Alice's queue still holds its messages

    Scenario: The connection is lost before the message comes
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And the connection of the wait is lost
      And Bob puts some text into Alice's queue
      Then Alice's queue still holds its messages

    Scenario: Another waiter gets it
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And the wait is cancelled
      And a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages

    Scenario: Another wait of the session gets it
      Given everyone shares one session
      And Alice's queue is empty
      When 2 waits of 20000 ms begin on Alice's queue
      And the wait is cancelled
      And Bob puts some text into Alice's queue
      Then the first wait ends with all its messages

    Scenario: Another wait, begun later, gets it
      Given Alice's queue is empty
      When 2 waits of 20000 ms begin on Alice's queue
      And the first wait is cancelled
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages

    Scenario: The same session goes on after Finish
      Given everyone shares one session
      And Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And the wait is cancelled
      And Bob puts some text into Alice's queue
      Then Alice's queue still holds its messages

    Scenario: Many that were cancelled, and another
      Given Alice's queue is empty
      When 70 waits are begun and cancelled on Alice's queue
      And a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages
