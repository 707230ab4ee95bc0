Feature: One payload for many

  @BAT-006 @level:must @profile:batch @source:decided
  Rule: BAT-006 Every recipient gets the payload
    `batchEnqueue` that is answered without an error MUST have put the payload, byte for byte, into the queue of each
    recipient and no other.

    Scenario Outline: To <people>: <content>
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory's queue is empty
      When Mallory puts <content> into the queues of <people>
      Then the call succeeds
      And Alice's queue still holds its messages
      And Bob's queue still holds its messages
      And Mallory's queue still holds its messages

      Examples:
        | people        | content                 |
        | Alice         | some text               |
        | Bob           | 70,000 random bytes     |
        | Bob and Alice | every byte value        |
        | Alice and Bob | bytes that end in zeros |

    Scenario: The same payload in two batches
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts some text into the queues of Alice and Bob
      And Mallory puts some text into the queues of Bob and Alice
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

    @profile:reliable
    Scenario: One recipient acks, the other still has the message
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 2 messages into the queues of Alice and Bob
      When Alice acks Alice's queue up to message 2
      Then the call succeeds
      And nothing is in Alice's queue
      And Bob's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      And Bob's queue is empty
      When Alice puts some text into Bob's queue in the channel with Alice by a batch
      Then the call succeeds
      And nothing is in Bob's queue
      And nothing is in Alice's queue in the channel with Bob
      And Bob's queue in the channel with Alice still holds its messages

    Scenario: The last of many
      Given Bob's queue is empty
      When Alice sends a batch to many strangers, and Bob is the last that is allowed
      Then Bob's queue still holds its messages

    Scenario: Batches for different people at once
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 6 batches each into the queues of Alice, and of Bob and Alice, at once
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

  @BAT-007 @level:must @profile:batch @source:decided
  Rule: BAT-007 Numbers come in the order of the request
    `batchEnqueue` MUST return one number for each of the `recipientKeys`, in their order: the one under which that
    recipient's message is delivered.

    Scenario: Queues with different histories
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 5 messages into Alice's queue
      And Mallory has put 1 message into the queues of Bob and Alice
      And Mallory has put 2 messages into Alice's queue
      And Mallory has put 2 messages into the queues of Alice and Bob
      When Alice fetches from Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      When Bob fetches from Bob's queue
      Then the answer holds all its messages under the numbers that enqueue returned

  @BAT-008 @level:must @profile:batch @source:decided
  Rule: BAT-008 All or nothing
    A `batchEnqueue` that is answered with an error MUST NOT leave a message in any queue.

    Scenario Outline: <fault>
      Given Bob's queue is empty
      When Alice calls batchEnqueue with <fault>
      Then the call fails with <code>
      And nothing is in Bob's queue

      Examples:
        | fault                                          | code |
        | a key of 31 bytes among the recipientKeys      | E004 |
        | a key of 33 bytes among the recipientKeys      | E004 |
        | a key of 0 bytes among the recipientKeys       | E004 |
        | a key of 31 bytes first among the recipientKeys | E004 |
        | a payload of 0 bytes                           | E005 |
        | wire version 0                                 | E012 |
        | wire version 2                                 | E012 |

      @needs:accounts
      Examples: Authentication
        | fault            | code |
        | an unknown token | E003 |
        | an empty token   | E002 |
        | auth version 2   | E001 |

      @profile:channels @needs:accounts
      Examples: Channels
        | fault                | code |
        | the id of no channel | E023 |

    Scenario: A payload that is too long
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts one byte more than is allowed into the queues of Alice and Bob
      Then the call fails with E006
      And nothing is in Alice's queue
      And nothing is in Bob's queue

    Scenario: More recipients than are allowed
      Given Bob's queue is empty
      When Alice sends a batch to Bob and to as many strangers as are allowed
      Then nothing is in Bob's queue, unless the batch was accepted

    Scenario: One queue is full
      Given the target's queues hold 10000 messages at most
      And Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts messages into Alice's queue up to the limit and one more
      Then the call fails with E015
      When Mallory puts some text into the queues of Bob and Alice
      Then the call fails with E015
      And nothing is in Bob's queue
      When Mallory puts some text into the queues of Alice and Bob
      Then the call fails with E015
      And nothing is in Bob's queue
      And Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: One recipient is no member of the channel
      Given a channel between Alice and Bob
      And Bob's queue is empty
      And Mallory's queue is empty
      When Alice calls batchEnqueue with the channel of Alice and Bob and Mallory's key among the recipientKeys
      Then the call fails with E022
      And nothing is in Bob's queue in the channel with Alice
      And nothing is in Bob's queue
      And nothing is in Mallory's queue

    Scenario: Good ones before and after
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 1 message into the queues of Bob and Alice
      When Mallory calls batchEnqueue with a key of 31 bytes among the recipientKeys
      Then the call fails with E004
      Given Mallory has put 1 message into the queues of Alice and Bob
      Then Bob's queue still holds its messages
      And Alice's queue still holds its messages

  @BAT-009 @level:must @profile:batch @source:decided
  Rule: BAT-009 A batch is like single messages
    In each queue a message of a batch MUST have its place among those of `enqueue`: its number is greater than all
    that the queue gave before, and calls of one session take effect in the order in which they were sent.

    Scenario: Batches and messages in turn
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 1 message into Alice's queue
      And Mallory has put 2 messages into the queues of Bob and Alice
      And Mallory has put 1 message into Alice's queue
      And Mallory has put 1 message into the queues of Alice and Bob
      Then the numbers of Alice's queue have only risen
      And the numbers of Bob's queue have only risen
      When Alice fetches from Alice's queue
      Then the answer holds all its messages in rising order

    Scenario: The queues were emptied in between
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 2 messages into the queues of Alice and Bob
      And Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 1 message into the queues of Alice and Bob
      Then the numbers of Alice's queue have only risen
      And the numbers of Bob's queue have only risen

    Scenario: Without waiting for the answers
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 20 messages into Alice's queue, every second by a batch for Bob too, without waiting for the answers
      Then the numbers of Alice's queue have only risen
      And Alice's queue still holds its messages
      And Bob's queue still holds its messages

    Scenario: Messages and batches of two people at once
      Given Alice's queue is empty
      When Mallory puts 12 batches into the queues of Alice while Bob puts 12 messages each into theirs
      Then Alice's queue still holds its messages

  @BAT-010 @level:must @profile:batch @source:decided
  Rule: BAT-010 A batch ends waits
    A `fetchWait` of any recipient of a batch MUST return its message as it would one of `enqueue`.

    Scenario: Both wait
      Given Alice's queue is empty
      And Bob's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And a wait of 20000 ms begins on Bob's queue
      And Mallory puts some text into the queues of Alice and Bob
      Then the wait ends with all its messages
      And the first wait ends with all its messages

    Scenario: Only somebody else waits
      Given Alice's queue is empty
      And Bob's queue is empty
      When a wait of 600 ms begins on Alice's queue
      And Mallory puts some text into the queues of Bob
      Then the wait ends with an empty list when its time is over

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      When a wait of 20000 ms begins on Bob's queue in the channel with Alice
      And Alice puts some text into Bob's queue in the channel with Alice by a batch
      Then the wait ends with all its messages

  @BAT-011 @level:must @profile:batch @source:decided
  Rule: BAT-011 Batches at once lose nothing
    Among batches to the same recipients at the same time, in whatever order they name them, a server MUST answer each
    and deliver each.

    Scenario: In either order
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts batches into the queues of Alice and Bob on 2 connections at once, 10 on each, in either order
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages

  @BAT-012 @level:must @profile:batch @source:decided
  Rule: BAT-012 A recipient who is named twice
    A server MUST deliver to a recipient who is named twice one message under each of the different numbers that it
    returns for them, or answer E020.

    Scenario: Twice the same
      Given Alice's queue is empty
      When Bob puts some text twice into Alice's queue by one batch
      Then it is refused with E020, or a message came under each number that was returned

  @BAT-013 @level:should @profile:batch @source:decided
  Rule: BAT-013 A batch has an end
    `batchEnqueue` SHOULD take as many recipients as its limit, 256 by default, and answer E020 to more.

    Scenario: As many as are allowed
      When Alice sends a batch to as many strangers as are allowed
      Then the call succeeds
      And a number is returned for each recipient

    Scenario: One more
      Given Bob's queue is empty
      When Alice sends a batch to as many strangers as are allowed and to Bob
      Then the call fails with E020
      And nothing is in Bob's queue

  @BAT-014 @level:must @profile:batch @source:decided
  Rule: BAT-014 A batch for nobody
    A server MUST answer `batchEnqueue` without `recipientKeys` with E020 or with an empty list.

    Scenario: Nobody
      When Alice calls batchEnqueue with no recipientKeys
      Then it is refused with E020, or an empty list is returned
