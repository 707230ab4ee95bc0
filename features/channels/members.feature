Feature: Members and others

  @CH-008 @level:must @profile:channels @source:stated @needs:accounts
  Rule: CH-008 Unknown channels
    A server MUST answer E023 to a delivery method whose `channelId` has 16 bytes and is no channel's.

    Scenario Outline: <method> with <id>
      When Alice calls <method> with <id>
      Then the call fails with E023

      Examples:
        | method    | id                   |
        | enqueue   | the id of no channel |
        | fetch     | the id of no channel |
        | fetchWait | the id of no channel |
        | enqueue   | the zero channel id  |
        | fetch     | the zero channel id  |
        | fetchWait | the zero channel id  |

      @profile:reliable
      Examples: Reliable
        | method | id                   |
        | peek   | the id of no channel |
        | ack    | the id of no channel |
        | ack    | the zero channel id  |

      @profile:batch
      Examples: Batch
        | method       | id                   |
        | batchEnqueue | the id of no channel |
        | batchEnqueue | the zero channel id  |

    Scenario Outline: <method> one bit beside a channel's id
      Given a channel between Alice and Bob
      When Alice calls <method> with the id one bit beside the channel of Alice and Bob
      Then the call fails with E023

      Examples:
        | method    |
        | enqueue   |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method       |
        | batchEnqueue |

  @CH-009 @level:must @profile:channels @source:stated @needs:accounts
  Rule: CH-009 The caller is a member
    A server MUST answer E022 to a delivery method on a channel of which the caller is no member.

    Scenario Outline: Mallory calls <method>
      Given a channel between Alice and Bob
      When Mallory calls <method> with the channel of Alice and Bob
      Then the call fails with E022

      Examples:
        | method    |
        | enqueue   |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method       |
        | batchEnqueue |

    Scenario Outline: A member of other channels calls <method>
      Given a channel between Alice and Bob
      And a channel between Mallory and Alice
      When Bob calls <method> with the channel of Mallory and Alice
      Then the call fails with E022

      Examples:
        | method    |
        | enqueue   |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method       |
        | batchEnqueue |

    Scenario: Somebody else writes as if to the other member
      Given a channel between Alice and Bob
      When Mallory calls enqueue with the channel of Alice and Bob and Bob's key as recipientKey
      Then the call fails with E022

    Scenario Outline: Mallory calls <method> on the session of the members
      Given everyone shares one session
      And a channel between Alice and Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Alice has put 1 message into Bob's queue in the channel with Alice
      When Alice fetches from Alice's queue in the channel with Bob with limit 1
      Then the answer holds its first 1 message
      When Mallory calls <method> with the channel of Alice and Bob
      Then the call fails with E022
      And Alice's queue in the channel with Bob still holds its messages
      And Bob's queue in the channel with Alice still holds its messages

      Examples:
        | method  |
        | enqueue |
        | fetch   |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method       |
        | batchEnqueue |

  @CH-010 @level:must @profile:channels @source:stated @needs:accounts
  Rule: CH-010 The recipient is a member
    A server MUST answer E022 to `enqueue` and `batchEnqueue` on a channel of which a recipient is no member.

    Scenario Outline: <member> writes to Mallory
      Given a channel between Alice and Bob
      When <member> calls enqueue with the channel of Alice and Bob and Mallory's key as recipientKey
      Then the call fails with E022

      Examples:
        | member |
        | Alice  |
        | Bob    |

    @profile:batch
    Scenario Outline: <member> writes to Mallory among others
      Given a channel between Alice and Bob
      When <member> calls batchEnqueue with the channel of Alice and Bob and Mallory's key among the recipientKeys
      Then the call fails with E022

      Examples:
        | member |
        | Alice  |
        | Bob    |

    Scenario: A member writes to a stranger
      Given a channel between Alice and Bob
      When Alice calls enqueue with the channel of Alice and Bob and a stranger's key as recipientKey
      Then the call fails with any code

    Scenario: A member writes to somebody whose key is nearly a member's
      Given a channel between Alice and Bob
      When Bob calls enqueue with the channel of Alice and Bob and Alice's key with its last bit flipped as recipientKey
      Then the call fails with any code

  @CH-011 @level:must @profile:channels @source:stated @needs:accounts
  Rule: CH-011 Members reach each other
    A server MUST let both members of a channel enqueue to each other in it and fetch what they were sent.

    Scenario Outline: From <sender> to <recipient>
      Given a channel between Alice and Bob
      When <sender> puts some text into <recipient>'s queue in the channel with <sender>
      Then the call succeeds
      When <recipient> fetches from <recipient>'s queue in the channel with <sender>
      Then the answer holds all its messages

      Examples:
        | sender | recipient |
        | Alice  | Bob       |
        | Bob    | Alice     |

    Scenario: A wait in a channel
      Given a channel between Alice and Bob
      When a wait of 20000 ms begins on Bob's queue in the channel with Alice
      And Alice puts every byte value into Bob's queue in the channel with Alice
      Then the wait ends with all its messages
      And nothing is in Bob's queue in the channel with Alice

    Scenario: Several messages, some at a time
      Given a channel between Alice and Bob
      And Alice has put 5 messages into Bob's queue in the channel with Alice
      When Bob fetches from Bob's queue in the channel with Alice with limit 2
      Then the answer holds its first 2 messages
      And Bob's queue in the channel with Alice still holds its messages

  @CH-014 @level:must @profile:channels @source:decided @needs:accounts
  Rule: CH-014 A refused caller changes nothing
    A call that is refused with E022 or E023 MUST leave every queue as it was.

    Scenario: A message from outside
      Given a channel between Alice and Bob
      And Bob has put 1 message into Alice's queue in the channel with Bob
      And Alice's queue is empty
      When Mallory calls enqueue with the channel of Alice and Bob
      Then the call fails with E022
      And Alice's queue in the channel with Bob still holds its messages
      And nothing is in Alice's queue

    Scenario: A message to outside
      Given a channel between Alice and Bob
      And Mallory's queue is empty
      When Alice calls enqueue with the channel of Alice and Bob and Mallory's key as recipientKey
      Then the call fails with E022
      And nothing is in Mallory's queue
      And nothing is in Bob's queue in the channel with Alice

    Scenario Outline: <method> from outside
      Given a channel between Alice and Bob
      And Mallory's queue is empty
      And Alice has put 1 message into Mallory's queue
      And Bob has put 1 message into Alice's queue in the channel with Bob
      When Mallory calls <method> with the channel of Alice and Bob
      Then the call fails with E022
      And Alice's queue in the channel with Bob still holds its messages
      And Mallory's queue still holds its messages

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

    Scenario Outline: <method> on a channel that nobody made
      Given Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      When Alice calls <method> with the id of no channel
      Then the call fails with E023
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

    Scenario: A message into a channel that nobody made
      Given Bob's queue is empty
      When Alice calls enqueue with the id of no channel
      Then the call fails with E023
      And nothing is in Bob's queue

    @profile:batch
    Scenario: A batch from outside
      Given a channel between Alice and Bob
      When Mallory calls batchEnqueue with the channel of Alice and Bob and Alice's key among the recipientKeys
      Then the call fails with E022
      And nothing is in Alice's queue in the channel with Bob
      And nothing is in Bob's queue in the channel with Alice
