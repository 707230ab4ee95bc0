import { randomBytes } from 'node:crypto';
import { type Auth, type MethodCodec, nodeService } from '@quicnprotochat/proto';
import { type BoundMethod, bind, type Dispatch } from '@quicnprotochat/rpc';
import type { Accounts } from '../accounts.ts';
import { FullError, type Store, StoreError } from '../store/store.ts';
import { Authenticator, type Caller } from './authenticate.ts';
import { ChannelService } from './channels.ts';
import { DeliveryService } from './delivery.ts';
import { EndpointService } from './endpoints.ts';
import { NodeServiceError } from './error.ts';
import { HybridKeyService } from './hybrid-keys.ts';
import { KeyPackageService } from './key-packages.ts';
import { legacyMethods } from './legacy.ts';
import { DEFAULT_SERVICE_LIMITS, type ServiceLimits } from './limits.ts';
import { OpaqueService, PendingLogins } from './opaque.ts';
import { RateLimit } from './rate-limit.ts';
import { StorageQuota } from './storage-quota.ts';
import { Waiters } from './waiters.ts';

/** What a method does: the parameters as they came, authentication and all. */
export type MethodHandler<P, R> = (params: P, signal: AbortSignal) => Promise<R>;

/** Put around every method that is bound; the outermost seam of the service. */
export type Middleware = <P, R>(method: MethodCodec<P, R>, handler: MethodHandler<P, R>) => MethodHandler<P, R>;

/** Everything that the service takes from outside. */
export interface NodeServiceOptions {
  /** What it keeps; the service sets `onArrival`. */
  store: Store;
  /** Whose token is whose. */
  accounts: Accounts;
  /** Calls without a token are let in, as anonymous. */
  isOpen: boolean;
  /** The interfaces of the first generation are answered as well. */
  isLegacy?: boolean | undefined;
  /** The OPAQUE server setup, 128 bytes; without it methods 10 to 13 are not offered. */
  opaqueSetup?: Uint8Array | undefined;
  /** Whether new users may register. */
  takesRegistrations?: boolean | undefined;
  /** What differs from DEFAULT_SERVICE_LIMITS. */
  limits?: Partial<ServiceLimits> | undefined;
  /** ms since 1970. */
  now?: (() => number) | undefined;
  /** Makes channel ids and session tokens; default: node:crypto. @returns so many bytes that nobody can foretell */
  random?: ((length: number) => Uint8Array) | undefined;
  /** Put around every method, outside of authentication. */
  middleware?: Middleware | undefined;
}

type Methods = Map<string, BoundMethod>;

/** After a pause an address has as many OPAQUE calls at once as in so many seconds. */
const OPAQUE_BURST_SECONDS = 10;

/** A NodeService: which method does what, and the checks before it. */
export class NodeService {
  readonly #options: NodeServiceOptions;
  readonly #methods: Methods = new Map();
  readonly #waiters: Waiters;
  readonly #opaque: OpaqueService | undefined;
  readonly #opaqueRate: RateLimit;
  readonly #takesRegistrations: boolean;

