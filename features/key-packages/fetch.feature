Feature: Fetching KeyPackages

  @KP-005 @level:must @profile:core @source:stated
  Rule: KP-005 Packages come back byte for byte
    A server MUST return a package exactly as it was uploaded, and take any bytes for one.

    Scenario Outline: <content> as package
      Given Alice has no KeyPackages
      When Alice uploads as KeyPackage <content>
      Then the call succeeds
      And Bob fetches Alice's KeyPackages in order

      Examples:
        | content                   |
        | some text                 |
        | every byte value          |
        | bytes that begin in zeros |
        | bytes that end in zeros   |
        | 64 zero bytes             |
        | 7 random bytes            |
        | 8 random bytes            |
        | 9 random bytes            |
        | 5,000 random bytes        |
        | 65,535 random bytes       |
        | 65,536 random bytes       |
        | 70,000 random bytes       |

  @KP-006 @level:must @profile:core @source:decided
  Rule: KP-006 A package is given out once
    `fetchKeyPackage` MUST remove the package that it returns, whoever fetches it.

    Scenario: Others fetch the same identity's packages
      Given Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      Then Bob fetches Alice's KeyPackages in order
      And no KeyPackage of Alice is left

    Scenario: One package for each fetch
      Given Alice has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      Then Bob fetches Alice's next KeyPackage
      And Mallory fetches Alice's next KeyPackage
      And no KeyPackage of Alice is left

    Scenario: The owner uses one up too
      Given Alice has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      Then Alice fetches Alice's next KeyPackage
      And Bob fetches Alice's next KeyPackage
      And no KeyPackage of Alice is left

  @KP-007 @level:must @profile:core @source:decided
  Rule: KP-007 The oldest goes first
    `fetchKeyPackage` MUST return the package that was uploaded first among those that are left.

    Scenario: Oldest first
      Given Alice has no KeyPackages
      And Alice has uploaded 5 KeyPackages
      Then Bob fetches Alice's KeyPackages in order

    Scenario: Uploads between the fetches
      Given Alice has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      Then Bob fetches Alice's next KeyPackage
      Given Alice has uploaded 2 KeyPackages
      Then Bob fetches Alice's next KeyPackage
      And Bob fetches Alice's next KeyPackage
      Given Alice has uploaded 1 KeyPackage
      Then Bob fetches Alice's KeyPackages in order

    @needs:accounts
    Scenario: Uploaded from two devices, fetched from a third
      Given Alice is on a device of her own
      And Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      And Alice is on a device of her own
      And Alice has uploaded 2 KeyPackages
      And Bob is on a device of her own
      Then Bob fetches Alice's KeyPackages in order

    Scenario: Many wait
      Given Alice has no KeyPackages
      And Alice has uploaded 60 KeyPackages
      Then Bob fetches Alice's KeyPackages in order

  @KP-008 @level:must @profile:core @source:decided
  Rule: KP-008 Fetches at once share nothing
    Among fetches that run at the same time, a server MUST give each package to exactly one and lose none.

    Scenario: More fetches at once than packages
      Given Alice has no KeyPackages
      And Alice has uploaded 12 KeyPackages
      When Bob and Mallory fetch Alice's KeyPackages with 20 calls at once
      Then each of Alice's KeyPackages is in exactly one answer
      And no KeyPackage of Alice is left

    Scenario: One package, many fetches at once
      Given Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      When Bob and Mallory fetch Alice's KeyPackages with 16 calls at once
      Then each of Alice's KeyPackages is in exactly one answer

  @KP-009 @level:must @profile:core @source:decided
  Rule: KP-009 None left is an empty answer
    `fetchKeyPackage` MUST return an empty `package`, and no error, for an identity without packages.

    Scenario: A stranger has none
      When Alice calls fetchKeyPackage with a stranger's key as identityKey
      Then the call succeeds
      And the returned package is empty

    Scenario Outline: A stranger whose key <which> with a zero has none
      When Alice calls fetchKeyPackage with a stranger's key that <which> with a zero as identityKey
      Then the call succeeds
      And the returned package is empty

      Examples:
        | which  |
        | begins |
        | ends   |

    Scenario: None is left
      Given Alice has no KeyPackages
      When Bob calls fetchKeyPackage
      Then the call succeeds
      And the returned package is empty

  @KP-010 @level:must @profile:core @source:stated
  Rule: KP-010 Identities are kept apart
    `fetchKeyPackage` MUST return only packages that were uploaded for exactly that `identityKey`.

    Scenario: Two identities
      Given Alice has no KeyPackages
      And Bob has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      And Bob has uploaded 2 KeyPackages
      Then Mallory fetches Bob's KeyPackages in order
      And Mallory fetches Alice's KeyPackages in order

    Scenario: Only one of two has packages
      Given Alice has no KeyPackages
      And Bob has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      Then no KeyPackage of Bob is left
      And Mallory fetches Alice's KeyPackages in order

    Scenario Outline: An identity whose key is Alice's <change>
      Given Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      When Bob calls fetchKeyPackage with Alice's key <change> as identityKey
      Then the returned package is empty
      And Bob fetches Alice's KeyPackages in order

      Examples:
        | change                                 |
        | with its last bit flipped              |
        | changed so that lossy text is the same |

    Scenario: Uploads and fetches of two identities at once
      Given Alice has no KeyPackages
      And Bob has no KeyPackages
      When Alice and Bob upload 6 KeyPackages each at once
      Then Mallory gets the KeyPackages of Alice and Bob by 6 fetches each at once
