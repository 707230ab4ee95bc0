@subject:client
Feature: Passwords that the server never sees

  @OPQ-001 @level:must @profile:opaque @source:decided
  Rule: OPQ-001 Passwords are stretched in one way
    A client MUST stretch the password with Argon2id: 19,456 KiB of memory, 2 iterations, 1 lane, a salt of 16 zero
    bytes, 64 bytes of output.

    Scenario: An account that the client makes
      Given the client has made an account
      Then the account opens with its password

    Scenario: An account that another client has made
      Given the client has an account that another client has made
      When the client logs in
      Then it succeeds

  @CLI-031 @level:should @profile:opaque @source:decided
  Rule: CLI-031 Logging in
    A client that offers OPAQUE SHOULD log in by `login --username NAME`, make the account first with
    `--register`, and take the password from the first line of `--password-file FILE` or from
    `QUICNPROTOCHAT_PASSWORD`.

    Scenario Outline: The password is in <source>
      When the client makes an account with its password from <source>
      Then it succeeds
      When the client logs in with its password from <source>
      Then it succeeds

      Examples:
        | source          |
        | a file          |
        | the environment |

    Scenario: For scripts
      Given the client has made an account
      When the client logs in with "--json"
      Then it succeeds
      And it writes objects of type "logged-in" with "username identityKey"

  @CLI-032 @level:must @profile:opaque @source:decided
  Rule: CLI-032 A server never sees a password
    A client MUST NOT send a password.

    Scenario: Registering and logging in
      When the client makes an account
      And the client logs in
      Then the server has not seen the password

  @CLI-033 @level:must @profile:opaque @source:decided
  Rule: CLI-033 Whom the token of a login is for
    A client that has logged in MUST show the session token with its calls to that server, where no other
    token is given, and to no other server.

    Scenario: That server
      Given the client has made an account
      When the client runs "register-state" without a token
      Then it succeeds
      And every call that wants it showed the token of the login
      And the account is of the identity of its KeyPackages

    Scenario: Another server
      Given the client has made an account
      When the client runs "register-state" at another server
      Then that server has seen no token of a login

  @CLI-034 @level:must @profile:opaque @source:decided
  Rule: CLI-034 A server that does not know the account
    A client MUST fail, and send no `opaqueLoginFinish`, when the answer to `opaqueLoginStart` does not show
    that the server has the registration of this user and password (RFC 9807 section 6.4.4).

    Scenario Outline: The server answers with <answer>
      Given the client has an account that another client has made
      And the server answers logins with <answer>
      When the client logs in
      Then it fails
      And the server was not called by opaqueLoginFinish

      Examples:
        | answer                            |
        | random bytes                      |
        | its last bit flipped              |
        | what it makes of another password |

    Scenario: The password is wrong
      Given the client has an account that another client has made
      When the client logs in with a wrong password
      Then it fails
      And the server was not called by opaqueLoginFinish
