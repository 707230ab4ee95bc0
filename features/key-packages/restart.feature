Feature: KeyPackages and restarts

  @KP-014 @level:must @profile:core @source:decided @needs:restart
  Rule: KP-014 KeyPackages survive a restart
    A package whose upload was answered MUST survive the restart of a server that stores on disk, also after a sudden end, and in
    its place.

    Scenario Outline: The server <ends> while packages wait
      Given Alice has no KeyPackages
      And Alice has uploaded 2 KeyPackages
      When Alice uploads as KeyPackage 5,000 random bytes
      And Alice uploads as KeyPackage bytes that end in zeros
      And the server <ends> and starts again
      Then Bob fetches Alice's KeyPackages in order

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |

  @KP-015 @level:must @profile:core @source:decided @needs:restart
  Rule: KP-015 A package given out stays out
    A server that stores on disk MUST NOT return a package after a restart, also after a sudden end, that was in an answer of
    `fetchKeyPackage` before.

    Scenario Outline: The server <ends> after packages were given out
      Given Alice has no KeyPackages
      And Alice has uploaded 4 KeyPackages
      Then Bob fetches Alice's next KeyPackage
      And Mallory fetches Alice's next KeyPackage
      When the server <ends> and starts again
      Then Mallory fetches Alice's next KeyPackage
      When the server <ends> and starts again
      Then Bob fetches Alice's KeyPackages in order

      Examples:
        | ends       |
        | is stopped |
        | is killed  |
