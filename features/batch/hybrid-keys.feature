Feature: Looking up many hybrid keys

  @BAT-001 @level:must @profile:batch @source:decided
  Rule: BAT-001 Keys come in the order of the request
    `fetchHybridKeys` MUST return one entry for each of the `identityKeys`, in their order, with what `fetchHybridKey`
    would return for it: the last key, or empty Data where there is none.

    Scenario Outline: <people>
      Given Alice has uploaded a hybrid key
      And Bob has uploaded a hybrid key
      And Mallory has uploaded a hybrid key
      Then Mallory fetches the last hybrid keys of <people> by one call

      Examples:
        | people                                    |
        | Alice                                     |
        | Alice, Bob and Mallory                    |
        | Mallory, Bob and Alice                    |
        | Bob, Alice, Bob and Bob                   |
        | a stranger and Alice                      |
        | Bob, a stranger and Alice                 |
        | Alice, a stranger                         |
        | a stranger, Alice, a stranger, a stranger |
        | a stranger                                |

    Scenario: The last upload wins here too
      Given Alice has uploaded a hybrid key
      And Bob has uploaded a hybrid key
      Then Bob fetches the last hybrid keys of Alice and Bob by one call
      Given Alice has uploaded a hybrid key
      Then Bob fetches the last hybrid keys of Alice and Bob by one call

    Scenario: A key that ends in zeros
      Given Alice has uploaded a hybrid key that ends in zeros
      Then Bob fetches the last hybrid keys of a stranger, Alice by one call

    @profile:opaque
    Scenario: Looked for before it was there
      Given Carol has registered
      And Carol logs in
      When Bob looks for Carol's hybrid key by a batch
      And Carol publishes her hybrid key
      Then Bob finds Carol's hybrid key by a batch

    Scenario: The last of many
      Given Bob has uploaded a hybrid key
      When Alice asks for many hybrid keys, and Bob's is the last that is allowed
      Then the last entry is Bob's last hybrid key

    Scenario: Several calls at once
      When Alice, Bob and Mallory upload hybrid keys at once
      Then Bob finds the hybrid keys of Alice, Bob and Mallory, in either order, by 6 calls each at once

    Scenario: One key as often as is allowed
      Given Bob has uploaded a hybrid key
      When Alice asks for Bob's hybrid key as often as is allowed
      Then each entry is Bob's last hybrid key

  @BAT-002 @level:must @profile:batch @source:decided
  Rule: BAT-002 Keys stay where they are
    `fetchHybridKeys` MUST leave every key in place.

    Scenario: Asked for again and again
      Given Alice has uploaded a hybrid key
      And Bob has uploaded a hybrid key
      Then Mallory fetches the last hybrid keys of Alice and Bob by one call
      And Alice fetches the last hybrid keys of Bob and Alice by one call
      And Mallory fetches Alice's last hybrid key
      And Mallory fetches Bob's last hybrid key

  @BAT-003 @level:must @profile:batch @source:decided
  Rule: BAT-003 Identity keys have 32 bytes
    A server MUST answer E004 to `fetchHybridKeys` when one of the `identityKeys` is not 32 bytes long.

    Scenario Outline: A key of <length> bytes <place> the others
      When Alice calls fetchHybridKeys with a key of <length> bytes <place> the identityKeys
      Then the call fails with E004

      Examples:
        | length | place       |
        | 0      | among       |
        | 31     | among       |
        | 33     | among       |
        | 64     | among       |
        | 288    | among       |
        | 31     | first among |
        | 33     | first among |
        | 31     | in the middle of |
        | 33     | in the middle of |

  @BAT-004 @level:should @profile:batch @source:decided
  Rule: BAT-004 A look-up has an end
    `fetchHybridKeys` SHOULD take as many keys as its limit, 256 by default, and answer E020 to more.

    Scenario: As many as are allowed
      When Alice asks for as many hybrid keys as are allowed
      Then the call succeeds
      And an entry is returned for each key that was asked for

    Scenario: One more
      When Alice asks for one hybrid key more than is allowed
      Then the call fails with E020

  @BAT-005 @level:must @profile:batch @source:decided
  Rule: BAT-005 Nobody's keys are an empty list
    A server MUST answer `fetchHybridKeys` without `identityKeys` with an empty list or with E020.

    Scenario: No keys
      When Alice calls fetchHybridKeys with no identityKeys
      Then it is refused with E020, or an empty list is returned
