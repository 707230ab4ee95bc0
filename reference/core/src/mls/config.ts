import { type ClientConfig, type Credential, defaultKeyPackageEqualityConfig } from '../../vendor/ts-mls/index.js';
import { equalBytes } from '../crypto/primitives.ts';
import { IDENTITY_KEY_LEN } from '../identity.ts';
import { MAX_LIFETIME_SECONDS, MAX_SKIPPED, MAX_SKIPPED_KEPT, PAST_EPOCHS } from '../limits.ts';

/**
 * @returns the identity key, 32 bytes, that a credential stands for; undefined when it is none of ours: it has to be a basic
 * credential that holds just the Ed25519 key which the leaf signs with
 */
export function identityOf(credential: Credential, signatureKey: Uint8Array): Uint8Array | undefined {
  if (credential.credentialType !== 'basic' || !('identity' in credential)) return undefined;
  const { identity } = credential;
  return identity.length === IDENTITY_KEY_LEN && equalBytes(identity, signatureKey) ? identity : undefined;
}

export const clientConfig: ClientConfig = {
  authService: {
    validateCredential: async (credential, signatureKey) => identityOf(credential, signatureKey) !== undefined,
  },
  keyRetentionConfig: {
    retainKeysForGenerations: MAX_SKIPPED_KEPT,
    retainKeysForEpochs: PAST_EPOCHS,
    maximumForwardRatchetSteps: MAX_SKIPPED,
  },
  // On receiving, the time is not looked at: who catches up after months reads commits that add KeyPackages of then.
  lifetimeConfig: { maximumTotalLifetime: BigInt(MAX_LIFETIME_SECONDS), validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: { kind: 'padUntilLength', padUntilLength: 256 },
};
