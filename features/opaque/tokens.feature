Feature: Session tokens

  @OPQ-004 @level:must @profile:opaque @source:decided
  Rule: OPQ-004 A session token is a bearer token
    A server MUST accept the token that `opaqueLoginFinish` returned as `accessToken` of `auth` version 1, for the
    identity key of the registration and no other.

    Scenario: One's own queue, and nobody else's
      Given Carol has registered
      And Dave has registered
      When Carol logs in
      And Dave logs in
      Then Carol's token opens Carol's queue
      And Dave's token opens Dave's queue
      And Carol's token does not open Dave's queue
      And Dave's token does not open Carol's queue

    Scenario: On every method
      Given Carol has registered
      When Carol logs in
      Then Carol's token is taken by every method that is offered

    Scenario: The connection of the login is gone
      Given Carol has registered
      When Carol logs in
      And Carol leaves
      Then Carol's token opens Carol's queue

    Scenario: Nothing is published for anybody else
      Given Carol has registered
      And Dave has registered
      When Carol logs in
      Then Carol's token publishes nothing for Dave

  @OPQ-005 @level:should @profile:opaque @source:decided
  Rule: OPQ-005 Tokens cannot be guessed
    Each login SHOULD return a new token of 32 random bytes.

    Scenario: Three logins
      Given Carol has registered
      When Carol logs in
      And Carol logs in
      And Carol logs in on a new connection
      Then Carol's tokens are 3 different ones of 32 bytes

  @OPQ-028 @level:must @profile:opaque @source:decided
  Rule: OPQ-028 Tokens cannot be computed
    A server MUST make session tokens of secret randomness: nobody can compute one from what is public, such as user names,
    identity keys, times and counters, nor from other tokens.

    Scenario: The tokens of eight users
      Given 8 users have registered
      When each of them logs in
      Then none of the tokens is made of names, keys, times and counters
      And the tokens vary in at least 45 bits

    Scenario: Eight tokens of one user
      Given Carol has registered
      When Carol logs in 8 times
      Then none of the tokens is made of names, keys, times and counters
      And the tokens vary in at least 45 bits, if they are different

  @OPQ-006 @level:should @profile:opaque @source:decided
  Rule: OPQ-006 A login leaves earlier tokens alone
    A session token SHOULD stay valid when its user logs in again.

    Scenario: Two logins
      Given Carol has registered
      When Carol logs in
      And Carol logs in on a new connection
      Then Carol's first token still opens Carol's queue

  @OPQ-020 @level:must @profile:opaque @source:decided
  Rule: OPQ-020 A login is for the registered identity
    `opaqueLoginFinish` MUST NOT return a token that stands for another identity than that of the registration,
    whatever its `identityKey`; when the two differ the server SHOULD answer E016.

    Scenario: Somebody else's identity key
      Given Carol has registered
      And Dave has registered
      When Carol begins a login
      And Carol finishes the login with Dave's identity key
      Then nothing was returned that opens Dave's queue

    Scenario: An identity key that nobody has registered
      Given Carol has registered
      When Carol begins a login
      And Carol finishes the login with Dave's identity key
      Then nothing was returned that opens Dave's queue
