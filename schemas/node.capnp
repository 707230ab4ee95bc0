@0xd5ca5648a9cc1c28;
# NodeService: what a quicnprotochat node offers. It is the bootstrap capability of every RPC session, one
# session a bidirectional QUIC stream (spec: TRN, RPC).
#
# For a reader of the wire:
# - Method ordinals are the @N below; `Call.methodId` carries them, `Call.interfaceId` this interface's id.
# - Every parameter list and every result list is a struct of its own: data fields first, in the order of
#   their ordinals, then pointers. A missing (null) pointer reads as empty Data, an empty list, or a struct
#   with every field zero: a null `auth` is version 0.
# - Errors are exceptions of type `failed` with the reason "E0NN: NAME: text" (spec: ERR).

struct Auth {
  version @0 :UInt16;     # 0 = no token (accepted by open servers only), 1 = accessToken
  accessToken @1 :Data;   # bearer token, opaque; bound to one identity key
  deviceId @2 :Data;      # optional, at most 64 bytes
}

struct Delivery {
  seq @0 :UInt64;         # strictly increasing in a queue for the queue's whole life
  payload @1 :Data;       # as enqueued, byte for byte
}

interface NodeService {
  # identityKey, recipientKey, peerKey: Ed25519 public keys, 32 bytes.
  # channelId: empty = the recipient's default queue; 16 bytes = a channel made by createChannel.
  # version: the wire version of the delivery methods, 1.

  uploadKeyPackage @0 (identityKey :Data, package :Data, auth :Auth) -> (fingerprint :Data);
  # package: 1 byte ... 1 MiB. fingerprint: SHA-256 of package, 32 bytes.

  fetchKeyPackage @1 (identityKey :Data, auth :Auth) -> (package :Data);
  # Removes and returns the oldest package; empty when none is left.

  enqueue @2 (recipientKey :Data, payload :Data, channelId :Data, version :UInt16, auth :Auth) -> (seq :UInt64);
  # payload: 1 byte ... 5 MiB.

  fetch @3 (recipientKey :Data, channelId :Data, version :UInt16, auth :Auth, limit :UInt32) -> (payloads :List(Delivery));
  # Removes and returns up to `limit` messages (0 = all), in seq order.

  fetchWait @4 (recipientKey :Data, channelId :Data, version :UInt16, timeoutMs :UInt64, auth :Auth, limit :UInt32) -> (payloads :List(Delivery));
  # As fetch; with nothing queued it waits up to timeoutMs milliseconds for a message.

  health @5 () -> (status :Text);
  # "ok" while the node serves. No authentication.

  uploadHybridKey @6 (identityKey :Data, hybridPublicKey :Data, auth :Auth) -> ();
  # hybridPublicKey: 1,216 bytes = X25519 public key (32) | ML-KEM-768 encapsulation key (1184).

  fetchHybridKey @7 (identityKey :Data, auth :Auth) -> (hybridPublicKey :Data);
  # Empty when there is none.

  publishEndpoint @8 (identityKey :Data, nodeAddr :Data, auth :Auth) -> ();
  # nodeAddr: 1 byte ... 4 KiB, opaque; the last one wins.

  resolveEndpoint @9 (identityKey :Data, auth :Auth) -> (nodeAddr :Data);
  # Empty when there is none.

  opaqueRegisterStart @10 (username :Text, request :Data) -> (response :Data);
  opaqueRegisterFinish @11 (username :Text, upload :Data, identityKey :Data) -> (success :Bool);
  opaqueLoginStart @12 (username :Text, request :Data) -> (response :Data);
  opaqueLoginFinish @13 (username :Text, finalization :Data, identityKey :Data) -> (sessionToken :Data);
  # OPAQUE (RFC 9807); sessionToken: 32 bytes, an accessToken for Auth version 1.

  peek @14 (recipientKey :Data, channelId :Data, version :UInt16, auth :Auth, limit :UInt32) -> (payloads :List(Delivery));
  # As fetch, and leaves the messages where they are.

  ack @15 (recipientKey :Data, channelId :Data, version :UInt16, seqUpTo :UInt64, auth :Auth) -> ();
  # Removes every message with seq <= seqUpTo; idempotent.

  fetchHybridKeys @16 (identityKeys :List(Data), auth :Auth) -> (keys :List(Data));
  # Answers in request order, empty Data for the absent.

  batchEnqueue @17 (recipientKeys :List(Data), payload :Data, channelId :Data, version :UInt16, auth :Auth) -> (seqs :List(UInt64));
  # One payload to every recipient, all or nothing; seqs in request order.

  createChannel @18 (peerKey :Data, auth :Auth) -> (channelId :Data);
  # The 1:1 channel of caller and peer: 16 random bytes, the same for the pair in either order.
}
