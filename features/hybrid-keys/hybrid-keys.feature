Feature: Hybrid public keys

  @HK-001 @level:must @profile:core @source:stated
  Rule: HK-001 Identity keys have 32 bytes
    A server MUST answer E004 to `uploadHybridKey` and `fetchHybridKey` with an `identityKey` that is not 32 bytes
    long.

    Scenario Outline: Looking up an identity key of <length> bytes
      When Alice calls fetchHybridKey with an identityKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

    Scenario Outline: Uploading for an identity key of <length> bytes
      When Alice calls uploadHybridKey with an identityKey of <length> bytes
      Then the call fails with E004 or E016

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

  @HK-002 @level:must @profile:core @source:decided
  Rule: HK-002 Keys are not empty
    A server MUST answer E013 to `uploadHybridKey` with an empty key, and keep the key that it had.

    Scenario: An empty key
      Given Alice has uploaded a hybrid key
      When Alice calls uploadHybridKey with a hybridPublicKey of 0 bytes
      Then the call fails with E013
      And Bob fetches Alice's last hybrid key

  @HK-003 @level:must @profile:core @source:decided
  Rule: HK-003 Keys have 1,216 bytes
    A server MUST answer E013 or E020 to `uploadHybridKey` with a key that is neither empty nor 1,216 bytes long, and
    keep the key that it had.

    Scenario Outline: A key of <length> bytes
      Given Alice has uploaded a hybrid key
      When Alice calls uploadHybridKey with a hybridPublicKey of <length> bytes
      Then the call fails with E013 or E020
      And Bob fetches Alice's last hybrid key

      Examples:
        | length |
        | 1      |
        | 32     |
        | 1184   |
        | 1215   |
        | 1217   |
        | 2432   |
        | 66752  |

  @HK-004 @level:must @profile:core @source:decided
  Rule: HK-004 Keys come back byte for byte
    `fetchHybridKey` MUST return the key exactly as it was uploaded.

    Scenario: There and back
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key

    Scenario: A key that ends in zeros
      Given Alice has uploaded a hybrid key that ends in zeros
      Then Bob fetches Alice's last hybrid key

  @HK-005 @level:must @profile:core @source:decided
  Rule: HK-005 The last upload wins
    `fetchHybridKey` MUST return the key of the last `uploadHybridKey` for that identity that was answered without an
    error.

    Scenario: Two uploads
      Given Alice has uploaded a hybrid key
      And Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key

    Scenario: Three uploads with look-ups between them
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key

    @needs:accounts
    Scenario: Two uploads, from two devices
      Given Alice is on a device of her own
      And Alice has uploaded a hybrid key
      And Alice is on a device of her own
      And Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key
      And Alice fetches Alice's last hybrid key

    @profile:opaque
    Scenario: Looked for before it was there
      Given Carol has registered
      And Carol logs in
      When Bob looks for Carol's hybrid key
      And Carol publishes her hybrid key
      Then Bob finds Carol's hybrid key

  @HK-006 @level:must @profile:core @source:decided
  Rule: HK-006 A key stays
    `fetchHybridKey` MUST leave the key in place, for every later caller.

    Scenario: Many look-ups
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's last hybrid key
      And Bob fetches Alice's last hybrid key
      And Mallory fetches Alice's last hybrid key
      And Alice fetches Alice's last hybrid key

    Scenario: Its owner is gone
      Given Alice has uploaded a hybrid key
      And Alice connects anew
      Then Bob fetches Alice's last hybrid key

  @HK-007 @level:must @profile:core @source:decided
  Rule: HK-007 No key is an empty answer
    `fetchHybridKey` MUST return an empty key, and no error, for an identity that has uploaded none.

    Scenario: A stranger has none
      When Alice calls fetchHybridKey with a stranger's key as identityKey
      Then the call succeeds
      And the returned hybrid key is empty

  @HK-008 @level:must @profile:core @source:decided
  Rule: HK-008 Identities are kept apart
    A server MUST keep one key for each identity, and keep it apart from the keys of other identities and from
    KeyPackages.

    Scenario: Two identities
      Given Alice has uploaded a hybrid key
      And Bob has uploaded a hybrid key
      Then Mallory fetches Alice's last hybrid key
      And Mallory fetches Bob's last hybrid key

    Scenario: KeyPackages and hybrid keys
      Given Alice has no KeyPackages
      And Alice has uploaded a hybrid key
      Then no KeyPackage of Alice is left
      Given Alice has uploaded 1 KeyPackage
      Then Bob fetches Alice's last hybrid key
      Given Alice has uploaded a hybrid key
      Then Bob fetches Alice's KeyPackages in order
      And Bob fetches Alice's last hybrid key

    Scenario Outline: An identity whose key is Alice's <change>
      Given Alice has uploaded a hybrid key
      When Bob calls fetchHybridKey with Alice's key <change> as identityKey
      Then the returned hybrid key is empty
      And Bob fetches Alice's last hybrid key

      Examples:
        | change                                 |
        | with its last bit flipped              |
        | changed so that lossy text is the same |

    Scenario: Uploads and look-ups of several people at once
      When Alice, Bob and Mallory upload hybrid keys at once
      Then Bob finds the hybrid keys of Alice, Bob and Mallory by 4 look-ups each at once
