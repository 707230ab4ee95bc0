import { randomBytes } from 'node:crypto';
import { type Auth, type MethodCodec, nodeService } from '@quicnprotochat/proto';
import { type BoundMethod, bind, type Dispatch } from '@quicnprotochat/rpc';
import type { Accounts } from '../accounts.ts';
import { FullError, type Store, StoreError } from '../store/store.ts';
import { authenticator, type Caller } from './authenticate.ts';
import { ChannelService } from './channels.ts';
import { DeliveryService } from './delivery.ts';
import { NodeServiceError } from './error.ts';
import { HybridKeyService } from './hybrid-keys.ts';
import { KeyPackageService } from './key-packages.ts';
import { legacyMethods } from './legacy.ts';
import { DEFAULT_SERVICE_LIMITS, type ServiceLimits } from './limits.ts';
import { Waiters } from './waiters.ts';

/** What a method does with parameters of an authenticated caller. */
export type MethodHandler<P, R> = (params: P, caller: Caller, signal: AbortSignal) => Promise<R>;

/** Put around every method that is bound; the outermost seam of the service. */
export type Middleware = <P, R>(method: MethodCodec<P, R>, handler: MethodHandler<P, R>) => MethodHandler<P, R>;

/** Everything that the service takes from outside. */
export interface NodeServiceOptions {
  store: Store;
  accounts: Accounts;
  /** Calls without a token are let in, as anonymous. */
  isOpen: boolean;
  /** The interfaces of the first generation are answered as well. */
  isLegacy?: boolean | undefined;
  limits?: Partial<ServiceLimits> | undefined;
  now?: (() => number) | undefined;
  random?: ((length: number) => Uint8Array) | undefined;
  middleware?: Middleware | undefined;
}

/** A NodeService: which method does what, and the checks before it. */
export class NodeService {
  /** Finds the method of a call. */
  readonly dispatch: Dispatch;
  readonly #waiters = new Waiters();

  constructor(options: NodeServiceOptions) {
    const { store, accounts, isOpen, isLegacy = false, now = Date.now, random = randomBytes } = options;
    const limits = { ...DEFAULT_SERVICE_LIMITS, ...options.limits };
    const authenticate = authenticator({ accounts, isOpen, limits, now });
    const middleware: Middleware = options.middleware ?? ((_method, handler) => handler);

    const keyPackages = new KeyPackageService(store, limits);
    const delivery = new DeliveryService(store, limits, this.#waiters, now);
    const hybridKeys = new HybridKeyService(store);
    const channels = new ChannelService(store, random);

    const methods = new Map<string, BoundMethod>();
    const add = <P, R>(method: MethodCodec<P, R>, handler: (params: P, signal: AbortSignal) => Promise<R>): void => {
      methods.set(
        idOf(method.interfaceId, method.methodId),
        bind(method, (params, signal) => handler(params, signal).catch(storeFailure)),
      );
    };
    /** A method with an `auth`, which is checked before everything else. */
    const addGuarded = <P extends { auth: Auth }, R>(method: MethodCodec<P, R>, handler: MethodHandler<P, R>): void => {
      const inner = middleware(method, handler);
      add(method, async (params, signal) => inner(params, authenticate(params.auth), signal));
    };

    addGuarded(nodeService.uploadKeyPackage, (params, caller) => keyPackages.upload(params, caller));
    addGuarded(nodeService.fetchKeyPackage, (params, _caller, signal) => keyPackages.fetch(params, signal));
    addGuarded(nodeService.enqueue, (params, caller) => delivery.enqueue(params, caller));
    addGuarded(nodeService.fetch, (params, caller, signal) => delivery.fetch(params, caller, signal));
    addGuarded(nodeService.fetchWait, (params, caller, signal) => delivery.fetchWait(params, caller, signal));
    addGuarded(nodeService.uploadHybridKey, (params, caller) => hybridKeys.upload(params, caller));
    addGuarded(nodeService.fetchHybridKey, (params) => hybridKeys.fetch(params));
    addGuarded(nodeService.createChannel, (params, caller) => channels.createChannel(params, caller));
    const health = middleware(nodeService.health, async () => ({ status: 'ok' }));
    add(nodeService.health, (params, signal) => health(params, { identityKey: undefined }, signal));
    if (isLegacy) legacyMethods(add, keyPackages, delivery);

    this.dispatch = (interfaceId, methodId) => methods.get(idOf(interfaceId, methodId));
  }

  /** Answers everybody who waits for a message, with what there is: nothing. */
  endWaits(): void {
    this.#waiters.wakeAll();
  }
}

const idOf = (interfaceId: bigint, methodId: number): string => `${interfaceId}/${methodId}`;

function storeFailure(error: unknown): never {
  if (error instanceof StoreError)
    throw new NodeServiceError('E009', 'the server could not store that; try again later', { cause: error });
  if (error instanceof FullError) throw new NodeServiceError('E015', 'there is no room left');
  throw error;
}
