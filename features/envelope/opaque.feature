Feature: Envelopes on their way

  @ENV-008 @level:must @profile:core @source:stated
  Rule: ENV-008 The payload is opaque to a server
    A server MUST deliver envelopes, damaged envelopes and bytes that are no envelope alike, byte for byte.

    Scenario Outline: Bob sends Alice <what>
      When Bob sends Alice "<what>"
      Then the same bytes come back

      Examples:
        | what                       |
        | an envelope                |
        | half an envelope           |
        | a damaged envelope         |
        | bytes that are no envelope |
