Feature: Ends and restarts

  @TRN-021 @level:should @profile:core @source:stated @needs:restart
  Rule: TRN-021 A certificate of its own
    A server SHOULD make a self-signed certificate on its first run and keep it, or take the one that it is given.

    Scenario: The certificate after a restart
      Given the certificate of the target is noted
      When the server is killed and starts again
      Then the certificate of the target is the one that was noted

  @TRN-025 @level:should @profile:core @source:decided @needs:restart
  Rule: TRN-025 A server that stops says so
    A server that is told to stop SHOULD tell its clients so, at the latest at its end: it answers the calls that wait, or closes
    their sessions or connections.

    Scenario: Stopped while a client waits
      Given Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And the server is stopped
      Then the wait has ended, with an answer or without
      When the server starts again
      And Bob puts some text into Alice's queue
      Then Alice's queue still holds its messages
