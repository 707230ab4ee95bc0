import type { nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';
import type { Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireIdentity, requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';

type Methods = typeof nodeService;

/** publishEndpoint and resolveEndpoint (spec: P2P). What is published is opaque here. */
export class EndpointService {
  readonly #store: Store;
  readonly #limits: ServiceLimits;

  constructor(store: Store, limits: ServiceLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  async publish(
    { identityKey, nodeAddr }: ParamsOf<Methods['publishEndpoint']>,
    caller: Caller,
  ): Promise<ResultsOf<Methods['publishEndpoint']>> {
    requireKey('identityKey', identityKey);
    requireIdentity(caller, identityKey);
    const { nodeAddrBytes } = this.#limits;
    if (nodeAddr.length === 0 || nodeAddr.length > nodeAddrBytes) {
      throw new NodeServiceError('E020', `nodeAddr has ${nodeAddr.length} bytes, not 1 to ${nodeAddrBytes}`);
    }
    await this.#store.putEndpoint(identityKey, nodeAddr);
    return {};
  }

  async resolve({ identityKey }: ParamsOf<Methods['resolveEndpoint']>): Promise<ResultsOf<Methods['resolveEndpoint']>> {
    requireKey('identityKey', identityKey);
    return { nodeAddr: (await this.#store.getEndpoint(identityKey)) ?? new Uint8Array() };
  }
}
