import { HYBRID_PUBLIC_KEY_LEN, type nodeService, type ParamsOf, type ResultsOf } from '@quicnprotochat/proto';
import type { Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireIdentity, requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';

type Methods = typeof nodeService;

/** uploadHybridKey, fetchHybridKey and fetchHybridKeys (spec: HK). */
export class HybridKeyService {
  readonly #store: Store;
  readonly #limits: ServiceLimits;

  constructor(store: Store, limits: ServiceLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async upload(
    { identityKey, hybridPublicKey }: ParamsOf<Methods['uploadHybridKey']>,
    caller: Caller,
  ): Promise<ResultsOf<Methods['uploadHybridKey']>> {
    requireKey('identityKey', identityKey);
    if (hybridPublicKey.length === 0) throw new NodeServiceError('E013', 'the hybrid public key is empty');
    if (hybridPublicKey.length !== HYBRID_PUBLIC_KEY_LEN) {
      const length = hybridPublicKey.length;
      throw new NodeServiceError('E020', `the hybrid public key has ${length} bytes, not ${HYBRID_PUBLIC_KEY_LEN}`);
    }
    requireIdentity(caller, identityKey);
    await this.#store.putHybridKey(identityKey, hybridPublicKey);
    return {};
  }

  async fetch({ identityKey }: ParamsOf<Methods['fetchHybridKey']>): Promise<ResultsOf<Methods['fetchHybridKey']>> {
    requireKey('identityKey', identityKey);
    return { hybridPublicKey: (await this.#store.getHybridKey(identityKey)) ?? new Uint8Array() };
  }

  async fetchMany({
    identityKeys,
  }: ParamsOf<Methods['fetchHybridKeys']>): Promise<ResultsOf<Methods['fetchHybridKeys']>> {
    const { batchKeys } = this.#limits;
    if (identityKeys.length > batchKeys)
      throw new NodeServiceError(
        'E020',
        `${identityKeys.length} keys are asked for, at most ${batchKeys} are answered`,
      );
    for (const identityKey of identityKeys) requireKey('identityKey', identityKey);
    const keys = await this.#store.getHybridKeys(identityKeys);
    return { keys: keys.map((key) => key ?? new Uint8Array()) };
  }
}
