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
