import type { Auth } from '@quicnprotochat/proto';
import { parseReason } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import { connectVat, type Method, type RpcClient, RpcException, SessionEndedError } from '@quicnprotochat/rpc';
import { newIdentityKey } from '../target/accounts.ts';
import { connectTarget, type TargetData } from '../target/target.ts';

/** What a property found to be wrong with the target. */
export class Violation extends Error {}

/** The run says nothing about the target: something that is no fault got in its way. */
export class Inconclusive extends Error {}

export const PEOPLE = ['Alice', 'Bob', 'Mallory'] as const;
export type Person = (typeof PEOPLE)[number];
/** Sessions, each on a connection of its own. */
export const SESSIONS = { a1: 'Alice', a2: 'Alice', b1: 'Bob', b2: 'Bob', m1: 'Mallory' } as const;
export type SessionName = keyof typeof SESSIONS;

export interface Identity {
  /** 32 bytes. */
  key: Uint8Array;
  auth: Auth;
}

/** `refused`: for its rate, or because the queue or store is full. `unanswered`: it may have happened. */
export type Answer<R> = { kind: 'results'; results: R } | { kind: 'refused' } | { kind: 'unanswered'; why: string };

/** Calls as the models make them; what is behind it is a target, or a test. */
export interface Service {
  call<P, R>(session: SessionName, method: Method<P, R>, params: P, waitMs?: number): Promise<Answer<R>>;
}

/** Accounts for the people: on an open target without accounts, people who were never there before. */
export function peopleOf({ accounts }: TargetData): Record<Person, Identity> {
  const usable = accounts.filter(({ isExpired, deviceId }) => !isExpired && deviceId === undefined);
  const spare = accounts.filter(({ isExpired, deviceId }) => !isExpired && deviceId !== undefined);
  const bytes = (hex: string | undefined): Uint8Array => new Uint8Array(Buffer.from(hex ?? '', 'hex'));
  const identities = PEOPLE.map((_, i): Identity => {
    const account = [...usable, ...spare][i];
    if (!account) return { key: newIdentityKey(), auth: { version: 0, accessToken: bytes(''), deviceId: bytes('') } };
    const { identityKey, token, deviceId } = account;
    const auth = { version: token === undefined ? 0 : 1, accessToken: bytes(token), deviceId: bytes(deviceId) };
    return { key: bytes(identityKey), auth };
  });
  const [Alice, Bob, Mallory] = identities as [Identity, Identity, Identity];
  return { Alice, Bob, Mallory };
}

/** Sessions with the target that are opened when they are needed, and again after they were lost. */
export class TargetService implements Service {
  readonly #target: TargetData;
  readonly #open = new Map<SessionName, Promise<{ connection: QuicConnection; rpc: RpcClient }>>();

  constructor(target: TargetData) {
    this.#target = target;
  }

  async call<P, R>(session: SessionName, method: Method<P, R>, params: P, waitMs = 0): Promise<Answer<R>> {
    const { rpc } = await this.#session(session);
    const signal = AbortSignal.timeout(this.#target.timeoutMs + waitMs);
    try {
      return { kind: 'results', results: await rpc.call(method, params, { signal }) };
    } catch (error) {
      const isLost = error instanceof SessionEndedError;
      if (isLost || signal.aborted) {
        await this.#drop(session);
        return { kind: 'unanswered', why: isLost ? error.message : `no answer within ${this.#target.timeoutMs} ms` };
      }
      if (!(error instanceof RpcException)) throw error;
      if (['E014', 'E015'].includes(parseReason(error.reason) ?? '')) return { kind: 'refused' };
      throw new Violation(`${method.name} by ${session} was answered by ${error.type}: ${error.reason}`);
    }
  }

  async close(): Promise<void> {
    for (const session of [...this.#open.keys()]) await this.#drop(session);
  }

  #session(name: SessionName): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    let opened = this.#open.get(name);
    if (!opened) {
      opened = connectTarget(this.#target).then(async (connection) => ({
        connection,
        rpc: connectVat(await connection.openStream()),
      }));
      opened.catch(() => this.#open.delete(name));
      this.#open.set(name, opened);
    }
    return opened;
  }

  async #drop(name: SessionName): Promise<void> {
    const opened = this.#open.get(name);
    this.#open.delete(name);
    await (await opened?.catch(() => undefined))?.connection.close();
  }
}
