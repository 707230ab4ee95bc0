Feature: Queues and restarts

  @DS-019 @level:must @profile:core @source:decided @needs:restart
  Rule: DS-019 An answered message is kept
    A message whose `enqueue` was answered MUST survive the restart of a server that stores on disk, also after a sudden end: byte
    for byte, under its number.

    Scenario Outline: The server <ends> while messages wait
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      And Mallory has put 3 messages into Alice's queue
      When Bob puts 70,000 random bytes into Alice's queue
      And Bob puts bytes that end in zeros into Alice's queue
      And the server <ends> and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned

      Examples:
        | ends       |
        | is stopped |
        | is killed  |

    Scenario: Killed at once after the answer, and again
      Given Alice's queue is empty
      When Bob puts one zero byte into Alice's queue
      And the server is killed and starts again
      And Bob puts some text into Alice's queue
      And the server is killed and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned

    Scenario: Killed while messages come, and again
      Given Alice's queue is empty
      When the server is killed after 60 of the 120 messages that Bob puts into Alice's queue are answered, and starts again
      And Bob puts some text into Alice's queue
      And the server is killed and starts again
      Then Alice's queue holds all that were answered, and none twice

    Scenario: Stopped while messages come
      Given Alice's queue is empty
      When the server is stopped while Bob puts up to 300 messages into Alice's queue, and starts again
      Then Alice's queue holds all that were answered, and none twice

    Scenario: Killed with hundreds in the queue
      Given Alice's queue is empty
      When Bob puts 260 messages into Alice's queue without waiting for the answers
      And the server is killed and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned

    Scenario: Killed with some MiB in the queue
      Given Alice's queue is empty
      And Bob's queue is empty
      And Bob has put 4 MiB into Alice's queue
      When Alice puts as many bytes as are allowed into Bob's queue
      And the server is killed and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned
      And Bob's queue still holds its messages under the numbers that enqueue returned

    @profile:reliable
    Scenario: Killed after an ack of everything, and a peek
      Given Alice's queue is empty
      When Alice acks Alice's queue up to the greatest number there is
      Then the call succeeds
      Given Bob has put 2 messages into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds all its messages
      When Bob puts some text into Alice's queue
      And the server is killed and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned

    @profile:batch
    Scenario: Killed after a batch
      Given Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 3 messages into the queues of Alice and Bob
      When the server is killed and starts again
      Then Alice's queue still holds its messages under the numbers that enqueue returned
      And Bob's queue still holds its messages under the numbers that enqueue returned

    @profile:channels @needs:accounts
    Scenario: Killed with messages in a channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 3 messages into Alice's queue in the channel with Bob
      And Bob has put 2 messages into Alice's queue
      When the server is killed and starts again
      Then Alice's queue in the channel with Bob still holds its messages under the numbers that enqueue returned
      And Alice's queue still holds its messages under the numbers that enqueue returned

  @DS-028 @level:must @profile:core @source:decided @needs:restart
  Rule: DS-028 Numbers survive a restart
    A server that stores on disk MUST go on after a restart with sequence numbers greater than all that it gave before, also for
    queues that are empty.

    Scenario Outline: The server <ends> after the queue was emptied
      Given Alice's queue is empty
      And Bob's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages
      When a wait of 5000 ms begins on Bob's queue
      And Alice puts some text into Bob's queue
      Then the wait ends with all its messages
      When the server <ends> and starts again
      And Alice puts some text into Bob's queue
      And Bob puts some text into Alice's queue
      And Mallory puts one zero byte into Alice's queue
      Then the numbers of Alice's queue have only risen
      And the numbers of Bob's queue have only risen

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |

    Scenario: Killed with one message left
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 2
      And the server is killed and starts again
      And Bob puts some text into Alice's queue
      Then the numbers of Alice's queue have only risen

    @profile:channels @needs:accounts
    Scenario: Killed after the queue of a channel was emptied
      Given a channel between Alice and Bob
      And Bob has put 3 messages into Alice's queue in the channel with Bob
      When Alice fetches from Alice's queue in the channel with Bob
      Then the answer holds all its messages
      When the server is killed and starts again
      And Bob puts some text into Alice's queue in the channel with Bob
      Then the numbers of Alice's queue in the channel with Bob have only risen

  @DS-037 @level:must @profile:core @source:decided @needs:restart
  Rule: DS-037 What was taken stays away
    A server that stores on disk MUST NOT return a message after an orderly restart that was in an answer of `fetch` or `fetchWait`
    before, or that an answered `ack` has removed.

    Scenario: Stopped after a wait, and after a fetch
      Given Alice's queue is empty
      And Bob's queue is empty
      And Bob has put 5 messages into Alice's queue
      When a wait of 5000 ms begins on Bob's queue
      And Alice puts some text into Bob's queue
      Then the wait ends with all its messages
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When the server is stopped and starts again
      Then Alice's queue still holds its messages
      And nothing is in Bob's queue
      When the server is stopped and starts again
      Then nothing is in Alice's queue

    @profile:reliable
    Scenario: Stopped after an ack, and after another
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice acks Alice's queue up to message 2
      And the server is stopped and starts again
      And Alice acks Alice's queue up to message 1
      And the server is stopped and starts again
      Then Alice's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: Stopped after a fetch in a channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      And Bob has put 5 messages into Alice's queue in the channel with Bob
      When Alice fetches from Alice's queue in the channel with Bob with limit 2
      Then the answer holds its first 2 messages
      When the server is stopped and starts again
      Then Alice's queue in the channel with Bob still holds its messages
      And Alice's queue still holds its messages

    @profile:channels @profile:reliable @needs:accounts
    Scenario: Stopped after an ack in a channel
      Given a channel between Alice and Bob
      And Bob has put 5 messages into Alice's queue in the channel with Bob
      When Alice acks Alice's queue in the channel with Bob up to message 3
      And the server is stopped and starts again
      Then Alice's queue in the channel with Bob still holds its messages

  @DS-038 @level:should @profile:core @source:decided @needs:restart
  Rule: DS-038 Also after a sudden end
    A server that stores on disk SHOULD NOT return such a message after a sudden end either.

    Scenario: Killed after a fetch
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      When the server is killed and starts again
      Then Alice's queue still holds its messages

    @profile:reliable
    Scenario: Killed after an ack
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice acks Alice's queue up to message 3
      And the server is killed and starts again
      Then Alice's queue still holds its messages

  @DS-039 @level:should @profile:core @source:decided @needs:restart
  Rule: DS-039 What was there counts
    A server that stores on disk SHOULD count toward the limit of a queue, after a restart, what the queue held before.

    Scenario: A queue that is filled before and after
      Given the target's queues hold 1000 messages at most
      And Alice's queue is empty
      And Bob has put 20 messages into Alice's queue
      When the server is stopped and starts again
      And Bob puts messages into Alice's queue up to the limit and one more
      Then Alice's queue took as many messages as its limit
      And the call fails with E015
      And Alice's queue still holds its messages
