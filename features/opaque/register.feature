Feature: Registering with OPAQUE

  @OPQ-024 @level:should @profile:opaque @source:decided
  Rule: OPQ-024 Who takes no registrations says so
    A server that offers OPAQUE SHOULD register new users, or answer `opaqueRegisterStart` and `opaqueRegisterFinish`
    as not offered, with an exception of type `unimplemented`.

    Scenario: Somebody new
      When Carol tries to register
      Then Carol is registered, or registrations are not offered

  @OPQ-012 @level:must @profile:opaque @source:stated
  Rule: OPQ-012 A name is taken once
    A server MUST answer E018 to the registration of a user name that is registered, at its start or its finish, and
    keep the registration that it has.

    Scenario: A second registration
      Given Carol has registered
      When somebody registers as Carol with another password and identity
      Then the call fails with E018

    Scenario: The first registration stays
      Given Carol has registered
      When somebody registers as Carol with another password and identity
      And Carol logs in
      Then Carol's token opens Carol's queue

    Scenario Outline: A registration of the same name <change>
      Given Carol's name has <characters>
      And Carol has registered, if the target takes such a name
      When Dave registers under Carol's name <change>
      And Carol logs in
      Then Carol's token opens Carol's queue

      Examples:
        | characters           | change                   |
        | small letters        | in capital letters       |
        | capital letters      | in small letters         |
        | small letters        | and a space              |
        | small letters        | behind a space           |
        | many letters         | with another last letter |
        | letters beyond ASCII | with another accent      |
        | letters beyond ASCII | with letters in pieces   |

  @OPQ-013 @level:must @profile:opaque @source:decided
  Rule: OPQ-013 A name is taken once at the same time
    When several registrations of one user name are finished at the same time, a server MUST accept exactly one of them
    and answer E018 to the others.

    Scenario: Four at once
      When 4 people register as Carol at once
      Then one of them is registered, and the others are refused with E018
      When Carol logs in
      Then Carol's token opens Carol's queue

  @OPQ-021 @level:should @profile:opaque @source:decided
  Rule: OPQ-021 Identities of others cannot be registered
    A server SHOULD refuse `opaqueRegisterFinish` with an identity key that belongs to another account, with E016 by
    preference.

    Scenario: The identity key of a user
      Given Carol has registered
      When Dave registers with Carol's identity key
      Then the call fails with E016 or E018 or E020

    @needs:accounts
    Scenario: The identity key of an account
      Given Carol has registered
      When Dave registers with Alice's identity key
      Then the call fails with E016 or E018 or E020

  @OPQ-029 @level:should @profile:opaque @source:decided
  Rule: OPQ-029 Names are compared as bytes
    A server SHOULD take user names that differ in a byte of their UTF-8 for the names of different users, and answer E020 to
    a name that it does not take.

    Scenario Outline: The same name <change>
      Given Carol's name has <characters>
      And Carol has registered, if the target takes such a name
      When Dave registers under Carol's name <change>
      Then Dave is somebody else than Carol, or such a name is not taken

      Examples:
        | characters           | change                   |
        | small letters        | in capital letters       |
        | small letters        | and a space              |
        | small letters        | behind a space           |
        | small letters        | and a zero byte          |
        | many letters         | with another last letter |
        | letters beyond ASCII | with another accent      |
        | letters beyond ASCII | with letters in pieces   |
