Feature: Fetching

  @DS-011 @level:must @profile:core @source:stated
  Rule: DS-011 Fetch removes
    `fetch` MUST remove the messages that it returns, and no others.

    Scenario: A second fetch
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages
      When Alice fetches from Alice's queue
      Then the answer is empty

    Scenario: A second fetch, from another connection
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages
      Given Alice connects anew
      Then nothing is in Alice's queue

    Scenario: A second fetch, from another device
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Alice is on a device of her own
      When Alice fetches from Alice's queue
      Then the answer holds all its messages
      Given Alice is on a device of her own
      Then nothing is in Alice's queue

    Scenario: The sender is gone
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Bob connects anew
      When Alice fetches from Alice's queue
      Then the answer holds all its messages

    Scenario: New messages after a fetch
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages
      Given Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages

    Scenario: No more than came
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 2
      Then the answer holds its first 2 messages
      And Alice's queue still holds its messages

  @DS-012 @level:must @profile:core @source:decided
  Rule: DS-012 No more than the limit
    `fetch`, `fetchWait` and `peek` MUST return the first messages of the queue, at most `limit` of them, and all when
    `limit` is 0.

    Scenario Outline: Limit <limit> of 5 messages
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice fetches from Alice's queue with limit <limit>
      Then the answer holds its first <count> messages
      And Alice's queue still holds its messages

      Examples:
        | limit      | count |
        | 1          | 1     |
        | 2          | 2     |
        | 4          | 4     |
        | 5          | 5     |
        | 6          | 5     |
        | 257        | 5     |
        | 65537      | 5     |
        | 4294967295 | 5     |
        | 0          | 5     |

    @profile:reliable
    Scenario Outline: A peek with limit <limit> at 5 messages
      Given Alice's queue is empty
      And Bob has put 5 messages into Alice's queue
      When Alice peeks at Alice's queue with limit <limit>
      Then the answer holds its first <count> messages
      And Alice's queue still holds its messages

      Examples:
        | limit      | count |
        | 1          | 1     |
        | 4          | 4     |
        | 5          | 5     |
        | 6          | 5     |
        | 257        | 5     |
        | 65537      | 5     |
        | 4294967295 | 5     |
        | 0          | 5     |

    Scenario Outline: A wait with limit <limit>, 4 messages queued
      Given Alice's queue is empty
      And Bob has put 4 messages into Alice's queue
      When a wait of 20000 ms with limit <limit> begins on Alice's queue
      Then the wait ends with its first <count> messages
      And Alice's queue still holds its messages

      Examples:
        | limit | count |
        | 1     | 1     |
        | 3     | 3     |
        | 5     | 4     |
        | 65537 | 4     |
        | 0     | 4     |

    Scenario: One by one
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds its first 1 message
      When Alice fetches from Alice's queue with limit 1
      Then the answer holds all its messages
      When Alice fetches from Alice's queue with limit 1
      Then the answer is empty

    Scenario: All of 130 short messages
      Given Alice's queue is empty
      When Bob puts 130 messages into Alice's queue without waiting for the answers
      And Alice fetches from Alice's queue
      Then the answer holds all its messages

  @DS-013 @level:must @profile:core @source:decided
  Rule: DS-013 An empty queue is an empty list
    `fetch` and `peek` MUST return an empty list, at once and without an error, when nothing is queued.

    Scenario Outline: Nothing queued, limit <limit>
      Given Alice's queue is empty
      When Alice fetches from Alice's queue with limit <limit>
      Then the answer is empty

      Examples:
        | limit |
        | 0     |
        | 1     |

    Scenario: A wait goes on beside it
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Alice fetches from Alice's queue
      Then the answer is empty
      When Bob puts some text into Alice's queue
      Then the wait ends with all its messages

    @profile:reliable
    Scenario Outline: A peek at nothing, limit <limit>
      Given Alice's queue is empty
      When Alice peeks at Alice's queue with limit <limit>
      Then the answer is empty

      Examples:
        | limit |
        | 0     |
        | 1     |

    @profile:channels @needs:accounts
    Scenario Outline: <method> on a queue that never held a message
      Given Alice has a channel with a stranger
      When Alice calls <method> with a channel that has never held a message
      Then it is answered with no messages

      Examples:
        | method |
        | fetch  |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |

    Scenario: As soon as a message would come
      Given Alice's queue is empty
      Then a fetch of nothing from Alice's queue takes little longer than one of a message of Bob

  @DS-014 @level:must @profile:core @source:decided
  Rule: DS-014 Fetches at once share nothing
    Among calls that fetch from one queue at the same time, while messages are enqueued or not, a server MUST give each
    message to exactly one and lose none.

    Scenario: Many fetches at once
      Given Alice's queue is empty
      And Bob has put 30 messages into Alice's queue
      When Alice fetches from Alice's queue by 20 calls at once with limit 2
      Then each message of Alice's queue is in exactly one answer

    Scenario: Fetches of everything at once
      Given Alice's queue is empty
      And Bob has put 10 messages into Alice's queue
      When Alice fetches from Alice's queue by 10 calls at once with limit 0
      Then each message of Alice's queue is in exactly one answer

    Scenario: Fetches while messages come
      Given Alice's queue is empty
      When Bob puts 40 messages into Alice's queue while Alice fetches from it by 20 calls
      Then each message of Alice's queue is in exactly one answer

    Scenario: Fetches beside waits
      Given Alice's queue is empty
      When 3 waits of 1500 ms with limit 1 begin on Alice's queue
      And Bob puts 40 messages into Alice's queue while Alice fetches from it by 20 calls
      Then each message of Alice's queue is in exactly one answer

  @DS-015 @level:should @profile:core @source:decided
  Rule: DS-015 Answers have a size
    An answer of `fetch`, `fetchWait` and `peek` SHOULD hold at most 8 MiB of payloads, and at least one message when
    the queue has one.

    Scenario: A fetch from a queue of 9 MiB
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds some of its messages and no more bytes than it should

    Scenario: A wait on a queue of 9 MiB
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with some of its messages and no more bytes than it should

    @profile:reliable
    Scenario: A peek at a queue of 9 MiB
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds some of its messages and no more bytes than it should

  @DS-016 @level:must @profile:core @source:decided
  Rule: DS-016 What does not fit stays queued
    When an answer of `fetch`, `fetchWait` or `peek` holds fewer messages than the queue and `limit` allow, the server
    MUST keep the others, in order, for later calls.

    Scenario: Big messages among small ones
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Bob has put 9 MiB into Alice's queue
      And Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds some of its messages
      And Alice's queue still holds its messages

    Scenario: A limit above what fits
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      And Bob has put 2 messages into Alice's queue
      When Alice fetches from Alice's queue with limit 4
      Then the answer holds some of its messages
      And Alice's queue still holds its messages

    Scenario: A wait on more than fits
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      And Bob has put 2 messages into Alice's queue
      When a wait of 20000 ms begins on Alice's queue
      Then the wait ends with some of its messages
      And Alice's queue still holds its messages

    @profile:reliable
    Scenario: Peek and ack, again and again
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Bob has put 9 MiB into Alice's queue
      And Bob has put 2 messages into Alice's queue
      Then Alice gets all messages of Alice's queue by peek and ack
      And nothing is in Alice's queue

    @profile:reliable
    Scenario: A fetch after a peek that showed some
      Given Alice's queue is empty
      And Bob has put 9 MiB into Alice's queue
      And Bob has put 1 message into Alice's queue
      When Alice peeks at Alice's queue
      Then the answer holds some of its messages
      And Alice's queue still holds its messages

    Scenario Outline: <count> short messages
      Given Alice's queue is empty
      When Bob puts <count> short messages into Alice's queue
      Then Alice's queue still holds its messages

      Examples:
        | count |
        | 280   |
        | 1100  |
