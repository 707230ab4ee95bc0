@subject:client
Feature: The command line of a client

  @CLI-001 @level:must @profile:core @source:stated
  Rule: CLI-001 Subcommands
    A client's command line MUST have `ping`, `register`, `register-state`, `fetch-key`, `create-group`,
    `invite`, `join`, `send`, `recv` with `--stream`, and `demo-group`.

    Scenario: ping
      When the client runs "ping"
      Then it succeeds
      And the server was called by health

    Scenario: register
      When the client runs "register"
      Then it succeeds
      And it has uploaded at least 1 KeyPackage

    Scenario: register-state
      When the client runs "register-state --count 2"
      Then it succeeds
      And it has uploaded at least 2 KeyPackages

    Scenario: fetch-key
      Given Bob has published a KeyPackage
      When the client runs "fetch-key BOB"
      Then it succeeds
      And no KeyPackage of Bob is left

    Scenario: create-group, invite and send
      Given the client is in a group with Bob
      When the client sends a message
      Then it succeeds
      And Bob reads that message from the client

    Scenario: join and recv
      Given the client has joined a group of Bob
      When Bob sends 3 messages to the client
      And the client runs "recv"
      Then it succeeds
      And it shows these messages in order

    Scenario: recv --stream
      Given the client has joined a group of Bob
      When the client starts "recv --stream"
      And Bob sends 1 message to the client
      Then it shows these messages while it runs
      When it has had time to ask for more
      And Bob sends 1 message to the client
      Then it shows these messages while it runs

    Scenario: demo-group
      Given the server takes calls without a token
      When the client runs "demo-group" without a token
      Then it succeeds
      And it has uploaded KeyPackages and put messages into queues

  @CLI-002 @level:should @profile:core @source:decided
  Rule: CLI-002 Common options
    A command SHOULD take `--server HOST:PORT`, `--ca-cert FILE`, `--server-name NAME`, `--access-token
    TOKEN`, `--device-id TEXT` and `--state FILE`, each also from the environment as `QUICNPROTOCHAT_` with
    its name in capitals and underscores.

    Scenario: From the environment
      Given the client's device is "phone"
      When the client runs "register-state" with its options in the environment
      Then it succeeds
      And every call that wants it showed the token and the device
      And its state is where it should be

  @CLI-003 @level:should @profile:core @source:decided
  Rule: CLI-003 Output for scripts
    With `--json` a command SHOULD write to standard output nothing but one JSON object a line, with a `type`,
    bytes as lower-case hex, and report a failure on standard error as an object of type `error` with `kind`,
    `message` and, where the server gave one, `code`.

    Scenario Outline: <command>
      Given Bob has published a KeyPackage
      When the client runs "<command>"
      Then it succeeds
      And it writes objects of type "<type>" with "<fields>"

      Examples:
        | command                           | type          | fields                    |
        | ping --json                       | ping          | server status             |
        | register --json                   | registered    | identityKey fingerprint   |
        | fetch-key BOB --json              | key-package   | identityKey fingerprint   |

    Scenario: A group
      Given the client has registered
      When the client runs "create-group --group-id us --json"
      Then it succeeds
      And it writes objects of type "group-created" with "groupId epoch members"

    Scenario: A KeyPackage that is registered
      When the client runs "register-state --json"
      Then it succeeds
      And it tells its identity key and the fingerprint of what it uploaded

    Scenario: A refusal
      Given the server refuses fetchKeyPackage with E009
      When the client runs "fetch-key BOB --json"
      Then it fails
      And it writes an error with the code E009

  @CLI-004 @level:should @profile:core @source:decided
  Rule: CLI-004 Exit codes
    A command SHOULD exit with 0 when it is done, 2 on wrong usage, 3 without a connection, 4 when the server
    refused, 5 when the certificate is not trusted, 6 when what was asked for is not there, 7 when what came
    does not hold, 8 when the state cannot be used, 130 when it was interrupted, and 1 on any other failure.

    Scenario: Wrong usage
      When the client runs "ping --no-such-option"
      Then it exits with 2

    Scenario: No subcommand of that name
      When the client runs "no-such-command"
      Then it exits with 2

    Scenario: No server
      When the client runs "ping" and nobody is there
      Then it exits with 3

    Scenario: A refusal
      Given the server refuses fetchKeyPackage with E009
      When the client runs "fetch-key BOB"
      Then it exits with 4

    Scenario: Another certificate
      When the client runs "ping" and meets a server with another certificate
      Then it exits with 5

    Scenario: Nothing there
      When the client runs "fetch-key NOBODY"
      Then it exits with 6

    Scenario: What came does not hold
      Given the server gives Mallory's KeyPackage as everybody's
      When the client runs "fetch-key BOB"
      Then it exits with 7

    Scenario: A state that cannot be used
      Given the client's state is damaged
      When the client runs "recv"
      Then it exits with 8

    Scenario: Ctrl-C
      Given the client has registered
      When the client starts "recv --stream"
      And it is interrupted once it waits
      Then it exits with 130

  @CLI-029 @level:must @profile:core @source:decided
  Rule: CLI-029 A failure is told
    A command that has not done what it was asked for MUST NOT exit with 0.

    Scenario Outline: <command> is refused with <code>
      Given Bob has published a KeyPackage
      And the server refuses <method> with <code>
      When the client runs "<command>"
      Then it fails

      Examples:
        | command        | method           | code |
        | register       | uploadKeyPackage | E009 |
        | register-state | uploadKeyPackage | E016 |
        | fetch-key BOB  | fetchKeyPackage  | E003 |
        | ping           | health           | E009 |

    Scenario Outline: <command> cannot ask
      Given the client has registered
      And the server refuses peek with E003
      When the client runs "<command>"
      Then it fails

      Examples:
        | command |
        | recv    |
        | join    |

    Scenario: A full queue
      Given the client is in a group with Bob
      And the server refuses enqueue with E015
      When the client sends a message
      Then it fails

    Scenario: A user name that is taken
      Given the client has an account that another client has made
      When the client makes an account
      Then it fails

    Scenario: Nobody to fetch
      When the client runs "fetch-key NOBODY"
      Then it fails

    Scenario Outline: <command> has no server
      Given the client is in a group with Bob
      When the client runs "<command>" and meets a server that speaks "h3"
      Then it fails

      Examples:
        | command       |
        | send --msg hi |
        | recv          |

    Scenario: Nobody to invite
      Given the client has made a group
      When the client runs "invite --peer-key NOBODY"
      Then it fails

    Scenario: No group to send to
      Given the client has registered
      When the client sends a message
      Then it fails

    Scenario: Nothing to join
      Given the client has registered
      When the client runs "join --wait-ms 0"
      Then it fails

  @CLI-040 @level:should @profile:core @source:decided
  Rule: CLI-040 Waiting for what comes
    With `--wait-ms N`, `join` and `recv` SHOULD wait up to N milliseconds for an invitation or a message when
    there is none.

    Scenario: For an invitation
      Given the client has registered
      When the client starts "join --wait-ms 15000"
      And Bob invites the client once it waits
      Then it ends by itself and succeeds

    Scenario: For a message
      Given the client has joined a group of Bob
      When the client starts "recv --wait-ms 15000"
      And Bob sends a message to the client once it waits
      Then it ends by itself and succeeds
      And it shows these messages in order
