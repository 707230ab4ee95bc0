Feature: What a refused call leaves alone

  @ERR-005 @level:must @profile:core @source:decided
  Rule: ERR-005 The session goes on
    A refused call MUST NOT end its session nor any other call of that session.

    Scenario Outline: After <method> with <fault>
      Given everyone shares one session
      When Alice calls <method> with <fault>
      Then the call fails with <code>
      When Alice calls fetch
      Then the call succeeds

      Examples:
        | method           | fault                        | code |
        | fetchKeyPackage  | an identityKey of 31 bytes   | E004 |
        | enqueue          | a payload of 0 bytes         | E005 |
        | uploadKeyPackage | a package of 0 bytes         | E007 |
        | fetch            | wire version 2               | E012 |
        | uploadHybridKey  | a hybridPublicKey of 0 bytes | E013 |

      @needs:accounts
      Examples: Authentication
        | method | fault                     | code |
        | fetch  | auth version 2            | E001 |
        | fetch  | an empty token            | E002 |
        | fetch  | an unknown token          | E003 |
        | fetch  | Bob's key as recipientKey | E016 |

      @profile:channels @needs:accounts
      Examples: Channels
        | method | fault                | code |
        | fetch  | the id of no channel | E023 |

    Scenario: After twenty refusals
      Given everyone shares one session
      When Alice calls fetch with wire version 2, 20 times
      Then the call fails with E012
      When Alice calls fetch
      Then the call succeeds

    Scenario: After many refusals at once
      Given everyone shares one session
      When Alice calls fetch with wire version 2, 300 times at once
      Then the call fails with E012
      When Alice calls fetch
      Then the call succeeds

    Scenario: After payload and package beyond the limit
      Given everyone shares one session
      When Alice puts one byte more than is allowed into Bob's queue
      Then the call fails with E006
      When Alice uploads as KeyPackage one byte more than is allowed
      Then the call fails with E008
      When Alice calls fetch
      Then the call succeeds

    Scenario: A wait beside refused calls
      Given everyone shares one session
      And Alice's queue is empty
      When a wait of 20000 ms begins on Alice's queue
      And Bob calls enqueue with a payload of 0 bytes
      Then the call fails with E005
      When Bob calls enqueue with wire version 2
      Then the call fails with E012
      And the wait is still going on
      When Bob puts some text into Alice's queue
      Then the wait ends with all its messages

  @ERR-006 @level:must @profile:core @source:decided
  Rule: ERR-006 A refused call changes nothing
    A call that is answered with an application error MUST leave what the server stores as it was.

    Scenario: Refused uploads among good ones
      Given Alice has no KeyPackages
      And Alice has uploaded 1 KeyPackage
      When Alice calls uploadKeyPackage with a package of 0 bytes
      Then the call fails with E007
      When Alice uploads as KeyPackage one byte more than is allowed
      Then the call fails with E008
      Given Alice has uploaded 1 KeyPackage
      Then Bob fetches Alice's KeyPackages in order

    Scenario Outline: <method> refused for <fault> takes no message
      Given Alice's queue is empty
      And Bob has put 2 messages into Alice's queue
      When Alice calls <method> with <fault>
      Then the call fails with <code>
      And Alice's queue still holds its messages

      Examples:
        | method    | fault                      | code         |
        | fetch     | wire version 0             | E012         |
        | fetchWait | wire version 2             | E012         |
        | fetch     | a recipientKey of 31 bytes | E004 or E016 |
        | fetchWait | a recipientKey of 33 bytes | E004 or E016 |

      @profile:reliable
      Examples: Reliable
        | method | fault                      | code         |
        | ack    | wire version 2             | E012         |
        | ack    | a recipientKey of 33 bytes | E004 or E016 |

    Scenario Outline: A key of <length> bytes uses up no KeyPackage
      Given Bob has no KeyPackages
      And Bob has uploaded 1 KeyPackage
      When Alice calls fetchKeyPackage with an identityKey of <length> bytes
      Then the call fails with E004
      And Mallory fetches Bob's KeyPackages in order

      Examples:
        | length |
        | 33     |
        | 31     |

    @profile:p2p
    Scenario Outline: <content> as endpoint, if it is refused
      Given Alice has published an endpoint
      When Alice publishes <content> as endpoint
      Then Bob resolves Alice's last endpoint

      Examples:
        | content                       |
        | nothing                       |
        | one byte more than is allowed |

  @ERR-009 @level:should @profile:core @source:decided
  Rule: ERR-009 A rate has its code and passes
    A server with a rate of calls a second for one token SHOULD answer E014 to calls that come faster for long, change
    nothing for them, and accept the same call again soon.

    @needs:accounts
    Scenario: Faster than the rate
      Given the target tells its rate
      And Alice's queue is empty
      When Bob puts messages into Alice's queue faster than the rate
      Then the call fails with E014
      And Bob can put a message into Alice's queue after a while
      And Alice's queue still holds its messages
