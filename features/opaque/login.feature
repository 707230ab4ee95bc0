Feature: Logging in with OPAQUE

  @OPQ-002 @level:must @profile:opaque @source:decided
  Rule: OPQ-002 Who has registered can log in
    A user whose registration was answered with `success` MUST be able to log in with the same password, on any
    connection and more than once.

    Scenario: A login
      Given Carol has registered
      When Carol logs in
      Then Carol's token opens Carol's queue

    Scenario: On another connection, and again
      Given Carol has registered
      When Carol logs in on a new connection
      And Carol logs in
      And Carol logs in on a new connection
      Then Carol's token opens Carol's queue

    Scenario: After a wrong password
      Given Carol has registered
      When Carol begins a login with a wrong password
      And Carol finishes the login with a message of random bytes
      Then the call fails with E010
      When Carol logs in
      Then Carol's token opens Carol's queue

    Scenario Outline: A name with <characters>
      Given Carol's name has <characters>
      And Carol has registered, if the target takes such a name
      When Carol logs in
      And Carol logs in on a new connection
      Then Carol's token opens Carol's queue

      Examples:
        | characters                          |
        | capital letters                     |
        | spaces around it                    |
        | many letters                        |
        | letters beyond ASCII                |
        | letters beyond ASCII, in two pieces |

    Scenario: A password that is not ASCII
      Given Carol's password is not ASCII
      And Carol has registered
      When Carol logs in
      Then Carol's token opens Carol's queue

    Scenario: Two who have registered at once
      When Carol and Dave register at once
      And Carol logs in
      And Dave logs in
      Then Carol's token opens Carol's queue
      And Dave's token opens Dave's queue

  @OPQ-007 @level:must @profile:opaque @source:decided
  Rule: OPQ-007 No token without the password
    A server MUST answer E010 to `opaqueLoginFinish` whose `finalization` is not the KE3 that belongs to the login that
    was begun.

    Scenario Outline: <fault>
      Given Carol has registered
      When Carol begins a login
      And Carol finishes the login with <fault>
      Then the call fails with E010
      And no token is returned

      Examples:
        | fault                                   |
        | a message of random bytes               |
        | a message of zeros                      |
        | a message with its last bit flipped     |
        | a message with its first bit flipped    |

    Scenario: A wrong password
      Given Carol has registered
      When Carol begins a login with a wrong password
      And Carol finishes the login with a message of random bytes
      Then the call fails with E010
      And no token is returned

    Scenario: The message of an earlier login
      Given Carol has registered
      When Carol logs in
      And Carol begins a login
      And Carol finishes the login with the message of the login before
      Then the call fails with E010
      And no token is returned

    Scenario: Somebody else's message
      Given Carol has registered
      And Dave has registered
      When Dave begins a login
      And Carol begins a login
      And Carol finishes the login with the message of Dave
      Then the call fails with E010
      And no token is returned

  @OPQ-008 @level:must @profile:opaque @source:decided
  Rule: OPQ-008 Unknown users are answered like others
    A server MUST answer `opaqueLoginStart` for a user name that nobody has registered with a response of the same
    length as for one that somebody has, and the `opaqueLoginFinish` after it with E010, as for a wrong password.

    Scenario: An unknown user begins a login
      When Carol begins a login
      Then the call succeeds
      And the returned response has 320 bytes

    Scenario Outline: An unknown user finishes a login with <fault>
      When Carol begins a login
      Then the call succeeds
      When Carol finishes the login with <fault>
      Then the call fails with E010
      And no token is returned

      Examples:
        | fault                     |
        | a message of random bytes |
        | a message of zeros        |

  @OPQ-009 @level:should @profile:opaque @source:decided
  Rule: OPQ-009 Nothing else tells unknown users apart
    For an unknown user the evaluated element, the first 32 bytes of the response, SHOULD be the same for the same
    request, as it is for a known one, and the reason of the refusal too.

    Scenario: An unknown user, twice
      When Carol begins a login twice with the same message
      Then the two answers begin with the same 32 bytes

    Scenario: A known user, twice
      Given Carol has registered
      When Carol begins a login twice with the same message
      Then the two answers begin with the same 32 bytes

    Scenario: The reasons
      Given Carol has registered
      When Carol begins a login
      And Carol finishes the login with a message of random bytes
      Then the reason is noted
      When Dave begins a login
      And Dave finishes the login with a message of random bytes
      Then the reason is noted
      And the noted reasons are the same

  @OPQ-014 @level:must @profile:opaque @source:stated
  Rule: OPQ-014 A login begins before it is finished
    A server MUST answer E019 to `opaqueLoginFinish` of a user for whom no login was begun.

    Scenario: A user who has registered
      Given Carol has registered
      When Carol finishes a login that was not begun
      Then the call fails with E019
      And no token is returned

    Scenario: Somebody else has begun a login
      Given Carol has registered
      When Dave begins a login
      And Carol finishes a login that was not begun
      Then the call fails with E019
      And no token is returned

    Scenario: Somebody else has begun a login on the session
      Given Carol has registered
      And Dave has registered
      When Dave begins a login
      And Carol finishes the login of Dave
      Then the call fails with E019
      And no token is returned

  @OPQ-015 @level:must @profile:opaque @source:decided
  Rule: OPQ-015 A login is finished once
    A server MUST answer E010 or E019 to an `opaqueLoginFinish` that repeats one that has returned a token.

    Scenario: Again on the same session
      Given Carol has registered
      When Carol logs in
      Then Carol's token opens Carol's queue
      When Carol finishes the login with the message of the login before
      Then the call fails with E010 or E019
      And no token is returned

    Scenario: All messages of the login again
      Given Carol has registered
      When Carol logs in
      And the messages of Carol's login are sent again on another connection
      Then the call fails with E010 or E019
      And no token is returned

  @OPQ-022 @level:must @profile:opaque @source:decided
  Rule: OPQ-022 Logins do not disturb each other
    A login that one user has begun MUST NOT keep another user from finishing theirs.

    Scenario: Two users at once
      Given Carol has registered
      And Dave has registered
      When Carol begins a login
      And Dave begins a login
      And Carol finishes the login
      Then Carol's token opens Carol's queue
      When Dave finishes the login
      Then Dave's token opens Dave's queue
      And Dave's token does not open Carol's queue

    Scenario: Two users in the same moment
      Given Carol has registered
      And Dave has registered
      When Carol and Dave log in at once
      Then Carol's token opens Carol's queue
      And Dave's token opens Dave's queue
      And Carol's token does not open Dave's queue
      And Dave's token does not open Carol's queue

  @OPQ-023 @level:should @profile:opaque @source:decided
  Rule: OPQ-023 Nor do two logins of one user
    A login that is begun on one session SHOULD NOT end one of the same user on another.

    Scenario: Somebody else begins a login by the same name
      Given Carol has registered
      When Carol begins a login
      And Carol begins a login on another connection
      And Carol finishes the login
      Then the call succeeds
      And Carol's token opens Carol's queue