  /** Takes `onArrival` of the store over. */
  constructor(options: NodeServiceOptions) {
    this.#options = options;
    const { store, accounts, isOpen, isLegacy = false, now = Date.now, random = randomBytes } = options;
    const limits = { ...DEFAULT_SERVICE_LIMITS, ...options.limits };
    this.#waiters = new Waiters(limits.waiters);
    store.onArrival = (queue) => (queue ? this.#waiters.wake(queue) : this.#waiters.wakeEvery());
    const authenticator = new Authenticator({ accounts, isOpen, limits, now });
    const rate = new RateLimit(limits.callsPerSecond, limits.callsAtOnce, now);
    this.#opaqueRate = new RateLimit(limits.opaquePerSecond, OPAQUE_BURST_SECONDS * limits.opaquePerSecond, now);

    const admit = (caller: Caller): Caller => {
      const { identityKey } = caller;
      if (identityKey && !rate.admits(Buffer.from(identityKey).toString('hex')))
        throw new NodeServiceError('E014', `at most ${limits.callsPerSecond} calls a second; try again in a moment`);
      return caller;
    };
    const add = <P, R>(method: MethodCodec<P, R>, handler: MethodHandler<P, R>): void =>
      this.#bind(this.#methods, method, handler);
    /** A method with an `auth`, which is checked before everything else. */
    const addGuarded = <P extends { auth: Auth }, R>(
      method: MethodCodec<P, R>,
      handler: (params: P, caller: Caller, signal: AbortSignal) => Promise<R>,
    ): void =>
      add(method, async (params, signal) => {
        const caller = authenticator.authenticate(params.auth);
        // Waited for only if it has to be: calls reach the store in the order in which they came.
        return handler(params, admit(caller instanceof Promise ? await caller : caller), signal);
      });

    const quota = new StorageQuota(store, limits.storedBytes, now);
    const keyPackages = new KeyPackageService(store, limits, quota);
    addGuarded(nodeService.uploadKeyPackage, (params, caller) => keyPackages.upload(params, caller));
    addGuarded(nodeService.fetchKeyPackage, (params, _caller, signal) => keyPackages.fetch(params, signal));

    const delivery = new DeliveryService(store, limits, quota, this.#waiters, now);
    addGuarded(nodeService.enqueue, (params, caller) => delivery.enqueue(params, caller));
    addGuarded(nodeService.batchEnqueue, (params, caller) => delivery.batchEnqueue(params, caller));
    addGuarded(nodeService.fetch, (params, caller, signal) => delivery.fetch(params, caller, signal));
    addGuarded(nodeService.fetchWait, (params, caller, signal) => delivery.fetchWait(params, caller, signal));
    addGuarded(nodeService.peek, (params, caller) => delivery.peek(params, caller));
    addGuarded(nodeService.ack, (params, caller) => delivery.ack(params, caller));

    const hybridKeys = new HybridKeyService(store, limits);
    addGuarded(nodeService.uploadHybridKey, (params, caller) => hybridKeys.upload(params, caller));
    addGuarded(nodeService.fetchHybridKey, (params) => hybridKeys.fetch(params));
    addGuarded(nodeService.fetchHybridKeys, (params) => hybridKeys.fetchMany(params));

    const endpoints = new EndpointService(store, limits);
    addGuarded(nodeService.publishEndpoint, (params, caller) => endpoints.publish(params, caller));
    addGuarded(nodeService.resolveEndpoint, (params) => endpoints.resolve(params));

    const channels = new ChannelService(store, random);
    addGuarded(nodeService.createChannel, (params, caller) => channels.createChannel(params, caller));

    add(nodeService.health, async () => ({ status: 'ok' }));
    if (isLegacy) legacyMethods(add, keyPackages, delivery);

    const { opaqueSetup: setup, takesRegistrations = true } = options;
    if (setup) this.#opaque = new OpaqueService({ store, accounts, setup, limits, now, random });
    this.#takesRegistrations = takesRegistrations;
  }

  /**
   * The methods for one RPC session, which owns the logins that it begins.
   * @param address of the caller: OPAQUE calls, which come before any authentication, are counted by it
   */
  session(address = ''): Dispatch {
    const own: Methods = new Map();
    const opaque = this.#opaque;
    if (opaque) {
      const logins = new PendingLogins();
      const add = <P, R>(method: MethodCodec<P, R>, handler: (params: P) => Promise<R>): void =>
        this.#bind(own, method, async (params) => {
          if (!this.#opaqueRate.admits(networkOf(address)))
            throw new NodeServiceError('E014', 'too many registrations and logins from this address; try again later');
          return handler(params);
        });
      add(nodeService.opaqueLoginStart, (params) => opaque.loginStart(params, logins));
      add(nodeService.opaqueLoginFinish, (params) => opaque.loginFinish(params, logins));
      if (this.#takesRegistrations) {
        add(nodeService.opaqueRegisterStart, (params) => opaque.registerStart(params));
        add(nodeService.opaqueRegisterFinish, (params) => opaque.registerFinish(params));
      }
    }
    return (interfaceId, methodId) => {
      const id = idOf(interfaceId, methodId);
      return own.get(id) ?? this.#methods.get(id);
    };
  }

  /** Calls that wait for a message. */
  get waiters(): number {
    return this.#waiters.size;
  }

  /** Answers everybody who waits for a message, with what there is: nothing. */
  endWaits(): void {
    this.#waiters.wakeAll();
  }

  #bind<P, R>(methods: Methods, method: MethodCodec<P, R>, handler: MethodHandler<P, R>): void {
    const { middleware } = this.#options;
    const guarded: MethodHandler<P, R> = (params, signal) => handler(params, signal).catch(storeFailure);
    const bound = bind(method, middleware ? middleware(method, guarded) : guarded);
    methods.set(idOf(method.interfaceId, method.methodId), bound);
  }
}

/** Who has an IPv6 address has 2^64 of them: they count as one. IPv4 within IPv6 is IPv4. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}

const idOf = (interfaceId: bigint, methodId: number): string => `${interfaceId}/${methodId}`;

function storeFailure(error: unknown): never {
  if (error instanceof StoreError)
    throw new NodeServiceError('E009', 'the server could not store that; try again later', { cause: error });
  if (error instanceof FullError) throw new NodeServiceError('E015', 'there is no room left');
  throw error;
}
