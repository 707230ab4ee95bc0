Feature: Device ids

  @AUTH-015 @level:should @profile:core @source:decided
  Rule: AUTH-015 Device ids of up to 64 bytes
    A server SHOULD accept any `deviceId` of 0 to 64 bytes with a token that is bound to no device.

    @needs:accounts
    Scenario Outline: <device>
      When Alice calls fetch with <device>
      Then the call succeeds

      Examples:
        | device                          |
        | a deviceId of 0 bytes           |
        | a deviceId of 1 bytes           |
        | a deviceId as long as is allowed |

    @needs:accounts
    Scenario Outline: <method> from a device
      When Alice calls <method> with a deviceId as long as is allowed
      Then the call succeeds

      Examples:
        | method           |
        | enqueue          |
        | fetchWait        |
        | uploadKeyPackage |
        | fetchKeyPackage  |
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

  @AUTH-016 @level:should @profile:core @source:decided
  Rule: AUTH-016 Longer device ids are refused
    A server SHOULD answer E020 to a `deviceId` of more than 64 bytes.

    @needs:accounts
    Scenario Outline: <method> with a device id that is too long
      When Alice calls <method> with a deviceId one byte longer than is allowed
      Then the call fails with E020

      Examples:
        | method           |
        | fetch            |
        | enqueue          |
        | uploadKeyPackage |

        | fetchKeyPackage  |
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
    Scenario: A device id that is as long as is allowed, in 8 bits
      When Alice calls fetch with a deviceId 256 bytes longer than is allowed
      Then the call fails with E020

  @AUTH-018 @level:must @profile:core @source:decided
  Rule: AUTH-018 A token bound to a device is good there alone
    A server MUST refuse a token that is bound to a device when `deviceId` is not, byte for byte and over its whole
    length, that device, as it refuses an unknown token: with E003.

    @needs:accounts
    Scenario: From its device
      When a token that is bound to a device calls fetch from that device
      Then the call succeeds

    @needs:accounts
    Scenario Outline: <method> from <device>
      When a token that is bound to a device calls <method> from <device>
      Then the call fails with E003

      Examples:
        | method           | device                                 |
        | fetch            | no device                              |
        | fetch            | that device in hex                     |
        | fetch            | that device in letters of another case |
        | fetch            | that device, as lossy text             |
        | fetch            | another device                    |
        | fetch            | that device and one more byte     |
        | fetch            | that device without its last byte |
        | enqueue          | another device                    |
        | fetchWait        | another device                    |
        | uploadKeyPackage | no device                         |
        | uploadHybridKey  | another device                    |
        | fetchKeyPackage  | another device                    |
        | fetchHybridKey   | another device                    |

      @profile:channels
      Examples: Channels
        | method        | device         |
        | createChannel | another device |

      @profile:reliable
      Examples: Reliable
        | method | device         |
        | peek   | another device |
        | ack    | another device |

      @profile:batch
      Examples: Batch
        | method          | device         |
        | fetchHybridKeys | another device |
        | batchEnqueue    | another device |

      @profile:p2p
      Examples: Endpoints
        | method          | device         |
        | publishEndpoint | another device |
        | resolveEndpoint | another device |

    @needs:accounts
    Scenario: From its device, and then from another one
      When a token that is bound to a device calls fetch from that device
      Then the call succeeds
      When a token that is bound to a device calls fetch from another device
      Then the call fails with E003
      When a token that is bound to a device calls fetch from no device
      Then the call fails with E003
