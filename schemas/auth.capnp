@0xb3a8f1c2e4d97650;
# The authentication service alone, as the first generation of nodes offered it. NodeService (node.capnp)
# has the same two methods with an `auth` parameter; a node MAY answer this interface on its bootstrap
# capability as well.

interface AuthenticationService {
  uploadKeyPackage @0 (identityKey :Data, package :Data) -> (fingerprint :Data);
  # identityKey: Ed25519 public key, 32 bytes. package: 1 byte ... 1 MiB, opaque to the node.
  # fingerprint: SHA-256 of package, 32 bytes.

  fetchKeyPackage @1 (identityKey :Data) -> (package :Data);
  # Removes and returns the oldest package of that identity; empty when there is none.
}
