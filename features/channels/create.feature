Feature: Creating channels

  @CH-001 @level:must @profile:channels @source:stated
  Rule: CH-001 Channel ids have 16 bytes
    `createChannel` MUST return a `channelId` of 16 bytes.

    @needs:accounts
    Scenario Outline: <person>'s channel with <peer>
      When <person> creates a channel with <peer>
      Then the call succeeds
      And the returned channelId has 16 bytes

      Examples:
        | person  | peer    |
        | Alice   | Bob     |
        | Mallory | Alice   |

  @CH-002 @level:must @profile:channels @source:decided
  Rule: CH-002 A pair has one channel
    `createChannel` MUST return the same id whenever it is called for the same two identities, whichever of them calls.

    @needs:accounts
    Scenario Outline: <first> first, then <second>
      When <first> creates a channel with <second>
      And <second> creates a channel with <first>
      And <first> creates a channel with <second>
      Then all of them get the same id

      Examples:
        | first   | second  |
        | Alice   | Bob     |
        | Bob     | Alice   |
        | Mallory | Bob     |

    @needs:accounts
    Scenario: Both were away
      When Alice creates a channel with Bob
      And Alice leaves
      And Bob creates a channel with Alice
      And Bob leaves
      And Alice creates a channel with Bob
      Then all of them get the same id

    @needs:accounts
    Scenario: Others in between
      When Alice creates a channel with Bob
      Given Alice has channels with 10 strangers
      When Alice creates a channel with Bob
      Then all of them get the same id

  @CH-003 @level:must @profile:channels @source:decided
  Rule: CH-003 Each pair has its own
    `createChannel` MUST return different ids for different pairs.

    @needs:accounts
    Scenario: Three pairs
      When Alice creates a channel with Bob
      And Alice creates a channel with Mallory
      And Bob creates a channel with Mallory
      Then all of them get different ids

    @needs:accounts
    Scenario: Three pairs at once
      Then each two of Alice, Bob and Mallory get a channel of their own by 3 calls each at once

    @needs:accounts
    Scenario Outline: A peer whose key is nearly Bob's, <change>
      When Alice creates a channel with Bob
      And Alice creates a channel with somebody whose key is Bob's <change>
      Then all of them get different ids

      Examples:
        | change                                 |
        | with its last bit flipped              |
        | changed so that lossy text is the same |

  @CH-004 @level:should @profile:channels @source:decided
  Rule: CH-004 Ids are random
    A channel id SHOULD be random and not derived from the members' keys.

    @needs:accounts
    Scenario: Not a digest of the keys
      When Alice creates a channel with Bob
      Then the returned channelId is no digest of the keys of Alice and Bob

    @needs:accounts
    Scenario: Ids that count
      When Alice creates a channel with Bob
      And Alice creates a channel with Mallory
      And Bob creates a channel with Mallory
      Then the returned ids differ in at least 4 bytes

  @CH-005 @level:must @profile:channels @source:stated
  Rule: CH-005 Peer keys have 32 bytes
    A server MUST answer E004 to `createChannel` with a `peerKey` that is not 32 bytes long.

    @needs:accounts
    Scenario Outline: A peer key of <length> bytes
      When Alice calls createChannel with a peerKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

  @CH-006 @level:should @profile:channels @source:decided
  Rule: CH-006 Nobody is their own peer
    A server SHOULD answer E020 to `createChannel` whose `peerKey` is the caller's own identity.

    @needs:accounts
    Scenario: Alice with Alice
      When Alice creates a channel with Alice
      Then the call fails with E020

  @CH-007 @level:must @profile:channels @source:stated
  Rule: CH-007 A channel needs an identity
    A server MUST refuse `createChannel` from a caller without an identity, also when it is open.

    @needs:open
    Scenario: Without a token
      When Alice calls createChannel with no auth
      Then the call fails with any code

  @CH-017 @level:must @profile:channels @source:decided
  Rule: CH-017 Creating again keeps the messages
    `createChannel` for a pair that has a channel MUST leave its queues as they are.

    @needs:accounts
    Scenario: Messages wait while both create it again
      Given a channel between Alice and Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Alice has put 1 message into Bob's queue in the channel with Alice
      When Alice creates a channel with Bob
      And Bob creates a channel with Alice
      Then Alice's queue in the channel with Bob still holds its messages
      And Bob's queue in the channel with Alice still holds its messages
