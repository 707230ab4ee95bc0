Feature: Uploading KeyPackages

  @KP-001 @level:must @profile:core @source:stated
  Rule: KP-001 Identity keys have 32 bytes
    A server MUST answer E004 to `uploadKeyPackage` and `fetchKeyPackage` with an `identityKey` that is not 32 bytes
    long.

    Scenario Outline: Looking up an identity key of <length> bytes
      When Alice calls fetchKeyPackage with an identityKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

    Scenario Outline: Uploading for an identity key of <length> bytes
      When Alice calls uploadKeyPackage with an identityKey of <length> bytes
      Then the call fails with E004 or E016

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

  @KP-002 @level:must @profile:core @source:stated
  Rule: KP-002 Packages are not empty
    A server MUST answer E007 to `uploadKeyPackage` with an empty `package`, and store nothing.

    Scenario: An empty package
      Given Alice has no KeyPackages
      When Alice calls uploadKeyPackage with a package of 0 bytes
      Then the call fails with E007
      And no KeyPackage of Alice is left

  @KP-003 @level:must @profile:core @source:stated
  Rule: KP-003 Packages up to the limit
    A server MUST accept a `package` of 1 byte up to its limit, 1 MiB by default, and answer E008 to a longer one.

    Scenario: A package at the limit
      Given Alice has no KeyPackages
      When Alice uploads as KeyPackage as many bytes as are allowed
      Then the call succeeds
      And Bob fetches Alice's KeyPackages in order

    Scenario: One byte more
      Given Alice has no KeyPackages
      When Alice uploads as KeyPackage one byte more than is allowed
      Then the call fails with E008
      And no KeyPackage of Alice is left

    Scenario: A package of one byte
      Given Alice has no KeyPackages
      When Alice uploads as KeyPackage one zero byte
      Then the call succeeds
      And Bob fetches Alice's KeyPackages in order

  @KP-004 @level:must @profile:core @source:stated
  Rule: KP-004 The fingerprint is the SHA-256
    `uploadKeyPackage` MUST return the SHA-256 of the package's bytes, 32 bytes, as `fingerprint`.

    Scenario Outline: The fingerprint of <content>
      Given Alice has no KeyPackages
      When Alice uploads as KeyPackage <content>
      Then the fingerprint is the SHA-256 of the package

      Examples:
        | content                       |
        | some text                     |
        | one zero byte                 |
        | every byte value              |
        | bytes that end in zeros       |
        | 5,000 random bytes            |
        | 70,000 random bytes           |
        | bytes whose SHA-256 begins with a zero |
        | bytes whose SHA-256 ends with a zero   |

    Scenario: Uploads of two people at once
      Given Alice has no KeyPackages
      And Bob has no KeyPackages
      When Alice and Bob upload 6 KeyPackages each at once
      Then each fingerprint is the SHA-256 of its package

  @KP-012 @level:should @profile:core @source:decided
  Rule: KP-012 A store that is full keeps what it has
    A server that keeps a limited number of packages of an identity SHOULD answer E015 to an upload beyond it, and keep
    those that wait, in their order.

    Scenario: Up to the limit and one more
      Given the target keeps 1000 KeyPackages of an identity at most
      And Alice has no KeyPackages
      When Alice uploads KeyPackages up to the limit and one more
      Then the call fails with E015
      And Bob fetches Alice's KeyPackages in order

  @KP-013 @level:must @profile:core @source:decided
  Rule: KP-013 Uploads at once lose nothing
    A server MUST keep every package whose upload it answers without an error, also when several of one identity are uploaded
    at the same time, or while others are fetched.

    Scenario: Sixteen at once
      Given Alice has no KeyPackages
      When Alice uploads 16 KeyPackages at once
      Then each of Alice's KeyPackages is given out once

    Scenario: The owner is away
      Given Alice has no KeyPackages
      And Alice has uploaded 3 KeyPackages
      When Alice leaves
      Then Bob fetches Alice's KeyPackages in order

    @needs:accounts
    Scenario: Two people upload the same bytes
      Given Alice has no KeyPackages
      And Bob has no KeyPackages
      When Alice uploads as KeyPackage some text
      Then the call succeeds
      When Bob uploads as KeyPackage some text
      Then the call succeeds
      And Mallory fetches Alice's KeyPackages in order
      And Mallory fetches Bob's KeyPackages in order

    Scenario: Uploads while others fetch
      Given Alice has no KeyPackages
      When Alice uploads 16 KeyPackages at once while Bob fetches them with 12 calls
      Then each of Alice's KeyPackages is given out once
