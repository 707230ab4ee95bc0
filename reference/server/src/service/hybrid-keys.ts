import { HYBRID_PUBLIC_KEY_LEN, type nodeService, type ParamsOf, type ResultsOf } from '@quicnprotochat/proto';
import type { Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireIdentity, requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';

type Methods = typeof nodeService;

/** uploadHybridKey and fetchHybridKey (spec: HK). */
export class HybridKeyService {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
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
}
