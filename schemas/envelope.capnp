@0xe4a7f2c8b1d63509;
# The Envelope: the optional, typed wrapper that clients put around what they exchange.
# A NodeService never looks inside: to it, an Envelope is one opaque payload (spec: ENV).

enum MsgType {
  # What `payload` holds. A reader refuses a value that it does not know: it could not act on it.
  ping @0;                # liveness, payload free (may be empty)
  pong @1;                # answer to a ping, payload echoed
  keyPackageUpload @2;    # a KeyPackage on its way to the authentication service
  keyPackageFetch @3;     # a request for one; payload = the identity key wanted, 32 bytes
  keyPackageResponse @4;  # the KeyPackage found, or an empty payload
  mlsWelcome @5;          # MLSMessage(Welcome), RFC 9420 section 12.4.3.1
  mlsCommit @6;           # MLSMessage(PrivateMessage) with a Commit
  mlsApplication @7;      # MLSMessage(PrivateMessage) with application data
  error @8;               # UTF-8 text, "E0NN: NAME: text"
}

struct Envelope {
  # Data section: 2 words (msgType at bits 0-15, timestampMs at bits 64-127).
  # Pointer section: 3 pointers (groupId, senderId, payload).
  msgType @0 :MsgType;
  groupId @1 :Data;       # 32 bytes, or empty where there is no group (ping, pong, key packages)
  senderId @2 :Data;      # 32 bytes: SHA-256 of the sender's Ed25519 public key; empty where it is not told
  payload @3 :Data;       # as msgType says
  timestampMs @4 :UInt64; # milliseconds since 1970-01-01T00:00:00Z, the sender's clock
}
