import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import type { Session } from '../group/session.ts';
import { backoffMs } from '../node/backoff.ts';
import { StateFile } from '../state/state-file.ts';
import { channelArgument, channelOption } from './arguments.ts';
import type { Arguments, Command } from './command.ts';
import { withSession } from './with-session.ts';

/** `--wait-ms` */
export const waitOption = {
  'wait-ms': { type: 'number', default: 0, describe: 'wait so many ms when nothing is there' },
} as const;

/** @throws ClientError `usage` */
export function waitArgument(args: Arguments): number {
  const wait = Number(args.waitMs);
  if (!(wait >= 0)) throw new ClientError('usage', '--wait-ms is a number of milliseconds, 0 or more');
  return wait;
}

const POLL_MIN_MS = 50;
const POLL_MAX_MS = 1_000;
/** The longest single fetchWait, under the cap of servers (60 s). */
const WAIT_AT_ONCE_MS = 25_000;
const BATCH = 64;

export const recv: Command = {
  name: 'recv',
  describe: 'show what has come, oldest first',
  options: {
    ...waitOption,
    stream: { type: 'boolean', default: false, describe: 'go on until Ctrl-C, over lost connections' },
    ...channelOption,
  },
  example: ['recv --state bob.bin --stream', 'each message is shown at least once, whatever crashes'],
  async run(context, args) {
    const receiver = new Receiver(context, channelArgument(args));
    if (args.stream) await receiver.stream();
    else await receiver.once(waitArgument(args));
  },
};

/** Shows what comes. The state is locked only while something is taken in, so that other commands can use it meanwhile. */
class Receiver {
  readonly #context: Context;
  readonly #channelId: Uint8Array;
  readonly #file: StateFile;

  constructor(context: Context, channelId: Uint8Array) {
    this.#context = context;
    this.#channelId = channelId;
    this.#file = new StateFile(context.options);
  }

  async once(waitMs: number): Promise<void> {
    const end = Date.now() + waitMs;
    let shown = await this.#drain();
    for (let left = waitMs; shown === 0 && left > 0; left = end - Date.now())
      shown = await this.#drain(await this.#wait(left));
  }

  async stream(): Promise<never> {
    let given: Delivery[] = [];
    for (let failures = 0; ; ) {
      try {
        await this.#drain(given);
        given = [];
        failures = 0;
        given = await this.#wait(WAIT_AT_ONCE_MS);
      } catch (error) {
        if (!(error instanceof ClientError) || error.kind !== 'connection') throw error;
        failures += 1;
        this.#context.output.note(`${error.message}; trying again`);
        await sleep(backoffMs(failures), undefined, { signal: this.#context.signal });
      }
    }
  }

  /**
   * Takes in and shows all that is there.
   * @param given payloads that are out of the queue already
   * @returns how many things were shown
   */
  #drain(given: Delivery[] = []): Promise<number> {
    return this.#withSession(async (session) => {
      const show = (): Promise<number> =>
        session.show(({ type, fields, text }) => this.#context.output.result(type, fields, text));
      if (given.length > 0) await session.takeBatch(false, given.splice(0));
      await session.recover();
      let count = await show();
      for (;;) {
        const taken = await session.takeBatch();
        if (taken.length === 0) return count;
        count += await show();
        await session.doneWith(taken);
      }
    });
  }

  /**
   * Waits until something is in the queue, or the time is over.
   * @returns what was taken out of the queue by waiting: nothing where the server has peek and ack
   */
  async #wait(waitMs: number): Promise<Delivery[]> {
    const { queue } = await this.#withSession(async (session) => session);
    if (!(await queue.isReliable())) return queue.waitAndTake(BATCH, Math.min(waitMs, WAIT_AT_ONCE_MS));
    const end = Date.now() + waitMs;
    for (let poll = POLL_MIN_MS; Date.now() < end; poll = Math.min(POLL_MAX_MS, poll * 1.5)) {
      if ((await queue.take(1, { peekOnly: true })).length > 0) return [];
      await sleep(Math.min(poll, Math.max(1, end - Date.now())), undefined, { signal: this.#context.signal });
    }
    return [];
  }

  #withSession<T>(step: (session: Session) => Promise<T>): Promise<T> {
    return withSession(this.#context, { channelId: this.#channelId }, step, this.#file);
  }
}
