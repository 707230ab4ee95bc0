Feature: Bearer tokens

  @AUTH-006 @level:must @profile:core @source:decided
  Rule: AUTH-006 The token is not empty
    A server MUST answer E002 to a call of `auth` version 1 with an empty token.

    @needs:accounts
    Scenario Outline: <method> with an empty token
      When Alice calls <method> with an empty token
      Then the call fails with E002

      Examples:
        | method           |
        | uploadKeyPackage |
        | fetchKeyPackage  |
        | enqueue          |
        | fetch            |
        | fetchWait        |
        | uploadHybridKey  |
        | fetchHybridKey   |

      @profile:channels
      Examples: Channels
        | method        |
        | createChannel |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method          |
        | fetchHybridKeys |
        | batchEnqueue    |

      @profile:p2p
      Examples: Endpoints
        | method          |
        | publishEndpoint |
        | resolveEndpoint |

  @AUTH-007 @level:must @profile:core @source:decided
  Rule: AUTH-007 The token is known
    A server MUST answer E003 to a call of `auth` version 1 whose token is not, byte for byte and over its whole
    length, one that it knows.

    @needs:accounts
    Scenario Outline: <method> with an unknown token
      When Alice calls <method> with an unknown token
      Then the call fails with E003

      Examples:
        | method           |
        | uploadKeyPackage |
        | fetchKeyPackage  |
        | enqueue          |
        | fetch            |
        | fetchWait        |
        | uploadHybridKey  |
        | fetchHybridKey   |

      @profile:channels
      Examples: Channels
        | method        |
        | createChannel |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method          |
        | fetchHybridKeys |
        | batchEnqueue    |

      @profile:p2p
      Examples: Endpoints
        | method          |
        | publishEndpoint |
        | resolveEndpoint |

    @needs:accounts
    Scenario Outline: Nearly a token: <token>
      When Alice calls fetch with <token>
      Then the call fails with E003

      Examples:
        | token                                 |
        | her token without its last byte       |
        | her token without its first byte      |
        | her token and one more byte           |
        | her token and a zero byte             |
        | her token twice                       |
        | her token with its last byte changed  |
        | her token with its first bit flipped  |
        | a token of one zero byte              |
        | a token of 4,096 bytes                |
        | her identity key as token             |
        | her token and a line end              |
        | her token in hex                      |
        | her token in Base64                   |
        | her token in letters of another case  |
        | her token, as lossy text              |

    @profile:opaque
    Scenario Outline: Nearly a session token: <token>
      Given Carol has registered
      When Carol logs in
      And Carol fetches with <token>
      Then the call fails with E003

      Examples:
        | token                                |
        | her token without its last byte      |
        | her token and one more byte          |
        | her token with its last byte changed |
        | her token with its first bit flipped |
        | her token in hex                     |

    @needs:accounts
    Scenario Outline: Nearly a token that was just right: <token>
      Given everyone shares one session
      When Alice calls fetch
      Then the call succeeds
      When Alice calls fetch with <token>
      Then the call fails with E003

      Examples:
        | token                                |
        | her token without its last byte      |
        | her token and one more byte          |
        | her token with its last byte changed |

  @AUTH-008 @level:must @profile:core @source:stated
  Rule: AUTH-008 A known token opens every method
    A server MUST accept `auth` version 1 with a token that it knows and that has not expired, on every method that has
    an `auth`.

    @needs:accounts
    Scenario Outline: <method> with a valid token
      When Alice calls <method>
      Then the call succeeds

      Examples:
        | method           |
        | uploadKeyPackage |
        | fetchKeyPackage  |
        | enqueue          |
        | fetch            |
        | fetchWait        |
        | uploadHybridKey  |
        | fetchHybridKey   |

      @profile:channels
      Examples: Channels
        | method        |
        | createChannel |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:batch
      Examples: Batch
        | method          |
        | fetchHybridKeys |
        | batchEnqueue    |

      @profile:p2p
      Examples: Endpoints
        | method          |
        | publishEndpoint |
        | resolveEndpoint |

    @needs:accounts
    Scenario Outline: <person>'s token
      When <person> calls fetch
      Then the call succeeds

      Examples:
        | person  |
        | Bob     |
        | Mallory |

  @AUTH-010 @level:must @profile:core @source:decided
  Rule: AUTH-010 Tokens expire
    A server MUST answer E017 to a call whose token has expired.

    @needs:accounts
    Scenario Outline: <method> with a token that has expired
      When Alice calls <method> with a token that has expired
      Then the call fails with E017

      Examples:
        | method           |
        | uploadKeyPackage |
        | fetchKeyPackage  |
        | enqueue          |
        | fetch            |
        | fetchWait        |
        | uploadHybridKey  |
        | fetchHybridKey   |

      @profile:reliable
      Examples: Reliable
        | method |
        | peek   |
        | ack    |

      @profile:channels
      Examples: Channels
        | method        |
        | createChannel |

      @profile:batch
      Examples: Batch
        | method          |
        | fetchHybridKeys |
        | batchEnqueue    |

      @profile:p2p
      Examples: Endpoints
        | method          |
        | publishEndpoint |
        | resolveEndpoint |

  @AUTH-011 @level:must @profile:core @source:decided
  Rule: AUTH-011 Each call has its own identity
    A server MUST take the caller's identity from the token of the call alone; earlier calls of the same session or
    connection count for nothing.

    @needs:accounts
    Scenario: Two identities on one session
      Given everyone shares one session
      When Alice calls fetch
      Then the call succeeds
      When Bob calls fetch with Alice's key as recipientKey
      Then the call fails with E016
      When Bob calls fetch
      Then the call succeeds
      When Alice calls fetch with Bob's key as recipientKey
      Then the call fails with E016

    @needs:accounts
    Scenario: A wrong token after a right one
      Given everyone shares one session
      When Alice calls fetch
      Then the call succeeds
      When Alice calls fetch with an unknown token
      Then the call fails with E003
      When Alice calls fetch with an empty token
      Then the call fails with E002
      When Alice calls fetch
      Then the call succeeds

    @needs:closed
    Scenario: No token after a right one
      Given everyone shares one session
      When Alice calls fetch
      Then the call succeeds
      When Alice calls fetch with no auth
      Then the call fails with E001
      When Alice calls fetch
      Then the call succeeds

    @needs:accounts
    Scenario: Calls of two identities under way on one session
      Given everyone shares one session
      And Alice's queue is empty
      And Bob's queue is empty
      And Mallory has put 6 messages into Alice's queue
      And Mallory has put 6 messages into Bob's queue
      When Alice and Bob fetch a message in turn, 5 times each, without waiting for the answers
      Then Alice's queue still holds its messages
      And Bob's queue still holds its messages
