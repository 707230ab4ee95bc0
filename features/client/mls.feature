@subject:client
Feature: MLS over a NodeService

  @MLS-001 @level:must @profile:core @source:stated
  Rule: MLS-001 The suite
    Groups MUST be of MLS 1.0 (RFC 9420) with the suite MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519 (0x0001).

    Scenario: What a client uploads
      When the client runs "register-state"
      Then its KeyPackage is valid, of suite 0x0001

    Scenario: What others change
      Given the client has joined a group of Bob
      When Bob adds Carol
      And Bob renews his keys
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows these messages in order

  @MLS-002 @level:must @profile:core @source:stated
  Rule: MLS-002 The credential
    The credential of a member MUST be a basic credential that holds its Ed25519 public key of 32 bytes, which
    is also the key that it signs with.

    Scenario: What a client uploads
      When the client runs "register-state"
      Then its KeyPackage is of the identity that it was uploaded for

  @MLS-003 @level:must @profile:core @source:decided
  Rule: MLS-003 KeyPackages
    What is uploaded as a KeyPackage MUST be one MLSMessage with a KeyPackage (`00 01 00 05 …`); its
    fingerprint is the SHA-256 of these bytes.

    Scenario Outline: <command>
      When the client runs "<command>"
      Then its KeyPackage begins with 00 01 00 05

      Examples:
        | command        |
        | register       |
        | register-state |

  @MLS-004 @level:must @profile:core @source:decided
  Rule: MLS-004 Welcomes
    A Welcome MUST travel as one MLSMessage (`00 01 00 03 …`) with the ratchet tree in its GroupInfo.

    Scenario: Bob joins
      Given the client has made a group
      And Bob has published a KeyPackage
      When the client runs "invite --peer-key BOB"
      Then Bob joins by a Welcome of the client
      And the members are the client and Bob

  @MLS-005 @level:must @profile:core @source:decided
  Rule: MLS-005 Commits and messages
    Commits, proposals and messages MUST travel as MLSMessage with a PrivateMessage (`00 01 00 02 …`); a
    receiver refuses others.

    Scenario: A commit and a message
      Given the client is in a group with Bob
      And Carol has published a KeyPackage
      When the client runs "invite --peer-key CAROL"
      Then Bob's queue holds a PrivateMessage
      When the client sends a message
      Then Bob's queue holds a PrivateMessage

    Scenario: A commit that is public
      Given the client has joined a group of Bob
      When Bob renews his keys by a PublicMessage
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows none of these messages

  @MLS-006 @level:must @profile:core @source:decided
  Rule: MLS-006 The hybrid envelope
    A Welcome, commit or message to somebody who has published a hybrid key MUST be encrypted to it by a
    hybrid envelope (HYB); to others it travels without one.

    Scenario: To somebody who has a hybrid key
      Given Bob has a hybrid key
      And the client is in a group with Bob
      When the client sends a message
      Then all that went to Bob was in hybrid envelopes
      And Bob reads that message from the client

    Scenario: To somebody who has none
      Given the client is in a group with Bob
      When the client sends a message
      Then nothing that went to Bob was in a hybrid envelope
      And Bob reads that message from the client

    Scenario: To one who has, and one who has not
      Given Carol has a hybrid key
      And the client is in a group with Bob and Carol
      When the client sends a message
      Then Bob reads that message from the client
      And Carol reads that message from the client
      And all that went to Carol was in hybrid envelopes

  @MLS-007 @level:should @profile:core @source:decided
  Rule: MLS-007 The Envelope around it
    What goes into a queue SHOULD be an Envelope (ENV) of type mlsWelcome, mlsCommit or mlsApplication, with
    the MLSMessage, or the hybrid envelope that holds it, as its payload, and the group id where that has 32
    bytes.

    Scenario: A Welcome, a commit and a message
      Given Bob has a hybrid key
      And the client is in a group with Bob and Carol
      When the client sends a message
      Then all that went to Bob was in Envelopes of the right types

  @MLS-008 @level:should @profile:core @source:decided
  Rule: MLS-008 What receivers take
    A receiver SHOULD take an MLSMessage as it is, in an Envelope, in a hybrid envelope, and in both in either
    order.

    Scenario: Each way
      Given the client has joined a group of Bob
      When Bob sends a message as it is
      And Bob sends a message in an Envelope
      And Bob sends a message in a hybrid envelope
      And Bob sends a message in an Envelope with a hybrid envelope
      And Bob sends a message in a hybrid envelope with an Envelope
      And the client runs "recv"
      Then it shows these messages in order

  @MLS-009 @level:must @profile:core @source:decided
  Rule: MLS-009 Who it is from
    The sender that a receiver shows MUST be the one that MLS has verified, never the one that an Envelope
    names.

    Scenario: An Envelope that names another sender
      Given the client has joined a group of Bob
      When Bob sends a message in an Envelope that names Mallory
      And the client runs "recv --json"
      Then nothing that it shows is from Mallory

  @MLS-010 @level:must @profile:core @source:decided
  Rule: MLS-010 Who gets a commit
    A commit MUST be sent to every member of the epoch that it ends but its sender, those whom it removes
    included.

    Scenario: Somebody is invited
      Given the client is in a group with Bob
      And Carol has published a KeyPackage
      When the client runs "invite --peer-key CAROL"
      Then Bob reads that the client has added Carol
      And Carol joins by a Welcome of the client
      When the client sends a message
      Then Bob reads that message from the client
      And Carol reads that message from the client

    Scenario: Somebody is invited into a group of three
      Given the client is in a group with Bob and Carol
      And Mallory has published a KeyPackage
      When the client runs "invite --peer-key MALLORY"
      Then Bob reads that the client has added Mallory
      And Carol reads that the client has added Mallory

  @MLS-011 @level:should @profile:core @source:decided
  Rule: MLS-011 What comes too early
    A receiver SHOULD keep a message of an epoch that it has not reached, and read it once the commits before
    it have come.

    Scenario: A message comes before the commit that it needs
      Given the client has joined a group of Bob
      When Bob adds Carol, and the commit is late
      And Bob sends 1 message to the client
      And the client runs "recv"
      Then it shows none of these messages
      When the commit comes
      And the client runs "recv"
      Then it shows these messages in order

  @MLS-012 @level:must @profile:core @source:decided
  Rule: MLS-012 A commit that is refused
    A client MUST NOT go on to the epoch of a commit that the server refused for every recipient.

    Scenario: An invitation that is refused
      Given the client is in a group with Bob
      And Carol has published a KeyPackage
      And the server refuses enqueue with E015
      When the client runs "invite --peer-key CAROL"
      Then it fails
      When the server refuses nothing any more
      And the client sends a message
      Then it succeeds
      And Bob reads that message from the client

  @MLS-013 @level:must @profile:core @source:decided
  Rule: MLS-013 A new KeyPackage each time
    A client MUST NOT upload a KeyPackage twice, nor one with the keys of another.

    Scenario: Three at once, and one more
      When the client runs "register-state --count 3"
      And the client runs "register-state"
      Then it has uploaded at least 4 KeyPackages
      And no two of them have a key in common

  @MLS-014 @level:should @profile:core @source:decided
  Rule: MLS-014 How long a KeyPackage is valid
    A KeyPackage SHOULD be valid for 366 days or less.

    Scenario: What a client uploads
      When the client runs "register-state"
      Then its KeyPackage is valid for 366 days or less

  @HYB-010 @level:must @profile:core @source:decided
  Rule: HYB-010 Each envelope has its own secrets
    A sender MUST choose ephemeral key, encapsulation randomness and nonce anew for each envelope, from a
    source fit for cryptography.

    Scenario: Two messages
      Given Bob has a hybrid key
      And the client is in a group with Bob
      When the client sends a message
      And the client sends a message
      Then no two hybrid envelopes that went to Bob have a part in common

  @ENV-004 @level:must @profile:core @source:decided
  Rule: ENV-004 The sender
    `senderId` MUST be the SHA-256 of the sender's Ed25519 public key, 32 bytes, or empty where the sender is
    not told.

    Scenario: Of a client
      Given the client is in a group with Bob
      When the client sends a message
      Then each Envelope that went to Bob names the client, or nobody

  @ENV-005 @level:should @profile:core @source:decided
  Rule: ENV-005 The time
    `timestampMs` SHOULD be the sender's clock in milliseconds since 1970-01-01T00:00:00Z.

    Scenario: Of a client
      Given the client is in a group with Bob
      When the client sends a message
      Then each Envelope that went to Bob tells the time
