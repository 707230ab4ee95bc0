export { CoreError, type CoreErrorCode } from './errors.ts';
export { hybridDecrypt, hybridEncrypt } from './hybrid/hybrid.ts';
export { HybridKeypair, HybridPublicKey } from './hybrid/keys.ts';
export { HYBRID_OVERHEAD, HYBRID_SEED_LEN, HYBRID_VERSION } from './hybrid/layout.ts';
export { IDENTITY_KEY_LEN, IDENTITY_SEED_LEN, IdentityKeypair } from './identity.ts';
export { KEY_PACKAGE_LIFETIME_SECONDS, MAX_LIFETIME_SECONDS, MAX_PLAINTEXT_LEN, PAST_EPOCHS } from './limits.ts';
export { GroupMember } from './mls/group-member.ts';
export type { GroupMemberOptions, PendingCommit } from './mls/group-types.ts';
export {
  fingerprintOf,
  type GeneratedKeyPackage,
  generateKeyPackage,
  inspectKeyPackage,
  type KeyPackageInfo,
} from './mls/key-package.ts';
export type { Received } from './mls/receive.ts';
export { readFileIfAny, writeFileAtomically } from './store/atomic-file.ts';
export { DiskKeyStore, type DiskKeyStoreOptions } from './store/disk-key-store.ts';
export { type KeyStore, MemoryKeyStore } from './store/key-store.ts';
export { type Argon2Cost, StoreCrypto } from './store/store-crypto.ts';
