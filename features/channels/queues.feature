Feature: Queues in channels

  @CH-012 @level:must @profile:channels @source:stated @needs:accounts
  Rule: CH-012 Queues are apart
    A server MUST keep the queues of one recipient in different channels and its default queue apart from each other,
    and the queues of the two members of a channel too.

    Scenario: Default queue and channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Bob has put 1 message into Alice's queue
      Then Alice's queue still holds its messages
      And Alice's queue in the channel with Bob still holds its messages

    Scenario: A message in a channel is not in the default queue
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 1 message into Alice's queue in the channel with Bob
      Then nothing is in Alice's queue
      And Alice's queue in the channel with Bob still holds its messages

    Scenario: A message in the default queue is not in a channel
      Given a channel between Alice and Bob
      And Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      Then nothing is in Alice's queue in the channel with Bob
      And Alice's queue still holds its messages

    Scenario: Two channels of one recipient
      Given a channel between Alice and Bob
      And a channel between Alice and Mallory
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Mallory has put 1 message into Alice's queue in the channel with Mallory
      Then Alice's queue in the channel with Mallory still holds its messages
      And Alice's queue in the channel with Bob still holds its messages

    Scenario: The two members of one channel
      Given a channel between Alice and Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      Then nothing is in Bob's queue in the channel with Alice
      Given Alice has put 1 message into Bob's queue in the channel with Alice
      Then Alice's queue in the channel with Bob still holds its messages
      And Bob's queue in the channel with Alice still holds its messages

    Scenario: Numbers rise in a channel too
      Given a channel between Alice and Bob
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      And Alice's queue in the channel with Bob is empty
      And Bob has put 2 messages into Alice's queue in the channel with Bob
      Then the numbers of Alice's queue in the channel with Bob have only risen

  @CH-013 @level:must @profile:channels @source:decided @needs:accounts
  Rule: CH-013 Waiting is for one channel
    A `fetchWait` on a channel MUST return what comes into its queue there, and nothing of the recipient's other
    queues.

    Scenario: A message in the default queue
      Given a channel between Alice and Bob
      And Alice's queue is empty
      When a wait of 500 ms begins on Alice's queue in the channel with Bob
      And Bob puts some text into Alice's queue
      Then the wait ends with an empty list
      And Alice's queue still holds its messages

    Scenario: A message in another channel
      Given a channel between Alice and Bob
      And a channel between Alice and Mallory
      When a wait of 500 ms begins on Alice's queue in the channel with Bob
      And Mallory puts some text into Alice's queue in the channel with Mallory
      Then the wait ends with an empty list
      And Alice's queue in the channel with Mallory still holds its messages

    Scenario: Waits on both members' queues
      Given a channel between Alice and Bob
      When a wait of 20000 ms begins on Alice's queue in the channel with Bob
      And Alice puts some text into Bob's queue in the channel with Alice
      Then the wait is still going on
      When Bob puts every byte value into Alice's queue in the channel with Bob
      Then the wait ends with all its messages
      And Bob's queue in the channel with Alice still holds its messages

    Scenario: What is queued elsewhere
      Given a channel between Alice and Bob
      And a channel between Alice and Mallory
      And Alice's queue is empty
      And Bob has put 1 message into Alice's queue
      And Mallory has put 1 message into Alice's queue in the channel with Mallory
      When a wait of 200 ms begins on Alice's queue in the channel with Bob
      Then the wait ends with an empty list
      And Alice's queue still holds its messages
      And Alice's queue in the channel with Mallory still holds its messages
