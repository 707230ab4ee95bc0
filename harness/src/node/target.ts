import { setTimeout as delay } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import { type Method, type RpcClient, RpcException } from '@quicnprotochat/rpc';
import type { ConformanceWorld, Outcome } from '../world/world.ts';
import type { CalledMethod, CallParams } from './methods.ts';
import type { Results } from './outcome.ts';
import type { Person } from './people.ts';

/** For a server to see that somebody has left, in ms. */
const LEAVE_MS = 20;

/** The target as these steps see it: sessions by name, each on a connection of its own, and calls on them. */
export class NodeTarget {
  readonly #world: ConformanceWorld;
  readonly #sessions = new Map<string, Promise<{ connection: QuicConnection; rpc: RpcClient }>>();

  constructor(world: ConformanceWorld) {
    this.#world = world;
  }

  get limits() {
    return this.#world.limits;
  }

  get random() {
    return this.#world.random;
  }

  person(person: Person) {
    return this.#world.person(person.toLowerCase() as Lowercase<Person>);
  }

  expiredPerson() {
    return this.#world.expiredPerson();
  }

  boundPerson() {
    return this.#world.boundPerson();
  }

  skip(reason: string): never {
    return this.#world.skip(reason);
  }

  /** Connects that session, unless it is connected. */
  async open(session: string): Promise<RpcClient> {
    let opened = this.#sessions.get(session);
    if (!opened) {
      opened = this.#open();
      this.#sessions.set(session, opened);
    }
    return (await opened).rpc;
  }

  /** Connects those sessions and makes a call on each, so that what comes next reaches the target at once. */
  async openAll(sessions: readonly string[]): Promise<void> {
    for (const session of sessions)
      await this.open(session).then((rpc) => this.#world.call(rpc, session, nodeService.health, {}));
  }

  /** Connects those sessions as streams of one connection, and makes a call on each. @returns as many as the target grants streams */
  async openOnOneConnection(sessions: readonly string[]): Promise<string[]> {
    const connection = await this.#world.connect();
    const opened = sessions.slice(0, connection.peerStreamsLeftBidi);
    if (opened.length < 2) this.skip(`the target grants ${opened.length} streams at once`);
    for (const session of opened)
      this.#sessions.set(
        session,
        this.#world.session(connection).then((rpc) => ({ connection, rpc })),
      );
    await this.openAll(opened);
    return opened;
  }

  async #open(): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    const connection = await this.#world.connect();
    return { connection, rpc: await this.#world.session(connection) };
  }

  /** The next call on that session connects anew. */
  forget(session: string): void {
    this.#sessions.delete(session);
  }

  /** The next call on each session connects anew. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** Closes that session's connection without a word on the session; the next call on it connects anew. */
  async endConnection(session: string): Promise<void> {
    const opened = await this.#sessions.get(session);
    this.#sessions.delete(session);
    await opened?.connection.close();
  }

  /** As `endConnection`, and waits until the target has seen it. */
  async leave(session: string): Promise<void> {
    await this.endConnection(session);
    // A server that is slow has answered this only after it saw the connection close.
    await this.openAll([`after ${session} has left`]);
    await delay(LEAVE_MS);
  }

  /** A call of a flood: as `call`, but neither in the record nor timed. */
  async callUnrecorded(session: string, method: CalledMethod, params: Partial<CallParams>): Promise<Outcome<Results>> {
    const rpc = await this.open(session);
    const typed = nodeService[method] as unknown as Method<unknown, Results>;
    try {
      return { results: await rpc.call(typed, params) };
    } catch (error) {
      if (error instanceof RpcException) return { exception: error };
      throw error;
    }
  }

  /** @throws when the calls of a flood are not all answered in the time that one answer may take */
  async inTime<T>(flood: Promise<T>): Promise<T> {
    const timer = new AbortController();
    const late = delay(this.#world.timeoutMs, undefined, { signal: timer.signal }).then(() => {
      throw new Error(`calls of a flood were not answered within ${this.#world.timeoutMs} ms`);
    });
    late.catch(() => undefined);
    try {
      return await Promise.race([flood, late]);
    } finally {
      timer.abort();
    }
  }

  /** @throws when there is no answer in time or the session ends first */
  async call(
    session: string,
    method: CalledMethod,
    params: Partial<CallParams>,
    options: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<Outcome<Results>> {
    const rpc = await this.open(session);
    return this.#world.call(rpc, session, nodeService[method] as unknown as Method<unknown, Results>, params, options);
  }
}
