@0xc5d9e2b4f1a83076;
# The delivery service alone, as the first generation of nodes offered it. NodeService (node.capnp) has the
# same two methods with `auth`, `limit` and sequence numbers; a node MAY answer this interface on its
# bootstrap capability as well, never on a channel queue.

interface DeliveryService {
  enqueue @0 (recipientKey :Data, payload :Data, channelId :Data, version :UInt16) -> ();
  # recipientKey: 32 bytes. payload: 1 byte ... 5 MiB, opaque. channelId: empty here. version: 1.

  fetch @1 (recipientKey :Data, channelId :Data, version :UInt16) -> (payloads :List(Data));
  # Removes and returns what is queued, oldest first.
}
