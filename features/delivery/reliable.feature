Feature: Peek and ack

  @DS-031 @level:must @profile:reliable @source:decided
  Rule: DS-031 Peek shows and leaves
    `peek` MUST return what `fetch` would return in its place, under the same numbers, and remove nothing.

    Scenario: The same messages again and again
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      When Alice fetches from Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: In rising order
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      And Mallory has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages in rising order

    Scenario: From another connection
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages
      Given Alice connects anew
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      Given Alice connects anew
      When Alice peeks at Alice's queue
      Then the answer is empty

    Scenario: New messages after a peek
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages
      Given Bob has put 1 message into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario Outline: <content>, byte for byte
      Given Alice's queue is empty
      When Bob puts <content> into Alice's queue
      And Alice peeks at Alice's queue
      Then the answer holds all its messages
      And Alice's queue still holds its messages

      Examples:
        | content                 |
        | every byte value        |
        | one zero byte           |
        | bytes that end in zeros |
        | 70,000 random bytes     |

    Scenario: A fetch in between
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When Alice peeks at Alice's queue with limit 3
      Then the answer holds its first 3 messages
      When Alice peeks at Alice's queue
      Then the answer holds all its messages
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: Beside calls that fetch
      Given Alice's queue is empty
      And Bob has put 24 messages into Alice's queue
      When Alice peeks at Alice's queue by 12 calls while it is fetched by 8 calls with limit 2
      Then each peek showed messages of Alice's queue that follow each other
      And each message of Alice's queue is in exactly one answer

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Bob has put 1 message into Alice's queue
      When Alice peeks at Alice's queue in the channel with Bob
      Then the answer holds all its messages under the numbers that enqueue returned
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      And Alice's queue in the channel with Bob still holds its messages
      And Alice's queue still holds its messages

    Scenario: The same first ones again and again
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice peeks at Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When Alice peeks at Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When Alice peeks at Alice's queue with limit 4
      Then the answer holds its first 4 messages

  @DS-032 @level:must @profile:reliable @source:decided
  Rule: DS-032 Ack removes up to a number
    `ack` MUST remove every message of the queue whose number is at most `seqUpTo`, and no other, whether it was seen
    or not.

    Scenario Outline: Up to message <place> of 4
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When Alice acks Alice's queue up to message <place>
      Then the call succeeds
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      And Alice's queue still holds its messages

      Examples:
        | place |
        | 1     |
        | 2     |
        | 3     |
        | 4     |

    Scenario: Up to the number before a message
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to the number before message 3
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: Bit by bit
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to message 1
      Then the call succeeds
      When Alice acks Alice's queue up to message 1
      Then the call succeeds
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: Without a peek before it
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      And nothing is in Alice's queue

    Scenario: Beyond the last message
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue up to 1000 more than its last number
      Then the call succeeds
      And nothing is in Alice's queue

    Scenario: After some were fetched
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: Acks while messages come
      Given Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      When Alice acks Alice's queue up to message 1 by 12 calls while Bob puts 40 messages into it
      Then Alice's queue still holds its messages

    Scenario: From another device
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      And Alice is on a device of her own
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      Given Alice is on a device of her own
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: A number beyond 32 bits
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to the next multiple of 4294967296
      Then the call succeeds
      And nothing is in Alice's queue
      Given Bob has put 1 message into Alice's queue
      Then Alice's queue still holds its messages

    Scenario: A limit counts what is left
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      When Alice peeks at Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      And Alice's queue still holds its messages

    Scenario: Up to the greatest number
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      And nothing is in Alice's queue

    Scenario: Up to the last but two of many
      Given Alice's queue is empty
      When Bob puts 140 short messages into Alice's queue
      And Alice acks Alice's queue up to message 138
      Then the call succeeds
      And Alice's queue still holds its messages

  @DS-033 @level:must @profile:reliable @source:decided
  Rule: DS-033 An ack can be repeated
    A server MUST answer an `ack` without an error when nothing is to be removed: when the queue is empty, or `seqUpTo`
    is lower than every number in it.

    Scenario: The same ack twice
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      When Alice acks Alice's queue up to the same number again
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: A lower number than the one before
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      When Alice acks Alice's queue up to 0
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario Outline: An empty queue, up to <number>
      Given Alice's queue is empty
      When Alice acks Alice's queue up to <number>
      Then the call succeeds
      And nothing is in Alice's queue

      Examples:
        | number                       |
        | 0                            |
        | the greatest number there is |

    @profile:channels @needs:accounts
    Scenario: A queue that never held a message
      Given Alice has a channel with a stranger
      When Alice calls ack with a channel that has never held a message
      Then the call succeeds

    Scenario: What was fetched already
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Alice's queue is empty
      When Alice acks Alice's queue up to 0 more than its last number
      Then the call succeeds
      And nothing is in Alice's queue

  @DS-034 @level:must @profile:reliable @source:decided
  Rule: DS-034 An ack is for one queue
    `ack` MUST NOT remove a message of another queue, be it another recipient's, or the same recipient's in a channel.

    Scenario: Another recipient's queue
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 2 messages into Alice's queue
      And Mallory has put 2 messages into Bob's queue
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      And Bob's queue still holds its messages
      And nothing is in Alice's queue

    @profile:channels @needs:accounts
    Scenario: Default queue and channels
      Given a channel between Alice and Bob
      And a channel between Alice and Mallory
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Mallory has put 1 message into Alice's queue in the channel with Mallory
      And Alice has put 1 message into Bob's queue in the channel with Alice
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      When Alice peeks at Alice's queue in the channel with Bob
      Then the answer holds all its messages
      When Alice acks Alice's queue in the channel with Bob up to the greatest number there is
      Then the call succeeds
      And Alice's queue in the channel with Mallory still holds its messages
      And Bob's queue in the channel with Alice still holds its messages
      And nothing is in Alice's queue in the channel with Bob

    @profile:channels @needs:accounts
    Scenario: A channel's queue alone
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue in the channel with Bob up to the greatest number there is
      Then the call succeeds
      And Alice's queue still holds its messages
      And nothing is in Alice's queue in the channel with Bob

  @DS-035 @level:must @profile:reliable @source:decided
  Rule: DS-035 An ack is over when it is answered
    A message that is enqueued after an `ack` was answered MUST stay in the queue, whatever `seqUpTo` was.

    Scenario Outline: A message after an ack up to <number>
      Given Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      When Alice acks Alice's queue up to <number>
      Then the call succeeds
      Given Bob has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      And Alice's queue still holds its messages

      Examples:
        | number                         |
        | message 1                      |
        | 1 more than its last number    |
        | 1000 more than its last number |
        | the greatest number there is   |

    Scenario: A wait after an ack beyond the end
      Given Alice's queue is empty
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages
