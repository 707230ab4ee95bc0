import { createHash } from 'node:crypto';
import type { nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';
import { FullError, type Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireIdentity, requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';
import type { StorageQuota } from './storage-quota.ts';

type Methods = typeof nodeService;

/** uploadKeyPackage and fetchKeyPackage (spec: KP). */
export class KeyPackageService {
  readonly #store: Store;
  readonly #limits: ServiceLimits;
  readonly #quota: StorageQuota;

  constructor(store: Store, limits: ServiceLimits, quota: StorageQuota) {
    this.#store = store;
    this.#limits = limits;
    this.#quota = quota;
  }

  async upload(
    { identityKey, package: keyPackage }: Omit<ParamsOf<Methods['uploadKeyPackage']>, 'auth'>,
    caller: Caller,
  ): Promise<ResultsOf<Methods['uploadKeyPackage']>> {
    requireKey('identityKey', identityKey);
    requireIdentity(caller, identityKey);
    const { packageBytes, keyPackages } = this.#limits;
    if (keyPackage.length === 0) throw new NodeServiceError('E007', 'the package is empty');
    if (keyPackage.length > packageBytes) {
      throw new NodeServiceError(
        'E008',
        `the package has ${keyPackage.length} bytes, at most ${packageBytes} are taken`,
      );
    }
    this.#quota.take(keyPackage.length);
    try {
      await this.#store.addKeyPackage(identityKey, keyPackage, keyPackages);
    } catch (error) {
      if (error instanceof FullError) throw new NodeServiceError('E015', `${keyPackages} packages are waiting already`);
      throw error;
    }
    return { fingerprint: createHash('sha256').update(keyPackage).digest() };
  }

  async fetch(
    { identityKey }: Omit<ParamsOf<Methods['fetchKeyPackage']>, 'auth'>,
    signal: AbortSignal,
  ): Promise<ResultsOf<Methods['fetchKeyPackage']>> {
    requireKey('identityKey', identityKey);
    signal.throwIfAborted();
    const taken = await this.#store.takeKeyPackage(identityKey);
    if (taken && signal.aborted) {
      await this.#store.restoreKeyPackage(identityKey, taken);
      throw signal.reason;
    }
    return { package: taken ?? new Uint8Array() };
  }
}
