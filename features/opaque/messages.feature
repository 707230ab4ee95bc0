Feature: Messages of OPAQUE

  @OPQ-003 @level:must @profile:opaque @source:decided
  Rule: OPQ-003 Answers have the form of RFC 9807
    `opaqueRegisterStart` MUST return 64 bytes and `opaqueLoginStart` 320 bytes: RegistrationResponse and KE2 of RFC
    9807 for ristretto255 and SHA-512.

    Scenario: The answer to a registration request
      When Carol sends the first message of a registration
      Then the returned response has 64 bytes

    Scenario: KE2
      Given Carol has registered
      When Carol begins a login
      Then the returned response has 320 bytes

  @OPQ-011 @level:must @profile:opaque @source:stated
  Rule: OPQ-011 User names are not empty
    A server MUST answer E011 to an OPAQUE method with an empty `username`.

    Scenario Outline: <method>
      When Carol calls <method> with an empty username
      Then the call fails with E011

      Examples:
        | method               |
        | opaqueRegisterStart  |
        | opaqueRegisterFinish |
        | opaqueLoginStart     |

    Scenario: opaqueLoginFinish
      Given Carol has registered
      When Carol calls opaqueLoginFinish with an empty username
      Then the call fails with E011 or E019

  @OPQ-016 @level:must @profile:opaque @source:decided
  Rule: OPQ-016 Messages are whole
    A server MUST answer E010 or E020 to an OPAQUE message that is shorter than RFC 9807 makes it.

    Scenario Outline: <method> with <fault>
      When Carol calls <method> with <fault>
      Then the call fails with E010 or E020

      Examples:
        | method               | fault                           |
        | opaqueRegisterStart  | no message                      |
        | opaqueRegisterStart  | a message without its last byte |
        | opaqueRegisterFinish | no message                      |
        | opaqueRegisterFinish | a message without its last byte |
        | opaqueLoginStart     | no message                      |
        | opaqueLoginStart     | a message without its last byte |

    Scenario Outline: opaqueLoginFinish with <fault>
      Given Carol has registered
      When Carol calls opaqueLoginFinish with <fault>
      Then the call fails with E010 or E020
      And no token is returned

      Examples:
        | fault                           |
        | no message                      |
        | a message without its last byte |

  @OPQ-017 @level:must @profile:opaque @source:decided
  Rule: OPQ-017 Messages hold group elements
    A server MUST answer E010 or E020 to a RegistrationRequest or KE1 whose blinded element is not the encoding of a
    ristretto255 element other than the identity.

    Scenario Outline: <method> with <fault>
      When Carol calls <method> with <fault>
      Then the call fails with E010 or E020

      Examples:
        | method              | fault                                           |
        | opaqueRegisterStart | a message that begins with no group element     |
        | opaqueRegisterStart | a message that begins with the identity element |
        | opaqueLoginStart    | a message that begins with no group element     |
        | opaqueLoginStart    | a message that begins with the identity element |

  @OPQ-018 @level:should @profile:opaque @source:decided
  Rule: OPQ-018 Records that nobody can use are refused
    A server SHOULD answer E010 or E020 to `opaqueRegisterFinish` whose record holds a client public key that is no
    group element.

    Scenario Outline: <fault>
      When Carol calls opaqueRegisterFinish with <fault>
      Then the call fails with E010 or E020

      Examples:
        | fault                                           |
        | a message that begins with no group element     |
        | a message that begins with the identity element |

  @OPQ-019 @level:must @profile:opaque @source:decided
  Rule: OPQ-019 Identity keys have 32 bytes
    A server MUST answer E004 to `opaqueRegisterFinish` with an `identityKey` that is not 32 bytes long; to
    `opaqueLoginFinish` with one E004, or the code for another identity's key (OPQ-020).

    Scenario Outline: Registering a key of <length> bytes
      When Carol calls opaqueRegisterFinish with an identityKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |

    Scenario Outline: Logging in with a key of <length> bytes
      Given Carol has registered
      When Carol calls opaqueLoginFinish with an identityKey of <length> bytes
      Then the call fails with E004 or E010 or E016 or E020
      And no token is returned

      Examples:
        | length |
        | 31     |
        | 33     |

  @OPQ-027 @level:should @profile:opaque @source:decided
  Rule: OPQ-027 Messages end where they end
    A server SHOULD answer E010 or E020 to an OPAQUE message that is longer than RFC 9807 makes it.

    Scenario Outline: <method> with <fault>
      When Carol calls <method> with <fault>
      Then the call fails with E010 or E020

      Examples:
        | method               | fault                       |
        | opaqueRegisterStart  | a message and one more byte |
        | opaqueRegisterFinish | a message and one more byte |
        | opaqueLoginStart     | a message and one more byte |

    Scenario: opaqueLoginFinish with a message and one more byte
      Given Carol has registered
      When Carol calls opaqueLoginFinish with a message and one more byte
      Then the call fails with E010 or E020
      And no token is returned
