import { authenticationService, deliveryService, type MethodCodec } from '@quicnprotochat/proto';
import { ANONYMOUS } from './authenticate.ts';
import type { DeliveryService } from './delivery.ts';
import { NodeServiceError } from './error.ts';
import type { KeyPackageService } from './key-packages.ts';

type Add = <P, R>(method: MethodCodec<P, R>, handler: (params: P, signal: AbortSignal) => Promise<R>) => void;

/** AuthenticationService and DeliveryService of the first generation: no authentication, default queues only (spec: RPC). */
export function legacyMethods(add: Add, keyPackages: KeyPackageService, delivery: DeliveryService): void {
  add(authenticationService.uploadKeyPackage, (params) => keyPackages.upload(params, ANONYMOUS));
  add(authenticationService.fetchKeyPackage, (params, signal) => keyPackages.fetch(params, signal));
  add(deliveryService.enqueue, async (params) => {
    requireDefaultQueue(params.channelId);
    await delivery.enqueue({ ...params, auth: NO_AUTH }, ANONYMOUS);
    return {};
  });
  add(deliveryService.fetch, async (params, signal) => {
    requireDefaultQueue(params.channelId);
    const { payloads } = await delivery.fetch({ ...params, limit: 0, auth: NO_AUTH }, ANONYMOUS, signal);
    return { payloads: payloads.map(({ payload }) => payload) };
  });
}

const NO_AUTH = { version: 0, accessToken: new Uint8Array(), deviceId: new Uint8Array() };

function requireDefaultQueue(channelId: Uint8Array): void {
  if (channelId.length > 0) throw new NodeServiceError('E020', 'channel queues need authentication');
}
