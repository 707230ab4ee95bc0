import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { QueueId } from '../store.ts';
import { Connection } from './connection.ts';

const CHANNEL = 'quicnprotochat_arrivals';
/** Waits between attempts to connect again, in ms: from the first to the last, each twice the one before. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;
/** How often to see whether a connection that says nothing is still there, in ms. */
const CHECK_MS = 15_000;

export type OnArrival = (queue: QueueId | undefined) => void;

/** Tells the other servers of a database that something came into a queue, and hears it from them (LISTEN and NOTIFY). */
export class Arrivals {
  readonly #url: string;
  readonly #log: Log;
  readonly #onArrival: OnArrival;
  /** Tells this server's own notifications from the others'. */
  readonly #self = randomBytes(8).toString('hex');
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  private constructor(url: string, log: Log, onArrival: OnArrival) {
    this.#url = url;
    this.#log = log;
    this.#onArrival = onArrival;
  }

  /** @throws ConnectionLost */
  static async open(url: string, log: Log, onArrival: OnArrival): Promise<Arrivals> {
    const arrivals = new Arrivals(url, log, onArrival);
    const connection = await arrivals.#listen();
    arrivals.#running = arrivals.#keepListening(connection);
    return arrivals;
  }

  /** As a statement of the transaction that puts something into these queues: it is told when that lasts. */
  async tell(connection: Connection, queues: readonly QueueId[]): Promise<void> {
    // The same text is told once in a transaction, so it says how many messages: each may wake somebody.
    const counts = new Map<string, number>();
    for (const { channelId, recipientKey } of queues) {
      const place = `${hex(channelId)} ${hex(recipientKey)}`;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const told = [...counts].map(
      ([place, count]) => `SELECT pg_notify('${CHANNEL}', '${this.#self} ${count} ${place}')`,
    );
    await connection.run(told.join(';'));
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #listen(): Promise<Connection> {
    const connection = await Connection.open(this.#url);
    connection.onNotification((payload) => this.#heard(payload));
    await connection.run(`LISTEN ${CHANNEL}`);
    return connection;
  }

  #heard(payload: string): void {
    const [sender, count, channelId = '', recipientKey = ''] = payload.split(' ');
    if (sender === this.#self) return;
    const queue = { channelId: Buffer.from(channelId, 'hex'), recipientKey: Buffer.from(recipientKey, 'hex') };
    for (let i = 0; i < Number(count); i += 1) this.#onArrival(queue);
  }

  async #keepListening(first: Connection): Promise<void> {
    const { signal } = this.#stopping;
    for (let connection = first; !signal.aborted; ) {
      await endOf(connection, signal);
      await connection.close();
      if (signal.aborted) return;
      this.#log.warn('the database is not to be reached: who waits for a message of another server waits on');
      const again = await this.#reconnect();
      if (!again) return;
      connection = again;
      this.#log.info('the database is back');
      // What was told meanwhile was not heard.
      this.#onArrival(undefined);
    }
  }

  async #reconnect(): Promise<Connection | undefined> {
    const { signal } = this.#stopping;
    for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return undefined;
      const connection = await this.#listen().catch(() => undefined);
      if (connection && !signal.aborted) return connection;
      await connection?.close();
    }
    return undefined;
  }
}

/** Waits until a connection is lost, asking it now and then, or until the signal. */
async function endOf(connection: Connection, signal: AbortSignal): Promise<void> {
  const check = setInterval(() => void connection.run('SELECT 1').catch(() => {}), CHECK_MS).unref();
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([connection.ended, aborted]);
  clearInterval(check);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
