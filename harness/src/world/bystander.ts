import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import { BYSTANDER } from '../frames/reported.ts';
import { sameBytes } from '../node/queue-model.ts';
import { patiently } from '../target/patience.ts';
import { perScenario } from './per-scenario.ts';
import type { RandomSource } from './random.ts';
import type { ConformanceWorld } from './world.ts';

/** Pause between two rounds, in ms: busy enough to be hit by whatever goes wrong, not a load. */
const PAUSE_MS = 5;

/**
 * A client that enqueues as Bob and fetches as Mallory, over and over, on a connection of its own, while something hostile goes
 * on elsewhere (spec: "one bad peer harms nobody else"). Any error, and any payload that does not come back, is a fault.
 */
export class Bystander {
  /** That of the scenario: whoever asks first starts it, and it must have noticed nothing at the end. */
  static readonly of = perScenario((world) => Bystander.#start(world));

  readonly #world: ConformanceWorld;
  readonly #rpc: RpcClient;
  /** Of its own: how often it draws depends on time. */
  readonly #random: RandomSource;
  readonly #working: Promise<void>;
  /** Rejects with what was noticed; never resolves. */
  readonly #failed: Promise<never>;
  #isStopping = false;
  #rounds = 0;

  private constructor(world: ConformanceWorld, rpc: RpcClient) {
    this.#world = world;
    this.#rpc = rpc;
    this.#random = world.random.fork('bystander');
    this.#working = this.#work();
    this.#failed = new Promise((_, reject) => this.#working.catch(reject));
    // Looked at in `round` and `stop`.
    this.#failed.catch(() => {});
  }

  static async #start(world: ConformanceWorld): Promise<Bystander> {
    const rpc = await world.session();
    world.frames.nameAs(rpc, BYSTANDER);
    const bystander = new Bystander(world, rpc);
    world.beforeEnd(() => bystander.stop());
    await bystander.round();
    return bystander;
  }

  /** Waits until one more round is through. @throws Error when one failed */
  async round(): Promise<void> {
    const wanted = this.#rounds + 1;
    while (this.#rounds < wanted && !this.#isStopping) await Promise.race([this.#failed, sleep(PAUSE_MS)]);
  }

  /** Idempotent. @throws Error when the bystander noticed something */
  async stop(): Promise<void> {
    await this.round();
    this.#isStopping = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    while (!this.#isStopping && !this.#world.signal.aborted) {
      await this.#once();
      this.#rounds += 1;
      await sleep(PAUSE_MS);
    }
  }

  async #once(): Promise<void> {
    try {
      await this.#world.within(this.#world.timeoutMs, (signal) => this.#sendAndFetch(signal));
    } catch (error) {
      if (this.#world.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`another client, on a connection of its own, was harmed: ${why}`, { cause: error });
    }
  }

  /** In Mallory's default queue: scenarios with a bystander leave it alone. */
  async #sendAndFetch(signal: AbortSignal): Promise<void> {
    const { identityKey: recipientKey } = this.#world.person('mallory');
    const queue = { recipientKey, channelId: new Uint8Array(), version: 1, auth: this.#world.auth('mallory') };
    const payload = this.#random.bytes(64);
    // A server may refuse messages to oneself.
    const auth = this.#world.auth('bob');
    await patiently(() => this.#rpc.call(nodeService.enqueue, { ...queue, auth, payload }, { signal }));
    for (;;) {
      const { payloads } = await patiently(() => this.#rpc.call(nodeService.fetch, { ...queue, limit: 0 }, { signal }));
      // What earlier scenarios left there comes first.
      if (payloads.some((delivery) => sameBytes(payload, delivery.payload))) return;
      if (payloads.length === 0) throw new Error('a payload that was enqueued did not come back');
    }
  }
}
