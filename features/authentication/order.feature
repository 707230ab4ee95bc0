Feature: Authentication comes before everything else

  @AUTH-001 @level:must @profile:core @source:decided
  Rule: AUTH-001 Authentication comes first
    A server MUST check `auth` before any other parameter and before any stored state: a call with a fault in its
    `auth` gets the code of that fault, whatever else is wrong with the call.

    @needs:accounts
    Scenario Outline: <method> with an unknown token and <fault>
      When Alice calls <method> with an unknown token and <fault>
      Then the call fails with E003

      Examples:
        | method           | fault                           |
        | uploadKeyPackage | an identityKey of 31 bytes      |
        | uploadKeyPackage | a package of 0 bytes            |
        | uploadKeyPackage | a package longer than is allowed |
        | uploadKeyPackage | Bob's key as identityKey        |
        | fetchKeyPackage  | an identityKey of 0 bytes       |
        | fetchKeyPackage  | a stranger's key as identityKey |
        | fetchHybridKey   | a stranger's key as identityKey |
        | uploadHybridKey  | an identityKey of 31 bytes      |
        | fetch            | a recipientKey of 31 bytes      |
        | enqueue          | a recipientKey of 33 bytes      |
        | enqueue          | a payload of 0 bytes            |
        | enqueue          | a payload longer than is allowed |
        | enqueue          | wire version 2                  |
        | fetch            | wire version 0                  |
        | fetch            | Bob's key as recipientKey       |
        | fetchWait        | a recipientKey of 64 bytes      |
        | fetchWait        | Bob's key as recipientKey       |
        | uploadHybridKey  | a hybridPublicKey of 0 bytes    |
        | fetchHybridKey   | an identityKey of 64 bytes      |

      @profile:channels
      Examples: Channels
        | method        | fault                     |
        | createChannel | a peerKey of 31 bytes     |
        | createChannel | Alice's key as peerKey    |
        | enqueue       | the id of no channel      |
        | fetch         | the id of no channel      |
        | fetchWait     | the id of no channel      |

      @profile:reliable
      Examples: Reliable
        | method | fault                      |
        | peek   | a recipientKey of 31 bytes |
        | peek   | Bob's key as recipientKey  |
        | peek   | wire version 2             |
        | ack    | a recipientKey of 33 bytes |
        | ack    | Bob's key as recipientKey  |
        | ack    | wire version 0             |

      @profile:channels @profile:reliable
      Examples: Channels, reliable
        | method | fault                |
        | peek   | the id of no channel |
        | ack    | the id of no channel |

      @profile:batch
      Examples: Batch
        | method          | fault                                     |
        | fetchHybridKeys | a key of 31 bytes among the identityKeys  |
        | batchEnqueue    | a key of 33 bytes among the recipientKeys |
        | batchEnqueue    | a payload of 0 bytes                      |
        | batchEnqueue    | wire version 2                            |
        | batchEnqueue    | no recipientKeys                          |

      @profile:channels @profile:batch
      Examples: Channels, batch
        | method       | fault                |
        | batchEnqueue | the id of no channel |

      @profile:p2p
      Examples: Endpoints
        | method          | fault                      |
        | publishEndpoint | an identityKey of 31 bytes |
        | publishEndpoint | Bob's key as identityKey   |
        | publishEndpoint | a nodeAddr of 0 bytes      |
        | resolveEndpoint | an identityKey of 33 bytes |
        | resolveEndpoint | a stranger's key as identityKey |

    @needs:accounts @profile:channels
    Scenario Outline: <method> on the channel of two others with an unknown token
      Given a channel between Alice and Bob
      When Mallory calls <method> with an unknown token and the channel of Alice and Bob
      Then the call fails with E003

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

    @needs:accounts
    Scenario Outline: <method> with <auth fault> and a key of the wrong length
      When Alice calls <method> with <auth fault> and <fault>
      Then the call fails with <code>

      Examples:
        | method          | auth fault     | fault                      | code |
        | fetchKeyPackage | auth version 2 | an identityKey of 31 bytes | E001 |
        | enqueue         | an empty token | a recipientKey of 31 bytes | E002 |
        | fetch           | an empty token | wire version 2             | E002 |

      Examples: Expired
        | method           | auth fault               | fault                     | code |
        | fetch            | a token that has expired | Bob's key as recipientKey | E017 |
        | uploadKeyPackage | a token that has expired | Bob's key as identityKey  | E017 |
        | uploadHybridKey  | a token that has expired | Bob's key as identityKey  | E017 |

      @needs:closed
      Examples: Version 0
        | method          | auth fault     | fault                      | code |
        | fetchKeyPackage | auth version 0 | an identityKey of 31 bytes | E001 |

      @profile:reliable
      Examples: Reliable
        | method | auth fault     | fault                      | code |
        | peek   | auth version 2 | a recipientKey of 31 bytes | E001 |
        | ack    | an empty token | wire version 2             | E002 |

  @AUTH-002 @level:must @profile:core @source:decided
  Rule: AUTH-002 A refused caller changes nothing
    A call that is refused for its `auth` MUST leave every queue, KeyPackage, hybrid key and channel as it was.

    @needs:accounts
    Scenario Outline: <method> with <fault> drains nothing
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice calls <method> with <fault>
      Then the call fails with <code>
      And Alice's queue still holds its messages

      Examples:
        | method    | fault            | code |
        | fetch     | an unknown token | E003 |
        | fetch     | an empty token   | E002 |
        | fetch     | auth version 2   | E001 |
        | fetchWait | an unknown token | E003 |
        | fetchWait | an empty token   | E002 |

      @needs:closed
      Examples: Version 0
        | method    | fault          | code |
        | fetch     | auth version 0 | E001 |
        | fetchWait | auth version 0 | E001 |

      @profile:reliable
      Examples: Reliable
        | method | fault            | code |
        | ack    | an unknown token | E003 |
        | ack    | an empty token   | E002 |
        | ack    | auth version 2   | E001 |
        | peek   | an unknown token | E003 |

      @profile:reliable @needs:closed
      Examples: Reliable, version 0
        | method | fault          | code |
        | ack    | auth version 0 | E001 |

    @needs:accounts
    Scenario Outline: <method> from another device drains nothing
      Given Bob has put a message into the queue of a token that is bound to a device
      When a token that is bound to a device calls <method> from another device
      Then the call fails with E003
      And the message is still there, for that device

      Examples:
        | method    |
        | fetch     |
        | fetchWait |

    @needs:accounts
    Scenario Outline: enqueue with <fault> leaves nothing behind
      Given Bob's queue is empty
      When Alice calls enqueue with <fault>
      Then the call fails with <code>
      And nothing is in Bob's queue

      Examples:
        | fault            | code |
        | an unknown token | E003 |
        | an empty token   | E002 |

      @needs:closed
      Examples: Version 0
        | fault          | code |
        | auth version 0 | E001 |

    @needs:accounts @profile:batch
    Scenario: A refused batch leaves nothing behind
      Given Bob's queue is empty
      When Alice calls batchEnqueue with an unknown token and Bob's key among the recipientKeys
      Then the call fails with E003
      And nothing is in Bob's queue

    @needs:accounts
    Scenario: A refused fetchKeyPackage uses none up
      Given Alice has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      When Bob calls fetchKeyPackage with an unknown token
      Then the call fails with E003
      And Bob fetches Alice's KeyPackages in order

    @needs:accounts
    Scenario: A refused uploadKeyPackage stores nothing
      Given Alice has no KeyPackages
      When Alice calls uploadKeyPackage with an unknown token
      Then the call fails with E003
      And no KeyPackage of Alice is left

    @needs:accounts
    Scenario: A refused uploadHybridKey replaces nothing
      Given Alice has uploaded a hybrid key
      When Alice calls uploadHybridKey with an unknown token
      Then the call fails with E003
      And Bob fetches Alice's last hybrid key

    @needs:accounts @profile:p2p
    Scenario: A refused publishEndpoint replaces nothing
      Given Alice has published an endpoint
      When Alice calls publishEndpoint with an unknown token
      Then the call fails with E003
      And Bob resolves Alice's last endpoint

    @needs:accounts @profile:channels
    Scenario: A refused createChannel changes nothing
      Given a channel between Alice and Bob
      And Bob has put 1 message into Alice's queue in the channel with Bob
      When Alice calls createChannel with an unknown token
      Then the call fails with E003
      And Alice's queue in the channel with Bob still holds its messages
