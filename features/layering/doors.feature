@subject:workspace
Feature: The doors of packages

  @LAY-017 @level:should @profile:core @source:decided
  Rule: LAY-017 Doors
    A package SHOULD reach another one through the doors that it declares, and no file behind them.

    Scenario: Every way into another package
      Given the workspace
      Then no package reaches past a door of another

  @LAY-018 @level:should @profile:core @source:decided
  Rule: LAY-018 Doors for tests
    A package that is shipped SHOULD NOT go through a door that is for tests.

    Scenario: Who goes through them
      Given the workspace
      Then nothing that is shipped goes through a door for tests

  @LAY-019 @level:should @profile:core @source:decided
  Rule: LAY-019 What is imported is declared
    A package SHOULD declare every package that it imports in its own manifest.

    Scenario: Every import
      Given the workspace
      Then every import is declared
