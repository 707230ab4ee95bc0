Feature: Registrations and restarts

  @OPQ-026 @level:must @profile:opaque @source:decided @needs:restart
  Rule: OPQ-026 Registrations survive a restart
    A server that stores on disk MUST know its users after a restart, by the same passwords.

    Scenario Outline: The server <ends> after somebody has registered
      Given Carol has registered
      When the server <ends> and starts again
      And Carol logs in
      Then Carol's token opens Carol's queue
      When somebody registers as Carol with another password and identity
      Then the call fails with E018

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |
