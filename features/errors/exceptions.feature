Feature: Errors as exceptions

  @ERR-001 @level:must @profile:core @source:decided
  Rule: ERR-001 An error is an exception of type failed
    A server MUST answer a call that it refuses with a Return that holds an exception of type `failed`; for E014 and
    E015 the type may be `overloaded`.

    Scenario Outline: <method> with <fault>
      When Alice calls <method> with <fault>
      Then the call is answered with an exception of type failed

      Examples:
        | method           | fault                        |
        | uploadKeyPackage | a package of 0 bytes         |
        | uploadKeyPackage | a package longer than is allowed |
        | fetchKeyPackage  | an identityKey of 31 bytes   |
        | enqueue          | a payload of 0 bytes         |
        | enqueue          | a payload longer than is allowed |
        | enqueue          | wire version 2               |
        | fetch            | wire version 2               |
        | fetchWait        | wire version 2               |
        | uploadHybridKey  | a hybridPublicKey of 0 bytes |
        | fetchHybridKey   | an identityKey of 31 bytes   |

      @needs:accounts
      Examples: Authentication
        | method | fault                     |
        | fetch  | auth version 2            |
        | fetch  | an empty token            |
        | fetch  | an unknown token          |
        | fetch  | a token that has expired  |
        | fetch  | Bob's key as recipientKey |

      @profile:channels @needs:accounts
      Examples: Channels
        | method        | fault                 |
        | createChannel | a peerKey of 31 bytes |
        | enqueue       | the id of no channel  |

      @profile:reliable
      Examples: Reliable
        | method | fault          |
        | peek   | wire version 2 |
        | ack    | wire version 2 |

      @profile:batch
      Examples: Batch
        | method          | fault                                    |
        | fetchHybridKeys | a key of 31 bytes among the identityKeys |
        | batchEnqueue    | a payload of 0 bytes                     |

      @profile:p2p
      Examples: Endpoints
        | method          | fault                      |
        | resolveEndpoint | an identityKey of 31 bytes |

    @profile:channels @needs:accounts
    Scenario: Somebody else's channel
      Given a channel between Alice and Bob
      When Mallory calls fetch with the channel of Alice and Bob
      Then the call is answered with an exception of type failed

  @ERR-002 @level:must @profile:core @source:stated
  Rule: ERR-002 The reason begins with the code
    The reason of an application error MUST begin with its code from the registry, `E` and three digits, followed by a
    character that is neither letter nor digit, or by nothing.

    Scenario Outline: <code>
      When Alice calls <method> with <fault>
      Then the reason begins with <code>

      Examples:
        | code | method           | fault                        |
        | E004 | fetchKeyPackage  | an identityKey of 31 bytes   |
        | E005 | enqueue          | a payload of 0 bytes         |
        | E007 | uploadKeyPackage | a package of 0 bytes         |
        | E012 | fetch            | wire version 2               |
        | E013 | uploadHybridKey  | a hybridPublicKey of 0 bytes |

      @needs:accounts
      Examples: Authentication
        | code | method | fault                     |
        | E001 | fetch  | auth version 2            |
        | E002 | fetch  | an empty token            |
        | E003 | fetch  | an unknown token          |
        | E016 | fetch  | Bob's key as recipientKey |

      @profile:channels @needs:accounts
      Examples: Channels
        | code | method | fault                |
        | E023 | fetch  | the id of no channel |

  @ERR-003 @level:should @profile:core @source:decided
  Rule: ERR-003 A text follows the code
    The reason SHOULD go on after the code with a text for people.

    Scenario Outline: <method> with <fault>
      When Alice calls <method> with <fault>
      Then the reason goes on with a text

      Examples:
        | method          | fault                      |
        | fetchKeyPackage | an identityKey of 31 bytes |
        | enqueue         | a payload of 0 bytes       |
        | fetch           | wire version 2             |

      @needs:accounts
      Examples: Authentication
        | method | fault            |
        | fetch  | an unknown token |

  @ERR-004 @level:should @profile:core @source:decided
  Rule: ERR-004 Reasons hold no secrets
    A reason SHOULD NOT repeat the token or the payload of the call, as they are or as hex or Base64.

    @needs:accounts
    Scenario Outline: <method> with <fault>
      When Alice calls <method> with <fault>
      Then the reason repeats neither token nor payload

      Examples:
        | method  | fault                      |
        | fetch   | an unknown token           |
        | fetch   | auth version 2             |
        | enqueue | wire version 2             |
        | enqueue | a recipientKey of 31 bytes |
        | enqueue | a payload of 0 bytes       |
        | fetch   | a token that has expired   |
        | fetch   | Bob's key as recipientKey  |

      @profile:channels
      Examples: Channels
        | method  | fault                |
        | enqueue | the id of no channel |
