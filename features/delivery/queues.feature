Feature: Queues

  @DS-006 @level:must @profile:core @source:stated
  Rule: DS-006 Each recipient has a queue
    A server MUST keep the queues of different recipients apart: a message goes to the recipient that it was enqueued
    for, and to no other.

    Scenario: Two recipients
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 2 messages into Alice's queue
      And Mallory has put 1 message into Bob's queue
      Then Bob's queue still holds its messages
      And Alice's queue still holds its messages

    Scenario: The sender's queue is not the recipient's
      Given Alice's queue is empty
      And Bob's queue is empty
      And Bob has put 2 messages into Alice's queue
      Then nothing is in Bob's queue
      And Alice's queue still holds its messages

    Scenario Outline: A recipient whose key differs in its <which> bit
      Given Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      When Mallory calls enqueue with Alice's key with its <which> bit flipped as recipientKey
      Then Alice's queue still holds its messages

      Examples:
        | which |
        | first |
        | last  |

    Scenario: The same bytes for two recipients
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts every byte value into Alice's queue
      And Mallory puts every byte value into Bob's queue
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

    Scenario: Messages for two recipients at once
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 9 messages each into Alice's queue and Bob's queue at once
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

    Scenario: Two recipients fetch at once
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 6 messages each into Alice's queue and Bob's queue at once
      Then Alice and Bob get what is theirs by 6 fetches each at once

    Scenario: A recipient whose key looks the same as text
      Given Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      When Mallory calls enqueue with Alice's key changed so that lossy text is the same as recipientKey
      Then Alice's queue still holds its messages

  @DS-040 @level:must @profile:core @source:decided
  Rule: DS-040 Messages wait for who is away
    A server MUST keep a message whose `enqueue` it answered until it is fetched or acknowledged, whether its recipient
    and its sender are connected or not.

    Scenario: The recipient is away when it comes
      Given Alice's queue is empty
      When Alice leaves
      And Bob puts some text into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: Recipient and sender leave
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice leaves
      And Bob leaves
      Then Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      When Alice leaves
      And Bob puts some text into Alice's queue in the channel with Bob
      And Bob leaves
      Then Alice's queue in the channel with Bob still holds its messages

  @DS-007 @level:must @profile:core @source:decided
  Rule: DS-007 Channel ids of other lengths
    A server MUST either answer E020 to a `channelId` whose length is neither 0 nor 16, or keep for it a queue of its
    own, apart from the default queue, from every channel and from every other such id.

    Scenario Outline: A channel id of <length> bytes
      Given Alice's queue is empty
      When Bob puts a message into Alice's queue under a channelId of <length> bytes
      Then it is refused with E020, or kept in a queue of its own

      Examples:
        | length |
        | 1      |
        | 15     |
        | 17     |
        | 32     |
        | 256    |
        | 272    |

    Scenario Outline: Fetching with a channel id of <length> bytes leaves the default queue alone
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice fetches under a channelId of <length> bytes
      Then it is refused with E020, or nothing is returned
      And Alice's queue still holds its messages

      Examples:
        | length |
        | 1      |
        | 17     |

    @profile:reliable
    Scenario Outline: An ack with a channel id of <length> bytes leaves the default queue alone
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice acks with the greatest number under a channelId of <length> bytes
      Then it is refused with E020, or nothing is returned
      And Alice's queue still holds its messages

      Examples:
        | length |
        | 1      |
        | 17     |

    @profile:channels @needs:accounts
    Scenario Outline: A channel's id, <change>
      Given a channel between Alice and Bob
      When Mallory puts a message into Alice's queue in the channel with Bob under its id <change>
      Then it is refused with E020, or kept in a queue of its own
      And nothing is in Alice's queue in the channel with Bob

      Examples:
        | change                |
        | cut by its last byte  |
        | and one more byte     |
        | twice                 |

    @profile:reliable
    Scenario Outline: A peek with a channel id of <length> bytes does not show the default queue
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice peeks under a channelId of <length> bytes
      Then it is refused with E020, or nothing is returned

      Examples:
        | length |
        | 1      |
        | 17     |

    @profile:batch
    Scenario Outline: A batch with a channel id of <length> bytes
      Given Alice's queue is empty
      When Bob puts a message into Alice's queue by a batch under a channelId of <length> bytes
      Then it is refused with E020, or kept in a queue of its own

      Examples:
        | length |
        | 1      |
        | 17     |

    Scenario Outline: Waiting with a channel id of <length> bytes leaves the default queue alone
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice waits under a channelId of <length> bytes
      Then it is refused with E020, or nothing is returned
      And Alice's queue still holds its messages

      Examples:
        | length |
        | 1      |
        | 17     |

  @DS-008 @level:must @profile:core @source:decided
  Rule: DS-008 Messages come in order
    A server MUST deliver the messages of a queue in the order of their sequence numbers, the lowest first.

    Scenario: One sender
      Given Alice's queue is empty
      And Bob has put 12 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages in rising order

    Scenario: Two senders in turn
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Mallory has put 2 messages into Alice's queue
      And Bob has put 1 message into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages in rising order

    Scenario: Some were fetched before the rest came
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      Given Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages in rising order

    Scenario: More than 256 messages, a hundred at a time
      Given Alice's queue is empty
      When Bob puts 100 messages into Alice's queue without waiting for the answers
      Then Alice's queue still holds its messages
      When Bob puts 100 messages into Alice's queue without waiting for the answers
      Then Alice's queue still holds its messages
      When Bob puts 100 messages into Alice's queue without waiting for the answers
      Then Alice's queue still holds its messages

  @DS-009 @level:must @profile:core @source:decided
  Rule: DS-009 Sequence numbers rise and never come back
    Each message of a queue MUST get a sequence number greater than all that the queue has given before, also when the
    queue was emptied in between.

    Scenario: Messages in a row
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      And Mallory has put 2 messages into Alice's queue
      Then the numbers of Alice's queue have only risen

    Scenario: The queue was emptied in between
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      And Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      Then the numbers of Alice's queue have only risen

    Scenario: Waits emptied the queue in between
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with all its messages
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with all its messages
      Given Bob has put 1 message into Alice's queue
      Then the numbers of Alice's queue have only risen

    Scenario: Some of the queue was fetched in between
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 3
      Then the answer holds its first 3 messages
      Given Bob has put 2 messages into Alice's queue
      Then the numbers of Alice's queue have only risen

    Scenario: Two senders at once
      Given Alice's queue is empty
      When Bob and Mallory put 30 messages each into Alice's queue at once
      Then Alice's queue still holds its messages

    @profile:reliable
    Scenario: All of the queue was acknowledged in between
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice acks Alice's queue up to message 3
      Then the call succeeds
      Given Bob has put 2 messages into Alice's queue
      Then the numbers of Alice's queue have only risen

    @profile:reliable
    Scenario Outline: An ack beyond the end in between, <beyond>
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice acks Alice's queue up to <beyond>
      Then the call succeeds
      Given Bob has put 2 messages into Alice's queue
      Then the numbers of Alice's queue have only risen

      Examples:
        | beyond                         |
        | 1000 more than its last number |
        | the greatest number there is   |

    Scenario: More than 256 messages
      Given Alice's queue is empty
      When Bob puts 100 messages into Alice's queue without waiting for the answers
      And Alice's queue is empty
      And Bob puts 100 messages into Alice's queue without waiting for the answers
      And Alice's queue is empty
      And Bob puts 100 messages into Alice's queue without waiting for the answers
      Then the numbers of Alice's queue have only risen

    Scenario: The same bytes again
      Given Alice's queue is empty
      When Bob puts some text into Alice's queue
      And Bob puts some text into Alice's queue
      Then the numbers of Alice's queue have only risen
      And Alice's queue still holds its messages
      When Bob puts some text into Alice's queue
      Then the numbers of Alice's queue have only risen
      And Alice's queue still holds its messages

    @profile:channels @profile:reliable @needs:accounts
    Scenario: All of a channel's queue was acknowledged in between
      Given a channel between Alice and Bob
      And Bob has put 3 messages into Alice's queue in the channel with Bob
      When Alice acks Alice's queue in the channel with Bob up to message 3
      Then the call succeeds
      Given Bob has put 2 messages into Alice's queue in the channel with Bob
      Then the numbers of Alice's queue in the channel with Bob have only risen

  @DS-029 @level:must @profile:core @source:decided
  Rule: DS-029 One sender's messages keep their order
    Messages that one session enqueues into one queue, without waiting for the answers, MUST get their sequence numbers
    in the order in which the calls were sent.

    Scenario: Forty messages at once
      Given Alice's queue is empty
      When Bob puts 40 messages into Alice's queue without waiting for the answers
      Then the numbers of Alice's queue have only risen
      And Alice's queue still holds its messages

    Scenario: Long and short ones in turn
      Given Alice's queue is empty
      When Bob puts long and short messages into Alice's queue without waiting for the answers
      Then the numbers of Alice's queue have only risen
      And Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      When Bob puts 30 messages into Alice's queue in the channel with Bob without waiting for the answers
      Then the numbers of Alice's queue in the channel with Bob have only risen
      And Alice's queue in the channel with Bob still holds its messages

  @DS-017 @level:should @profile:core @source:decided
  Rule: DS-017 Queues have an end
    A server SHOULD answer E015 to `enqueue` and `batchEnqueue` into a queue that holds as many messages as its limit,
    10,000 by default, or as many bytes, 256 MiB by default, and accept messages again when some were fetched or
    acknowledged.

    Scenario: A full queue
      Given Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      Then the call fails with E015
      And Alice's queue took as many messages as its limit
      When Mallory puts some text into Alice's queue
      Then the call fails with E015
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When Bob puts some text into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    @profile:reliable
    Scenario: An ack makes room, a peek does not
      Given the target's queues hold 1000 messages at most
      And Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      Then the call fails with E015
      When Alice peeks at Alice's queue
      Then the answer holds some of its messages
      When Bob puts some text into Alice's queue
      Then the call fails with E015
      When Alice acks Alice's queue up to message 1
      Then the call succeeds
      When Bob puts some text into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: The limit is each queue's own
      Given the target's queues hold 1000 messages at most
      And a channel between Alice and Bob
      And Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      Then the call fails with E015
      When Bob puts some text into Alice's queue in the channel with Bob
      Then the call succeeds
      And Alice's queue still holds its messages
      And Alice's queue in the channel with Bob still holds its messages

    Scenario: As many bytes as its limit
      Given the target's queues hold 32 MiB at most
      And Alice's queue is empty
      When Bob puts big messages into Alice's queue up to the limit of its bytes and one more
      Then the call fails with E015
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When Bob puts some text into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: A full queue in a channel
      Given the target's queues hold 1000 messages at most
      And a channel between Alice and Bob
      When Bob puts messages into Alice's queue in the channel with Bob up to the limit and one more
      Then the call fails with E015
      And Alice's queue in the channel with Bob still holds its messages

  @DS-030 @level:must @profile:core @source:decided
  Rule: DS-030 Nothing queued makes room
    A server MUST NOT remove a message that was neither fetched nor acknowledged in order to take another into the same
    queue.

    Scenario: More than a full queue
      Given Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      Then Alice's queue still holds its messages

  @DS-041 @level:must @profile:core @source:decided
  Rule: DS-041 A full queue is nobody else's matter
    A server MUST NOT refuse a message because the queue of somebody else is full.

    Scenario: Somebody else's queue is full
      Given the target's queues hold 10000 messages at most
      And Alice's queue is empty
      And Bob's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      And Mallory puts some text into Bob's queue
      Then the call succeeds
      When Alice puts some text into Bob's queue
      Then the call succeeds
      And Bob's queue still holds its messages
      And Alice's queue still holds its messages

    Scenario: Who met a full queue writes to somebody else
      Given the target's queues hold 1000 messages at most
      And Alice's queue is empty
      And Mallory's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      And Bob puts some text into Mallory's queue
      Then the call succeeds
      And Mallory's queue still holds its messages
      And Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: The queue of a channel's other member is full
      Given the target's queues hold 1000 messages at most
      And a channel between Alice and Bob
      When Bob puts messages into Alice's queue in the channel with Bob up to the limit and one more
      And Alice puts some text into Bob's queue in the channel with Alice
      Then the call succeeds
      And Bob's queue in the channel with Alice still holds its messages
      And Alice's queue in the channel with Bob still holds its messages

  @DS-036 @level:must @profile:core @source:decided
  Rule: DS-036 An emptied queue takes messages again
    A server that has refused messages for a full queue MUST take messages into it again when all that it held were fetched
    or acknowledged.

    Scenario: Filled and fetched
      Given Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      And Alice's queue is empty
      Then Alice's queue takes a message of Bob again
      And Alice's queue still holds its messages

    @profile:reliable
    Scenario: Filled and acknowledged
      Given the target's queues hold 1000 messages at most
      And Alice's queue is empty
      When Bob puts messages into Alice's queue up to the limit and one more
      And Alice acks Alice's queue up to the greatest number there is
      Then Alice's queue takes a message of Bob again
      And Alice's queue still holds its messages
