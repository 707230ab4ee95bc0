import { type Delivery, nodeService } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import type { CallMessage, RpcClient } from '@quicnprotochat/rpc';
import { patiently } from '../target/patience.ts';
import { perScenario } from '../world/per-scenario.ts';
import type { ConformanceWorld, Outcome } from '../world/world.ts';
import { bootstrap, call } from './messages.ts';
import type { MovingNetwork } from './moving-network.ts';
import { RawSession } from './raw-session.ts';

/** What the transport and RPC steps of one scenario share. */
export class WireScenario {
  /** That of a step's World. */
  static readonly of = perScenario((world) => new WireScenario(world));

  readonly world: ConformanceWorld;
  connection: QuicConnection | undefined;
  /** Sessions of right clients. */
  sessions: RpcClient[] = [];
  /** Between the client and the server. */
  network: MovingNetwork | undefined;
  /** The session written by hand. */
  raw: RawSession | undefined;
  /** A fetchWait of Alice's under way. */
  wait: Promise<Outcome<{ payloads: Delivery[] }>> | undefined;
  /** What connecting ended with. */
  failure: unknown;
  /** Ids of calls that wait for their Return. */
  asked: number[] = [];
  payload: Uint8Array = new Uint8Array();
  /** What calls that were made in turn have found. */
  found: number[][] = [];

  constructor(world: ConformanceWorld) {
    this.world = world;
  }

  /** The session written by hand, on a new connection unless there is one. */
  async rawSession(): Promise<RawSession> {
    this.raw ??= await RawSession.open(this.world, this.connection);
    return this.raw;
  }

  /** A new session by hand that has the bootstrap capability. */
  async bootstrapped(): Promise<RawSession> {
    const session = await this.rawSession();
    await session.send(bootstrap());
    await session.returnFor(0);
    return session;
  }

  /** Parameters of the delivery methods for Alice's default queue. */
  get queue() {
    const { identityKey } = this.world.person('alice');
    return { recipientKey: identityKey, channelId: new Uint8Array(), version: 1, auth: this.world.auth('alice') };
  }

  /** What enqueue takes of Bob for that queue. A server may refuse messages to oneself. */
  get sending() {
    return { ...this.queue, auth: this.world.auth('bob') };
  }

  /** A fetchWait on it. */
  waiting(questionId: number, timeoutMs: bigint): CallMessage {
    return call(questionId, nodeService.fetchWait, { ...this.queue, timeoutMs, limit: 1 });
  }

  /** The id of the channel of Alice and Bob, in which nothing waits for Alice. */
  async channel(rpc: RpcClient): Promise<Uint8Array> {
    const { channelId } = resultsOf(
      await this.world.call(rpc, 'Bob', nodeService.createChannel, {
        peerKey: this.queue.recipientKey,
        auth: this.world.auth('bob'),
      }),
    );
    await this.drain(rpc, channelId);
    return channelId;
  }

  /** Something that no other scenario has sent. */
  newPayload(): Uint8Array {
    this.payload = this.world.random.bytes(48);
    return this.payload;
  }

  async health(rpc: RpcClient, who: string): Promise<void> {
    resultsOf(await this.world.call(rpc, who, nodeService.health, {}));
  }

  async enqueue(rpc: RpcClient, payload: Uint8Array): Promise<void> {
    await patiently(async () =>
      resultsOf(await this.world.call(rpc, 'Bob', nodeService.enqueue, { ...this.sending, payload })),
    );
  }

  /** Everything in Alice's default queue, or in hers of a channel, oldest first. */
  async drain(rpc: RpcClient, channelId: Uint8Array = new Uint8Array()): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    for (;;) {
      const { payloads } = await patiently(async () =>
        resultsOf(await this.world.call(rpc, 'Alice', nodeService.fetch, { ...this.queue, channelId, limit: 0 })),
      );
      if (payloads.length === 0) return all;
      all.push(...payloads.map(({ payload }) => payload));
    }
  }
}

/** The session of a scenario that is written by hand. */
export const byHand = (world: unknown): Promise<RawSession> => WireScenario.of(world).rawSession();

/** @throws RpcException when the call was refused */
export function resultsOf<R>(outcome: Outcome<R>): R {
  if (outcome.exception) throw outcome.exception;
  return outcome.results;
}
