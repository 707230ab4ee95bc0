Feature: Channels and restarts

  @CH-016 @level:must @profile:channels @source:stated @needs:accounts @needs:restart
  Rule: CH-016 Channels survive a restart
    A server that stores on disk MUST have after a restart the same channels, with the same ids and members.

    Scenario Outline: The server <ends>
      Given a channel between Alice and Bob
      When Alice creates a channel with Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And the server <ends> and starts again
      Then Alice's queue in the channel with Bob still holds its messages under the numbers that enqueue returned
      When Bob creates a channel with Alice
      Then all of them get the same id
      When Alice puts some text into Bob's queue in the channel with Alice
      Then Bob's queue in the channel with Alice still holds its messages under the numbers that enqueue returned
      When Mallory calls enqueue with the channel of Alice and Bob and Bob's key as recipientKey
      Then the call fails with E022

      Examples:
        | ends            |
        | is stopped      |
        | is killed       |
        | is killed twice |

    Scenario: Killed at once after a channel was made
      Given Alice has a channel with a stranger
      When the server is killed and starts again
      And Alice creates that channel again
      Then all of them get the same id
