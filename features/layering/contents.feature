@subject:workspace
Feature: What packages are made of

  @LAY-006 @level:must @profile:core @source:stated
  Rule: LAY-006 proto has no cryptography
    The package `proto` MUST NOT use cryptography.

    Scenario: What proto imports
      Given the workspace
      Then proto uses no cryptography

  @LAY-007 @level:must @profile:core @source:stated
  Rule: LAY-007 proto has no input and output
    The package `proto` MUST NOT do input or output.

    Scenario: What proto imports
      Given the workspace
      Then proto uses no input or output

  @LAY-008 @level:must @profile:core @source:stated
  Rule: LAY-008 proto has no asynchronous code
    The package `proto` MUST NOT have asynchronous code; what a schema compiler generates does not count.

    Scenario: What proto says
      Given the workspace
      Then proto uses no asynchronous code

  @LAY-009 @level:must @profile:core @source:stated
  Rule: LAY-009 core has no network
    The package `core` MUST NOT do input or output over a network.

    Scenario: What core imports
      Given the workspace
      Then core uses no network

  @LAY-010 @level:must @profile:core @source:stated
  Rule: LAY-010 core reads no command line
    The package `core` MUST NOT parse command lines.

    Scenario: What core imports
      Given the workspace
      Then core uses no command lines

  @LAY-011 @level:must @profile:core @source:stated
  Rule: LAY-011 server knows no MLS
    The package `server` MUST NOT use MLS.

    Scenario: What the server imports
      Given the workspace
      Then server uses no MLS

  @LAY-012 @level:must @profile:core @source:stated
  Rule: LAY-012 client does not listen
    The package `client` MUST NOT listen for connections.

    Scenario: What the client imports
      Given the workspace
      Then client uses no listener

  @LAY-013 @level:must @profile:core @source:stated
  Rule: LAY-013 client has no storage of the server
    The package `client` MUST NOT use the server's storage.

    Scenario: What the client takes from the server
      Given the workspace
      Then client takes nothing of the server's storage
