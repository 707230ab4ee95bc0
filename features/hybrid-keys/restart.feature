Feature: Hybrid keys and restarts

  @HK-009 @level:must @profile:core @source:decided @needs:restart
  Rule: HK-009 Keys survive a restart
    A key whose upload was answered MUST survive the restart of a server that stores on disk, also after a sudden end.

    Scenario Outline: The server <ends> after two uploads
      Given Alice has uploaded a hybrid key
      And Bob has uploaded a hybrid key
      And Alice has uploaded a hybrid key that ends in zeros
      When the server <ends> and starts again
      Then Bob fetches Alice's last hybrid key
      And Alice fetches Bob's last hybrid key

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |
