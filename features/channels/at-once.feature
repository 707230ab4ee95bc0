Feature: Creating a channel from both sides at once

  @CH-015 @level:must @profile:channels @source:decided @needs:accounts
  Rule: CH-015 Creation at the same time gives one channel
    When calls of `createChannel` for one pair run at the same time, from either side, all of them MUST return the same
    id.

    Scenario: Both sides at once
      When Bob and Mallory create their channel with 16 calls at once
      Then all of them get the same id

    Scenario: One side, with somebody new
      When Alice creates a channel with a stranger with 12 calls at once
      Then all of them get the same id
