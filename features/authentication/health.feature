Feature: Health

  @AUTH-017 @level:must @profile:core @source:stated
  Rule: AUTH-017 Health needs no token
    A server MUST answer `health`, which has no `auth`, with a Text and without an error while it serves, also as the
    first call of a session.

    Scenario: The first call of a session
      When Alice calls health
      Then the call succeeds

    @needs:accounts
    Scenario: After a refused call
      Given everyone shares one session
      When Alice calls fetch with an unknown token
      Then the call fails with E003
      When Alice calls health
      Then the call succeeds
