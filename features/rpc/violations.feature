Feature: Violations

  @RPC-020 @level:must @profile:core @source:decided
  Rule: RPC-020 Malformed framing ends the session
    A server MUST end a session whose client sends a segment table that claims a gigabyte or more, by its segments or by
    itself.

    Scenario Outline: A segment table of <table>
      Given a bystander at work
      And a session written by hand
      When it sends a segment table of "<table>"
      Then the server ends the session
      And the bystander notices nothing

      Examples:
        | table                   |
        | 2^28 segments           |
        | 2^32 segments           |
        | a segment of 8 GiB      |
        | a segment of 32 GiB     |
        | two segments of 16 GiB  |
        | four segments of 32 GiB |

  @RPC-021 @level:must @profile:core @source:decided
  Rule: RPC-021 Malformed messages give no results
    A server MUST answer a message whose root, body, target or parameters are malformed by ending the session or by an
    exception for its call, never by results or silence.

    Scenario Outline: <what>
      Given a bystander at work
      And a session written by hand
      When it sends a message with "<what>"
      Then it gets no results, but an exception or the end of the session
      And the bystander notices nothing

      Examples:
        | what                                       |
        | an empty first segment                     |
        | a root out of bounds                       |
        | a root before the start                    |
        | a root in a segment that is not there      |
        | a root behind the end of another segment   |
        | a root that is a list                      |
        | a root that is a capability                |
        | a landing pad that leads to another one    |
        | a double far pointer without landing pad   |
        | a call out of bounds                       |
        | a call that is a list                      |
        | a target out of bounds                     |
        | a target of an unknown kind                |
        | parameters out of bounds                   |
        | parameters in a segment that is not there  |
        | results sent to an unknown place           |

  @RPC-022 @level:must @profile:core @source:decided
  Rule: RPC-022 Amplification gives no results
    A small message that claims to hold very much, by pointers to the same place or by elements without size, MUST be
    answered within the usual time.

    Scenario Outline: <what>
      Given a bystander at work
      And a session written by hand
      When it sends a small message with "<what>"
      Then it gets an answer in time
      And a new connection is answered
      And the bystander notices nothing

      Examples:
        | what                                     |
        | a table of 2^29 capabilities without size |
        | a target of 2^29 steps without size      |

  @RPC-023 @level:must @profile:core @source:decided
  Rule: RPC-023 Parameters of another shape
    A parameter that holds another kind of value than the schema says MUST be answered by an exception or by ending
    the session.

    Scenario Outline: <call>
      Given a bystander at work
      And a session written by hand
      When it calls "<call>" under question 7
      Then it gets no results, but an exception or the end of the session
      And the bystander notices nothing

      Examples:
        | call                                   |
        | enqueue with numbers as payload        |
        | enqueue with a list of data as payload |
        | enqueue with a struct as payload       |
        | enqueue with numbers as recipientKey   |

  @RPC-024 @level:should @profile:core @source:decided
  Rule: RPC-024 Why a session ends
    A server that ends a session for a malformed message SHOULD send an Abort with a reason first.

    Scenario Outline: A segment table of <table>
      Given a session written by hand
      When it sends a segment table of "<table>"
      Then the server ends the session, with an Abort that says why

      Examples:
        | table              |
        | 2^28 segments      |
        | a segment of 8 GiB |

    Scenario Outline: <what>
      Given a session written by hand
      When it sends a message with "<what>"
      Then the session is over, with an Abort that says why

      Examples:
        | what                 |
        | a root out of bounds |
        | a call out of bounds |

  @RPC-025 @level:should @profile:core @source:decided
  Rule: RPC-025 Question ids in use
    A question under an id that is in use SHOULD end the session.

    Scenario Outline: A client <what>
      Given a session written by hand
      When it "<what>"
      Then the session is over

      Examples:
        | what                                  |
        | calls under the id of the Bootstrap   |
        | calls twice under one id              |

  @RPC-026 @level:should @profile:core @source:decided
  Rule: RPC-026 Finish of an unknown question
    A Finish of a question that the server does not know SHOULD end the session.

    Scenario Outline: A client <what>
      Given a session written by hand
      When it "<what>"
      Then the session is over

      Examples:
        | what                         |
        | finishes question 77         |
        | finishes the Bootstrap twice |

  @RPC-027 @level:should @profile:core @source:decided
  Rule: RPC-027 Release of too much
    A Release of a capability that the server did not give, or of more references than it gave, SHOULD end the
    session.

    Scenario: A capability that was not given
      Given a session written by hand
      When it "releases a capability of nobody"
      Then the session is over

    Scenario: More references than were given
      Given a session written by hand
      When it releases the capability of a Bootstrap 50 times
      Then the session is over

  @RPC-028 @level:should @profile:core @source:decided
  Rule: RPC-028 Return for an unknown question
    A Return for a question that the server did not ask SHOULD end the session.

    Scenario: A Return that nobody waits for
      Given a session written by hand
      When it "answers question 77"
      Then the session is over

  @RPC-029 @level:must @profile:core @source:decided
  Rule: RPC-029 Calls on what was not given
    A call whose target is a capability or a promised answer that the server did not give MUST NOT be answered with
    results.

    Scenario Outline: A client <what>
      Given a bystander at work
      And a session written by hand
      When it "<what>"
      Then it gets no results, but an exception or the end of the session
      And the bystander notices nothing

      Examples:
        | what                                                  |
        | calls a capability of nobody                          |
        | calls the promise of question 77                      |
        | calls the promise of its own question                 |
        | calls what a waiting call will give                   |

    Scenario: A promise that was finished
      Given a session written by hand
      When it "finishes the Bootstrap and calls its promise"
      Then that call gets no results

    Scenario: A capability that was given back
      Given a session written by hand
      When it finishes all that it asked for, and calls health on the capability
      Then that call gets no results

  @RPC-034 @level:must @profile:core @source:decided
  Rule: RPC-034 Half a message
    A stream that ends, or stays silent, in the middle of a message MUST NOT harm other sessions.

    Scenario Outline: Half a message, and then it <then>
      Given a bystander at work
      And a connection with 2 sessions
      And a session written by hand
      When it sends half a message and "<then>"
      Then every session is answered
      And the half message has had no effect
      And the bystander notices nothing

      Examples:
        | then              |
        | keeps silent      |
        | ends the stream   |
        | resets the stream |

  @RPC-039 @level:should @profile:core @source:decided
  Rule: RPC-039 Segment tables have an end
    A server SHOULD end a session whose client sends a segment table of more than 512 segments.

    Scenario: A segment table of 65,536 segments
      Given a session written by hand
      When it sends a segment table of "65,536 segments"
      Then the server ends the session

  @RPC-040 @level:must @profile:core @source:decided
  Rule: RPC-040 A Finish is for one question
    A Finish of a question that the server does not know MUST NOT touch other calls of the session, unless it ends the
    session.

    Scenario Outline: A client <what> while it waits
      Given a session written by hand
      When it waits for a message under question 5
      And it "<what>"
      Then question 5 is answered with results, or the session is over

      Examples:
        | what                         |
        | finishes question 77         |
        | finishes the Bootstrap twice |
