Feature: Endpoints

  @EP-001 @level:must @profile:p2p @source:decided
  Rule: EP-001 Identity keys have 32 bytes
    A server MUST answer E004 to `publishEndpoint` and `resolveEndpoint` with an `identityKey` that is not 32 bytes
    long.

    Scenario Outline: Resolving for an identity key of <length> bytes
      When Alice calls resolveEndpoint with an identityKey of <length> bytes
      Then the call fails with E004

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

    Scenario Outline: Publishing for an identity key of <length> bytes
      When Alice calls publishEndpoint with an identityKey of <length> bytes
      Then the call fails with E004 or E016

      Examples:
        | length |
        | 0      |
        | 31     |
        | 33     |
        | 64     |
        | 288    |

  @EP-002 @level:must @profile:p2p @source:decided
  Rule: EP-002 Endpoints come back byte for byte
    `resolveEndpoint` MUST return the `nodeAddr` exactly as it was published, and a server take any bytes for one.

    Scenario Outline: <content>
      When Alice publishes <content> as endpoint
      Then the call succeeds
      And Bob resolves Alice's last endpoint

      Examples:
        | content                   |
        | some text                 |
        | every byte value          |
        | bytes that begin in zeros |
        | bytes that end in zeros   |
        | 64 zero bytes             |

  @EP-003 @level:must @profile:p2p @source:decided
  Rule: EP-003 The last one wins
    `resolveEndpoint` MUST return the `nodeAddr` of the last `publishEndpoint` for that identity that was answered
    without an error.

    Scenario: Published three times
      Given Alice has published an endpoint
      And Alice has published an endpoint
      Then Bob resolves Alice's last endpoint
      Given Alice has published an endpoint
      Then Bob resolves Alice's last endpoint

    @needs:accounts
    Scenario: Published twice, from two devices
      Given Alice is on a device of her own
      And Alice has published an endpoint
      And Alice is on a device of her own
      And Alice has published an endpoint
      Then Bob resolves Alice's last endpoint

    @profile:opaque
    Scenario: Looked for before it was there
      Given Carol has registered
      And Carol logs in
      When Bob looks for Carol's endpoint
      And Carol publishes her endpoint
      Then Bob finds Carol's endpoint

    Scenario: A shorter one after a longer one
      When Alice publishes every byte value as endpoint
      And Alice publishes one zero byte as endpoint
      Then Bob resolves Alice's last endpoint

  @EP-004 @level:must @profile:p2p @source:decided
  Rule: EP-004 An endpoint stays
    `resolveEndpoint` MUST leave the endpoint in place, for every later caller.

    Scenario: Resolved again and again
      Given Alice has published an endpoint
      Then Bob resolves Alice's last endpoint
      And Mallory resolves Alice's last endpoint
      And Bob resolves Alice's last endpoint
      And Alice resolves Alice's last endpoint

    Scenario: Its owner is gone
      Given Alice has published an endpoint
      And Alice connects anew
      Then Bob resolves Alice's last endpoint

  @EP-005 @level:should @profile:p2p @source:decided
  Rule: EP-005 No endpoint is an empty answer
    `resolveEndpoint` SHOULD return an empty `nodeAddr`, and no error, for an identity that has published none.

    Scenario: A stranger has none
      When Alice calls resolveEndpoint with a stranger's key as identityKey
      Then the call succeeds
      And the returned endpoint is empty

  @EP-006 @level:must @profile:p2p @source:decided
  Rule: EP-006 Identities are kept apart
    A server MUST keep one endpoint for each identity, and keep it apart from those of other identities and from their
    keys.

    Scenario: Two identities
      Given Alice has published an endpoint
      And Bob has published an endpoint
      Then Mallory resolves Alice's last endpoint
      And Mallory resolves Bob's last endpoint

    Scenario: An endpoint is no key
      Given Alice has uploaded a hybrid key
      And Alice has no KeyPackages
      And Alice has published an endpoint
      Then Bob fetches Alice's last hybrid key
      And no KeyPackage of Alice is left
      Given Alice has uploaded a hybrid key
      And Alice has uploaded 1 KeyPackage
      Then Bob resolves Alice's last endpoint
      Given Alice has published an endpoint
      Then Bob fetches Alice's KeyPackages in order

    Scenario Outline: An identity whose key is Alice's <change>
      Given Alice has published an endpoint
      When Bob calls resolveEndpoint with Alice's key <change> as identityKey
      Then no endpoint is returned
      And Bob resolves Alice's last endpoint

      Examples:
        | change                                 |
        | with its last bit flipped              |
        | changed so that lossy text is the same |

    Scenario: Several people at once
      When Alice, Bob and Mallory publish endpoints at once
      Then Bob finds the endpoints of Alice, Bob and Mallory by 4 look-ups each at once

  @EP-007 @level:must @profile:p2p @source:decided
  Rule: EP-007 Endpoints up to the limit
    A server MUST accept a `nodeAddr` of 1 byte up to its limit, 4 KiB by default.

    Scenario Outline: <content>
      When Alice publishes <content> as endpoint
      Then the call succeeds
      And Bob resolves Alice's last endpoint

      Examples:
        | content                      |
        | one zero byte                |
        | as many bytes as are allowed |

  @EP-008 @level:should @profile:p2p @source:decided
  Rule: EP-008 Others are refused
    A server SHOULD answer E020 to a `nodeAddr` that is empty or over its limit, and keep the endpoint that it had.

    Scenario: Empty
      Given Alice has published an endpoint
      When Alice calls publishEndpoint with a nodeAddr of 0 bytes
      Then the call fails with E020
      And Bob resolves Alice's last endpoint

    Scenario: One byte more than is allowed
      Given Alice has published an endpoint
      When Alice publishes one byte more than is allowed as endpoint
      Then the call fails with E020
      And Bob resolves Alice's last endpoint
