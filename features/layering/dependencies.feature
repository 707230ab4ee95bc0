@subject:workspace
Feature: What depends on what

  @LAY-001 @level:must @profile:core @source:stated
  Rule: LAY-001 proto is the lowest
    The package `proto` MUST NOT depend on any other package of the system.

    Scenario: What proto is built from
      Given the workspace
      Then proto depends on nothing of the system

  @LAY-002 @level:must @profile:core @source:stated
  Rule: LAY-002 core stands on proto alone
    The package `core` MUST NOT depend on a package of the system other than `proto`.

    Scenario: What core is built from
      Given the workspace
      Then core depends on nothing of the system but proto

  @LAY-003 @level:must @profile:core @source:stated
  Rule: LAY-003 server and client never meet
    The packages `server` and `client` MUST NOT depend on each other.

    Scenario: The server has no client code
      Given the workspace
      Then server does not depend on client

    Scenario: The client has no server code
      Given the workspace
      Then client does not depend on server

  @LAY-004 @level:must @profile:core @source:stated
  Rule: LAY-004 p2p and gui are optional
    The packages `proto`, `core`, `server` and `client` MUST NOT depend on `p2p` or `gui`.

    Scenario: What lies below is built without them
      Given the workspace
      Then proto, core, server and client do not depend on p2p or gui

  @LAY-005 @level:must @profile:core @source:stated
  Rule: LAY-005 p2p and gui stand with the client
    The packages `p2p` and `gui` MUST NOT depend on `server`.

    Scenario: What p2p and gui are built from
      Given the workspace
      Then p2p and gui do not depend on server

  @LAY-014 @level:should @profile:core @source:decided
  Rule: LAY-014 rpc and quic know no NodeService
    The packages `rpc` and `quic` SHOULD NOT depend on any other package of the system.

    Scenario: What rpc and quic are built from
      Given the workspace
      Then rpc and quic depend on nothing of the system

  @LAY-015 @level:should @profile:core @source:decided
  Rule: LAY-015 Nothing depends on the suite
    No package SHOULD depend on `harness`.

    Scenario: Who is built from the harness
      Given the workspace
      Then no package depends on harness

  @LAY-016 @level:should @profile:core @source:decided
  Rule: LAY-016 The suite starts programs
    The package `harness` SHOULD NOT depend on `server`, `client`, `p2p` or `gui`.

    Scenario: What the harness is built from
      Given the workspace
      Then harness does not depend on server, client, p2p or gui
