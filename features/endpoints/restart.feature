Feature: Endpoints and restarts

  @EP-009 @level:should @profile:p2p @source:decided @needs:restart
  Rule: EP-009 Endpoints survive a restart
    An endpoint whose `publishEndpoint` was answered SHOULD survive the restart of a server that stores on disk, also after a sudden
    end.

    Scenario Outline: The server <ends> after two endpoints
      Given Alice has published an endpoint
      And Bob has published an endpoint
      And Alice has published an endpoint
      When the server <ends> and starts again
      Then Bob resolves Alice's last endpoint
      And Alice resolves Bob's last endpoint

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |
