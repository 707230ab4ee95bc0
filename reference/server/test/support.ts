import { randomBytes } from 'node:crypto';
import { type Auth, nodeService, parseReason } from '@quicnprotochat/proto';
import { type ByteStream, connectVat, type RpcClient, RpcException, serveVat } from '@quicnprotochat/rpc';
import {
  AccountTable,
  memoryStore,
  NodeService,
  type NodeServiceOptions,
  type ServiceLimits,
  type Store,
} from '../src/index.ts';

/** A person with a token. */
export interface Actor {
  identityKey: Uint8Array;
  token: Uint8Array;
  auth: Auth;
}

export function actor(): Actor {
  const token = randomBytes(32);
  return { identityKey: randomBytes(32), token, auth: { version: 1, accessToken: token, deviceId: new Uint8Array() } };
}

export const NO_AUTH: Auth = { version: 0, accessToken: new Uint8Array(), deviceId: new Uint8Array() };

/** One end of an in-memory stream. */
class PipeEnd implements ByteStream {
  peer!: PipeEnd;
  readonly #incoming: (Uint8Array | null)[] = [];
  #reader: (() => void) | undefined;
  #isEnded = false;

  async read(): Promise<Uint8Array | null> {
    while (this.#incoming.length === 0) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    return this.#incoming[0] === null ? null : (this.#incoming.shift() as Uint8Array);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.peer.#push(bytes);
  }

  async end(): Promise<void> {
    if (!this.#isEnded) this.peer.#push(null);
    this.#isEnded = true;
  }

  reset(): void {
    void this.end();
  }

  #push(item: Uint8Array | null): void {
    this.#incoming.push(item);
    this.#reader?.();
  }
}

/** A service with three accounts, and sessions to it without a network. */
export async function startService(
  options: Partial<Omit<NodeServiceOptions, 'limits'>> & { limits?: Partial<ServiceLimits>; store?: Store } = {},
): Promise<{
  service: NodeService;
  store: Store;
  alice: Actor;
  bob: Actor;
  mallory: Actor;
  accounts: AccountTable;
  /** @param address of the caller */
  session(address?: string): RpcClient;
}> {
  const accounts = new AccountTable();
  const people = { alice: actor(), bob: actor(), mallory: actor() };
  for (const [name, { identityKey, token }] of Object.entries(people)) {
    accounts.add(token, { name, identityKey, deviceId: undefined, expiresAtMs: undefined });
  }
  const store = options.store ?? (await memoryStore());
  const service = new NodeService({ accounts, isOpen: false, ...options, store });
  const session = (address?: string): RpcClient => {
    const near = new PipeEnd();
    const far = new PipeEnd();
    near.peer = far;
    far.peer = near;
    serveVat(far, { dispatch: service.session(address), badParams: 'E020: BAD_PARAMS: shape' });
    return connectVat(near);
  };
  return { service, store, accounts, session, ...people };
}

/** For `assert.rejects`: an exception whose reason leads with that code. */
export const code = (expected: string) => (error: unknown) =>
  error instanceof RpcException && parseReason(error.reason) === expected;

/** Parameters of the delivery methods for somebody's default queue. */
export const queueOf = (person: Actor, auth = person.auth) => ({
  recipientKey: person.identityKey,
  channelId: new Uint8Array(),
  version: 1,
  auth,
});

export { nodeService };
