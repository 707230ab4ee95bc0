export { CoreError, type CoreErrorCode } from './errors.ts';
export { hybridDecrypt, hybridEncrypt } from './hybrid/hybrid.ts';
export { HybridKeypair, HybridPublicKey } from './hybrid/keys.ts';
export { HYBRID_OVERHEAD, HYBRID_SEED_LEN, HYBRID_VERSION } from './hybrid/layout.ts';
