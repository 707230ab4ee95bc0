Feature: Versions of auth

  @AUTH-003 @level:must @profile:core @source:decided
  Rule: AUTH-003 No token, no service
    A server that is not open MUST answer E001 to a call whose `auth` has version 0, whatever token comes with it.

    @needs:closed
    Scenario Outline: <method> without a token
      When Alice calls <method> with no auth
      Then the call fails with E001

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

    @needs:closed
    Scenario Outline: <method> with a valid token under version 0
      When Alice calls <method> with auth version 0
      Then the call fails with E001

      Examples:
        | method          |
        | enqueue         |
        | fetch           |
        | fetchKeyPackage |

        | uploadKeyPackage |
        | fetchWait       |
        | uploadHybridKey |
        | fetchHybridKey  |

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

  @AUTH-004 @level:must @profile:core @source:decided
  Rule: AUTH-004 An open server takes version 0
    An open server MUST accept `auth` version 0 on every method of the core profile.

    @needs:open
    Scenario Outline: <method> without a token on an open server
      When Alice calls <method> with no auth
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

  @AUTH-005 @level:must @profile:core @source:decided
  Rule: AUTH-005 Unknown versions are refused
    A server MUST answer E001 to a call whose `auth` has a version above 1, even when the token in it is valid.

    @needs:accounts
    Scenario Outline: <method> with a valid token under version <version>
      When Alice calls <method> with auth version <version>
      Then the call fails with E001

      Examples:
        | method           | version |
        | uploadKeyPackage | 2       |
        | fetchKeyPackage  | 2       |
        | enqueue          | 2       |
        | fetch            | 2       |
        | fetchWait        | 2       |
        | uploadHybridKey  | 2       |
        | fetchHybridKey   | 2       |

      Examples: Numbers that a narrower type would take for 0 or 1
        | method | version |
        | fetch  | 256     |
        | fetch  | 257     |
        | fetch  | 32769   |
        | fetch  | 65535   |

      @profile:channels
      Examples: Channels
        | method        | version |
        | createChannel | 2       |

      @profile:reliable
      Examples: Reliable
        | method | version |
        | peek   | 2       |
        | ack    | 2       |

      @profile:batch
      Examples: Batch
        | method          | version |
        | fetchHybridKeys | 2       |
        | batchEnqueue    | 2       |

      @profile:p2p
      Examples: Endpoints
        | method          | version |
        | publishEndpoint | 2       |
        | resolveEndpoint | 2       |
