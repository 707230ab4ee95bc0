Feature: What an identity may do

  @AUTH-012 @level:must @profile:core @source:decided
  Rule: AUTH-012 Uploads are for oneself
    A server MUST answer E016 to `uploadKeyPackage`, `uploadHybridKey` and `publishEndpoint` whose `identityKey` is not
    the caller's identity, and store nothing.

    @needs:accounts
    Scenario: A KeyPackage for somebody else
      Given Alice has no KeyPackages
      When Mallory calls uploadKeyPackage with Alice's key as identityKey
      Then the call fails with E016
      And no KeyPackage of Alice is left

    @needs:accounts
    Scenario: A KeyPackage for an identity without account
      When Mallory calls uploadKeyPackage with a stranger's key as identityKey
      Then the call fails with E016

    @needs:accounts
    Scenario: A hybrid key for somebody else
      Given Alice has uploaded a hybrid key
      When Mallory calls uploadHybridKey with Alice's key as identityKey
      Then the call fails with E016
      And Bob fetches Alice's last hybrid key

    @needs:accounts
    Scenario: A hybrid key for an identity without account
      When Mallory calls uploadHybridKey with a stranger's key as identityKey
      Then the call fails with E016

    @needs:accounts @profile:p2p
    Scenario: An endpoint for somebody else
      Given Alice has published an endpoint
      When Mallory calls publishEndpoint with Alice's key as identityKey
      Then the call fails with E016
      And Bob resolves Alice's last endpoint

    @needs:accounts @profile:p2p
    Scenario: An endpoint for an identity without account
      When Mallory calls publishEndpoint with a stranger's key as identityKey
      Then the call fails with E016

  @AUTH-013 @level:must @profile:core @source:decided
  Rule: AUTH-013 One fetches one's own queue
    A server MUST answer E016 to `fetch`, `fetchWait`, `peek` and `ack` whose `recipientKey` is not the caller's
    identity, and drain nothing.

    @needs:accounts
    Scenario Outline: <person> calls <method> on Alice's queue
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When <person> calls <method> with Alice's key as recipientKey
      Then the call fails with E016
      And Alice's queue still holds its messages

      Examples:
        | person  | method    |
        | Mallory | fetch     |
        | Mallory | fetchWait |
        | Bob     | fetch     |
        | Bob     | fetchWait |

      @profile:reliable
      Examples: Reliable
        | person  | method |
        | Mallory | peek   |
        | Mallory | ack    |
        | Bob     | ack    |

    @needs:accounts
    Scenario Outline: <method> on another's empty queue
      Given Alice's queue is empty
      When Mallory calls <method> with Alice's key as recipientKey
      Then the call fails with E016

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

    @needs:accounts
    Scenario Outline: <method> on the queue of an identity without account
      When Mallory calls <method> with a stranger's key as recipientKey
      Then the call fails with E016

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

    @needs:accounts @profile:channels
    Scenario Outline: <method> on the other member's queue in a channel
      Given a channel between Alice and Bob
      And Alice has put 1 message into Bob's queue in the channel with Alice
      When Alice calls <method> with the channel of Alice and Bob and Bob's key as recipientKey
      Then the call fails with E016
      And Bob's queue in the channel with Alice still holds its messages

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

  @AUTH-014 @level:must @profile:core @source:decided
  Rule: AUTH-014 Everybody may look up and send
    A server MUST let every caller with a valid token fetch another's KeyPackages, hybrid key and endpoint and enqueue
    into another's default queue.

    @needs:accounts
    Scenario Outline: <person> looks up Alice's keys and writes to her
      Given Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      And Alice has uploaded a hybrid key
      And Alice's queue is empty
      Then <person> fetches Alice's KeyPackages in order
      And <person> fetches Alice's last hybrid key
      When <person> puts some text into Alice's queue
      Then the call succeeds
      And Alice's queue still holds its messages

      Examples:
        | person  |
        | Bob     |
        | Mallory |

    @needs:accounts @profile:batch
    Scenario Outline: <person> looks up and writes to several at once
      Given Alice has uploaded a hybrid key
      And <other> has uploaded a hybrid key
      And Alice's queue is empty
      And <other>'s queue is empty
      Then <person> fetches the last hybrid keys of Alice and <other> by one call
      When <person> puts some text into the queues of Alice and <other>
      Then the call succeeds
      And Alice's queue still holds its messages
      And <other>'s queue still holds its messages

      Examples:
        | person  | other   |
        | Bob     | Mallory |
        | Mallory | Bob     |

    @needs:accounts @profile:p2p
    Scenario: Mallory resolves Alice's endpoint
      Given Alice has published an endpoint
      Then Mallory resolves Alice's last endpoint
