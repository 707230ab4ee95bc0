Feature: Enqueueing

  @DS-001 @level:must @profile:core @source:decided
  Rule: DS-001 Recipient keys have 32 bytes
    A server MUST answer E004 to a delivery method with a recipient key that is not 32 bytes long.

    Scenario Outline: Sending to a key of <length> bytes
      When Alice calls enqueue with a recipientKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

    @profile:batch
    Scenario Outline: Sending to a key of <length> bytes among others
      When Alice calls batchEnqueue with a key of <length> bytes among the recipientKeys
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

    @profile:batch
    Scenario: Sending to a key of 31 bytes between others
      When Alice calls batchEnqueue with a key of 31 bytes in the middle of the recipientKeys
      Then the call fails with E004

    Scenario Outline: <method> for a key of <length> bytes
      When Alice calls <method> with a recipientKey of <length> bytes
      Then the call fails with E004 or E016

      Examples:
        | method    | length |
        | fetch     | 0      |
        | fetch     | 31     |
        | fetch     | 33     |
        | fetch     | 64     |
        | fetch     | 288    |
        | fetchWait | 0      |
        | fetchWait | 31     |
        | fetchWait | 33     |
        | fetchWait | 64     |

      @profile:reliable
      Examples: Reliable
        | method | length |
        | peek   | 0      |
        | peek   | 31     |
        | peek   | 33     |
        | peek   | 64     |
        | ack    | 0      |
        | ack    | 31     |
        | ack    | 33     |
        | ack    | 64     |

  @DS-002 @level:must @profile:core @source:stated
  Rule: DS-002 The wire version is 1
    A server MUST answer E012 to a delivery method with a `version` other than 1.

    Scenario Outline: <method> with wire version <version>
      When Alice calls <method> with wire version <version>
      Then the call fails with E012

      Examples:
        | method    | version |
        | enqueue   | 0       |
        | enqueue   | 2       |
        | enqueue   | 257     |
        | enqueue   | 65535   |
        | fetch     | 0       |
        | fetch     | 2       |
        | fetch     | 257     |
        | fetch     | 65535   |
        | fetchWait | 0       |
        | fetchWait | 2       |
        | fetchWait | 257     |
        | fetchWait | 65535   |

      @profile:reliable
      Examples: Reliable
        | method | version |
        | peek   | 0       |
        | peek   | 2       |
        | peek   | 257     |
        | peek   | 65535   |
        | ack    | 0       |
        | ack    | 2       |
        | ack    | 257     |
        | ack    | 65535   |

      @profile:batch
      Examples: Batch
        | method       | version |
        | batchEnqueue | 0       |
        | batchEnqueue | 2       |
        | batchEnqueue | 257     |
        | batchEnqueue | 65535   |

    Scenario Outline: <method> with another wire version drains nothing
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice calls <method> with wire version 2
      Then the call fails with E012
      And Alice's queue still holds its messages

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

  @DS-003 @level:must @profile:core @source:stated
  Rule: DS-003 Payloads are not empty
    A server MUST answer E005 to `enqueue` and `batchEnqueue` with an empty `payload`.

    Scenario: An empty payload
      When Alice calls enqueue with a payload of 0 bytes
      Then the call fails with E005

    @profile:batch
    Scenario: An empty payload for many
      When Alice calls batchEnqueue with a payload of 0 bytes
      Then the call fails with E005

  @DS-004 @level:must @profile:core @source:stated
  Rule: DS-004 Payloads up to the limit
    A server MUST accept a `payload` of 1 byte up to its limit, 5 MiB by default, and answer E006 to a longer one.

    Scenario: A payload of one byte
      Given Alice's queue is empty
      When Bob puts one zero byte into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: A payload at the limit
      Given Alice's queue is empty
      When Bob puts as many bytes as are allowed into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

    Scenario: One byte more
      Given Alice's queue is empty
      When Bob puts one byte more than is allowed into Alice's queue
      Then the call fails with E006
      And nothing is in Alice's queue

    @profile:batch
    Scenario: A payload at the limit, for many
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts as many bytes as are allowed into the queues of Alice and Bob
      Then the call succeeds
      And Alice's queue still holds its messages
      And Bob's queue still holds its messages

    @profile:channels @needs:accounts
    Scenario: A payload of more than 16 bits of length, in a channel
      Given a channel between Alice and Bob
      When Bob puts 70,000 random bytes into Alice's queue in the channel with Bob
      Then the call succeeds
      And Alice's queue in the channel with Bob still holds its messages

  @DS-010 @level:must @profile:core @source:decided
  Rule: DS-010 The sender learns the number
    `enqueue` MUST return the sequence number under which the message is delivered.

    Scenario: Three messages
      Given Alice's queue is empty
      And Bob has put 3 messages into Alice's queue
      When Alice fetches from Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: A message that is waited for
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Bob puts some text into Alice's queue
      Then the wait ends with that message under the number that enqueue returned

    @profile:channels @needs:accounts
    Scenario: In a channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      And Bob has put 3 messages into Alice's queue in the channel with Bob
      When Alice fetches from Alice's queue in the channel with Bob
      Then the answer holds all its messages under the numbers that enqueue returned

    Scenario: Messages for two recipients at once
      Given Alice's queue is empty
      And Bob's queue is empty
      When Mallory puts 9 messages each into Alice's queue and Bob's queue at once
      And Alice fetches from Alice's queue
      Then the answer holds all its messages under the numbers that enqueue returned
      When Bob fetches from Bob's queue
      Then the answer holds all its messages under the numbers that enqueue returned

  @DS-018 @level:must @profile:core @source:decided
  Rule: DS-018 A refused message leaves nothing
    An `enqueue` that is answered with an error MUST NOT leave a message in any queue.

    Scenario Outline: A message refused for <fault>
      Given Bob's queue is empty
      When Alice calls enqueue with <fault>
      Then the call fails with <code>
      And nothing is in Bob's queue

      Examples:
        | fault                | code |
        | a payload of 0 bytes | E005 |
        | wire version 0       | E012 |
        | wire version 2       | E012 |

    Scenario: A refused message among good ones
      Given Bob's queue is empty
      And Alice has put 1 message into Bob's queue
      When Alice calls enqueue with wire version 2
      Then the call fails with E012
      Given Alice has put 1 message into Bob's queue
      Then Bob's queue still holds its messages
