Feature: Calls

  @RPC-003 @level:must @profile:core @source:stated
  Rule: RPC-003 Bootstrap gives the NodeService
    A server MUST answer Bootstrap with a capability that answers the methods of NodeService.

    Scenario: The capability answers health
      When it sends Bootstrap under question 0
      Then Bootstrap 0 is answered with a capability
      When it calls health on the promise of question 0 under question 1
      Then question 1 is answered with results

  @RPC-004 @level:must @profile:core @source:decided
  Rule: RPC-004 Bootstrap as often as one likes
    A server MUST answer every Bootstrap of a session, also before an earlier one was finished.

    Scenario: Three at once
      When it sends Bootstrap under question 0
      And it sends Bootstrap under question 1
      And it sends Bootstrap under question 2
      Then Bootstrap 0 is answered with a capability
      And Bootstrap 1 is answered with a capability
      And Bootstrap 2 is answered with a capability
      When it finishes question 0
      And it calls health on the promise of question 2 under question 3
      Then question 3 is answered with results

    Scenario: Forty at once
      When it sends Bootstrap under questions 1 to 40
      Then Bootstraps 1 to 40 are answered with a capability

  @RPC-005 @level:must @profile:core @source:decided
  Rule: RPC-005 Calls on the promise
    A server MUST answer calls whose target is the promised answer of a Bootstrap, sent before its Return and after.

    Scenario: Before the answer
      When it sends Bootstrap under question 0
      And it calls health on the promise of question 0 under question 1
      And it calls health on the promise of question 0 under question 2
      Then question 1 is answered with results
      And question 2 is answered with results

    Scenario: After the answer, again and again
      Given a session written by hand
      When it calls health under question 1
      Then question 1 is answered with results
      When it finishes question 1
      And it calls health under question 2
      Then question 2 is answered with results
      When it calls health under question 3
      Then question 3 is answered with results

  @RPC-006 @level:must @profile:core @source:decided
  Rule: RPC-006 Calls on the import
    A server MUST answer calls whose target is the capability that it returned for Bootstrap.

    Scenario: The capability of the answer
      When it calls health on the capability of a Bootstrap under question 1
      Then question 1 is answered with results

    Scenario: The capability after the answer was finished
      When it finishes the Bootstrap, keeps the capability and calls health on it under question 1
      Then question 1 is answered with results

    Scenario: Given twice, released once
      When it gets the capability twice, releases it once and calls health on it under question 1
      Then question 1 is answered with results

  @RPC-007 @level:must @profile:core @source:decided
  Rule: RPC-007 Every call is answered once, under its id
    A server MUST send exactly one Return for each call, with the question id of the call, whatever id the client
    chose.

    Scenario Outline: Question <id>
      Given a session written by hand
      When it calls health under question <id>
      Then question <id> is answered with results

      Examples:
        | id         |
        | 1          |
        | 77         |
        | 65536      |
        | 2147483647 |
        | 2147483648 |
        | 4294967295 |

    Scenario: 100 questions
      Given a session written by hand
      When it calls health under questions 1 to 100
      Then the answers to questions 1 to 100 come, each once

    Scenario: A call under question 0
      When it sends Bootstrap under question 9
      And it calls health on the promise of question 9 under question 0
      Then question 0 is answered with results

  @RPC-008 @level:must @profile:core @source:decided
  Rule: RPC-008 Calls run side by side
    A waiting `fetchWait` MUST NOT delay the answers of later calls of the same session.

    Scenario: A call after a wait
      When a client waits for a message
      Then its next calls are answered within 3000 ms

    Scenario: Under ids that follow each other
      Given Alice's queue holds nothing
      And a session written by hand
      When it waits for a message under question 1
      And it calls health under question 2
      Then question 2 is answered with results
      And question 1 is answered with results

    Scenario: A call after forty waits
      Given Alice's queue holds nothing
      And a session written by hand
      When it waits for messages under questions 1 to 40
      And it calls health under question 41
      Then question 41 is answered with results
      And a new connection is answered

  @RPC-009 @level:must @profile:core @source:decided
  Rule: RPC-009 Many calls at once
    A server MUST answer all of 2,000 calls that a session sends without waiting; it may stop reading for a while, but
    not drop any.

    Scenario: 2,000 calls
      When a client makes 2000 calls without waiting
      Then all of them are answered
      And a new connection is answered

  @RPC-010 @level:must @profile:core @source:decided
  Rule: RPC-010 Effects in order
    Calls of one session on one queue MUST take effect in the order in which they were sent.

    Scenario: Sending and fetching in turn
      Given Alice's queue holds nothing
      When Bob sends and Alice fetches in turn on one session, without waiting for answers
      Then each fetch finds exactly what was sent before it

    Scenario Outline: <sending> and fetching in turn
      Given Alice's queue holds nothing
      When Bob sends <what> and Alice <takes> in turn on one session, without waiting for answers
      Then each of them finds exactly what was sent before it

      Examples:
        | sending          | what          | takes   |
        | Long messages    | long messages | fetches |
        | Messages to wait for | messages  | waits   |

      @profile:reliable
      Examples: Reliable
        | sending              | what          | takes          |
        | Messages to look at  | messages      | peeks and acks |
        | Long ones to look at | long messages | peeks and acks |

      @profile:batch
      Examples: Batch
        | sending | what    | takes   |
        | Batches | batches | fetches |

      @profile:channels @needs:accounts
      Examples: Channels
        | sending                | what                  | takes   |
        | Messages in a channel  | messages in a channel | fetches |

  @RPC-011 @level:must @profile:core @source:decided
  Rule: RPC-011 Ids can be used again
    After Return and Finish a question id MUST be free for another call of the session.

    Scenario: The same id three times
      Given a session written by hand
      When it calls health under question 1
      Then question 1 is answered with results
      When it finishes question 1
      And it calls health under question 1
      Then question 1 is answered with results
      When it finishes question 1
      And it calls health under question 1
      Then question 1 is answered with results

    Scenario: After a Finish that keeps capabilities
      Given a session written by hand
      When it calls health under question 1
      Then question 1 is answered with results
      When it finishes question 1 and keeps what it may have got
      And it calls health under question 1
      Then question 1 is answered with results

  @RPC-012 @level:must @profile:core @source:decided
  Rule: RPC-012 Finish before Return
    A Finish that comes before the Return of its call MUST NOT end the session.

    Scenario: A wait that is finished before it is over
      Given Alice's queue holds nothing
      And a session written by hand
      When it waits for a message under question 1
      And it finishes question 1
      Then the session goes on

    Scenario: A call that is finished at once
      Given a session written by hand
      When it calls health under question 1
      And it finishes question 1
      Then the session goes on

  @RPC-036 @level:should @profile:core @source:decided
  Rule: RPC-036 A Return for every call
    A call whose Finish came first SHOULD still be followed by a Return.

    Scenario: A wait that is finished before it is over
      Given Alice's queue holds nothing
      And a session written by hand
      When it waits 300 ms for a message under question 1
      And it finishes question 1
      Then question 1 is answered within 3000 ms
      When it calls health under question 1
      Then question 1 is answered with results

  @RPC-013 @level:must @profile:core @source:decided
  Rule: RPC-013 Release does not take the promise away
    A Release of the bootstrap capability MUST NOT make calls on the promised answer fail that the client has not
    finished.

    Scenario: Released early
      When it releases the capability of a Bootstrap and calls health on its promise under question 1
      Then question 1 is answered with results

  @RPC-030 @level:must @profile:core @source:decided
  Rule: RPC-030 Newer parameters
    A server MUST ignore fields that a client of a newer schema adds to parameters.

    Scenario Outline: <call>
      Given a session written by hand
      When it calls "<call>" under question 1
      Then question 1 is answered with results

      Examples:
        | call                                        |
        | enqueue with a longer struct                |
        | enqueue with a longer auth                  |
        | health with parameters that it does not have |

  @RPC-031 @level:must @profile:core @source:decided
  Rule: RPC-031 Older parameters
    A server MUST read fields that a client of an older schema leaves out as their defaults.

    Scenario: health without parameters
      Given a session written by hand
      When it calls "health without parameters" under question 1
      Then question 1 is answered with results

    Scenario Outline: <call>
      Given a session written by hand
      When it calls "<call>" under question 1
      Then question 1 fails with "<code>"

      @needs:closed
      Examples: Without auth
        | call                               | code         |
        | enqueue without its last pointer   | E001         |
        | fetchKeyPackage without parameters | E001 or E004 |

      Examples: Without version
        | call                              | code |
        | enqueue without its data section  | E012 |

  @RPC-037 @level:must @profile:core @source:decided
  Rule: RPC-037 Empty and absent are the same
    A server MUST take a Data parameter that is absent, a null pointer, and one that is there and empty for the same.

    Scenario Outline: <call>
      Given a session written by hand
      When it calls "<call>" under question 1
      Then question 1 is answered with results

      Examples:
        | call                               |
        | enqueue with an absent channelId   |
        | enqueue with an empty channelId    |
        | enqueue with an absent deviceId    |
        | enqueue with an empty deviceId     |

    Scenario Outline: <call>
      Given a session written by hand
      When it calls "<call>" under question 1
      Then question 1 fails with "<code>"

      Examples:
        | call                           | code |
        | enqueue with an absent payload | E005 |
        | enqueue with an empty payload  | E005 |

      @needs:accounts
      Examples: Authentication
        | call                               | code |
        | enqueue with an absent accessToken | E002 |
        | enqueue with an empty accessToken  | E002 |

  @RPC-032 @level:should @profile:core @source:decided
  Rule: RPC-032 Capabilities in parameters
    A capability that comes with the parameters and is not used SHOULD be given back, by Release or with the Return.

    Scenario: A capability that nobody asked for
      Given a session written by hand
      When it calls health with a capability of its own under question 1
      Then its capability is given back with question 1

  @RPC-033 @level:should @profile:core @source:decided
  Rule: RPC-033 Embargoes
    A Disembargo with `senderLoopback` to the bootstrap capability SHOULD come back as `receiverLoopback` with the
    same id.

    Scenario: To the bootstrap capability
      When it sends a Disembargo with senderLoopback to the capability of a Bootstrap
      Then it comes back as receiverLoopback with the same id
