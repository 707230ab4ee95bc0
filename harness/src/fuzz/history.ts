import { createHash, randomBytes } from 'node:crypto';
import { type Delivery, nodeService } from '@quicnprotochat/proto';
import type { Method } from '@quicnprotochat/rpc';
import { hybridPublicKey } from '../node/contents.ts';
import { RandomSource } from '../random.ts';
import { type Answer, type Identity, Inconclusive, type Person, SESSIONS, type Service, Violation } from './clients.ts';
import { type Command, isChannel, ownerOf, type QueueKey } from './commands.ts';
import type { Operation } from './linearize.ts';
import type {
  Item,
  PoolInput,
  PoolOutput,
  QueueInput,
  QueueOperation,
  QueueOutput,
  RegisterInput,
  RegisterOutput,
} from './models.ts';

/** A fetchWait of a model waits this long, in ms: long enough to be woken, short enough for many runs. */
const WAIT_MS = 40;
/** Of payloads, packages and addresses: an id, and enough that nobody else has. */
const CONTENT_BYTES = 24;
/** Objects that do not become empty after so many fetches are no place to start. */
const MAX_DRAIN = 20_000;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
type Register = 'hybrid key' | 'endpoint';

/** Runs commands against a service, and keeps what was called and answered, by object. */
export class History {
  readonly queues = new Map<QueueKey, QueueOperation[]>();
  readonly pool: Operation<PoolInput, PoolOutput>[] = [];
  readonly registers = new Map<Register, { initial: string; operations: Operation<RegisterInput, RegisterOutput>[] }>();
  unanswered = 0;
  refused = 0;
  readonly #service: Service;
  readonly #people: Record<Person, Identity>;
  /** What was sent, by its bytes in hex. */
  readonly #ids = new Map<string, string>();
  readonly #greatest = new Map<QueueKey, bigint>();
  #channel: Uint8Array = new Uint8Array();
  #clock = 0;

  constructor(service: Service, people: Record<Person, Identity>) {
    this.#service = service;
    this.#people = people;
  }

  /** Empties what the commands are about, runs them, and empties it again. @throws Violation, Inconclusive */
  async run(commands: readonly Command[]): Promise<void> {
    const queues = new Set(commands.flatMap(queuesOf));
    const hasPool = commands.some(({ op }) => /KeyPackage$/.test(op));
    if ([...queues].some(isChannel)) await this.#openChannel();
    for (const queue of queues) await this.#drain(queue);
    for (const queue of queues) this.queues.set(queue, []);
    if (hasPool) await this.#drainPool();
    this.pool.length = 0;
    for (const register of new Set(commands.flatMap(registersOf))) await this.#readFirst(register);
    const running = new Set<Promise<void>>();
    let failure: unknown;
    for (const [index, command] of commands.entries()) {
      if (!command.atOnce) await Promise.all(running);
      if (failure) break;
      const call = this.#start(command, `${index + 1}`)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => running.delete(call));
      running.add(call);
    }
    await Promise.all(running);
    if (failure) throw failure;
    for (const queue of queues) await this.#drain(queue);
    if (hasPool) await this.#drainPool();
  }

  /** Makes a call and keeps it with `record`. */
  async #observe<P, R, I, O>(
    command: Pick<Command, 'by'> & { label: string },
    method: Method<P, R>,
    params: P,
    places: { record: Operation<I, O>[]; input: I }[],
    read: (results: R, place: number) => O,
    waitMs = 0,
  ): Promise<Answer<R>> {
    this.#clock += 1;
    const start = this.#clock;
    const answer = await this.#service.call(command.by, method, params, waitMs);
    this.#clock += 1;
    const end = answer.kind === 'unanswered' ? Infinity : this.#clock;
    if (answer.kind === 'unanswered') this.unanswered += 1;
    if (answer.kind === 'refused') this.refused += 1;
    for (const [i, { record, input }] of places.entries()) {
      const output =
        answer.kind === 'results' ? read(answer.results, i) : answer.kind === 'refused' ? 'refused' : undefined;
      record.push({
        label: `${command.label} → ${show(answer, output)}`,
        input,
        output: output as O | undefined,
        start,
        end,
      });
    }
    return answer;
  }

  async #start(command: Command, index: string): Promise<void> {
    const { by } = command;
    const { auth } = this.#people[SESSIONS[by]];
    const about = { by, label: `${index}. ${by} ${command.op}` };
    const alice = this.#people.Alice.key;
    switch (command.op) {
      case 'enqueue': {
        const places = [{ record: this.#queue(command.queue), input: { kind: 'put', id: index } as QueueInput }];
        const params = { ...this.#at(command.queue), payload: this.#content(index), auth };
        await this.#observe(about, nodeService.enqueue, params, places, ({ seq }): QueueOutput => {
          this.#see(command.queue, seq);
          return { seq };
        });
        return;
      }
      case 'batchEnqueue': {
        const places = command.queues.map((queue) => ({
          record: this.#queue(queue),
          input: { kind: 'put', id: index } as QueueInput,
        }));
        const recipientKeys = command.queues.map((queue) => this.#people[ownerOf(queue)].key);
        const params = { recipientKeys, payload: this.#content(index), channelId: new Uint8Array(), version: 1, auth };
        await this.#observe(about, nodeService.batchEnqueue, params, places, ({ seqs }, i): QueueOutput => {
          if (seqs.length !== recipientKeys.length)
            throw new Violation(`batchEnqueue to ${recipientKeys.length} returned ${seqs.length} numbers`);
          this.#see(command.queues[i] as QueueKey, seqs[i] as bigint);
          return { seq: seqs[i] as bigint };
        });
        return;
      }
      case 'fetch':
      case 'fetchWait':
      case 'peek': {
        await this.#take(about, command.op, command.queue, command.limit);
        return;
      }
      case 'ack': {
        const greatest = (this.#greatest.get(command.queue) ?? 0n) - BigInt(command.less);
        const seqUpTo = greatest < 0n ? 0n : greatest;
        const places = [{ record: this.#queue(command.queue), input: { kind: 'ack', upTo: seqUpTo } as QueueInput }];
        await this.#observe(
          about,
          nodeService.ack,
          { ...this.#at(command.queue), seqUpTo, auth },
          places,
          (): QueueOutput => 'done',
        );
        return;
      }
      case 'uploadKeyPackage': {
        const content = this.#content(index);
        const places = [{ record: this.pool, input: { kind: 'upload', id: index } as PoolInput }];
        await this.#observe(
          about,
          nodeService.uploadKeyPackage,
          { identityKey: alice, package: content, auth },
          places,
          ({ fingerprint }): PoolOutput => {
            if (hex(fingerprint) !== createHash('sha256').update(content).digest('hex'))
              throw new Violation('the fingerprint of a package is not its SHA-256');
            return 'stored';
          },
        );
        return;
      }
      case 'fetchKeyPackage':
        await this.#fetchPackage(about);
        return;
      case 'write': {
        const isKey = command.register === 'hybrid key';
        const content = this.#name(
          isKey ? hybridPublicKey(new RandomSource()) : new Uint8Array(randomBytes(CONTENT_BYTES)),
          index,
        );
        const places = [
          { record: this.#register(command.register), input: { kind: 'write', id: index } as RegisterInput },
        ];
        const stored = (): RegisterOutput => 'stored';
        if (isKey)
          await this.#observe(
            about,
            nodeService.uploadHybridKey,
            { identityKey: alice, hybridPublicKey: content, auth },
            places,
            stored,
          );
        else
          await this.#observe(
            about,
            nodeService.publishEndpoint,
            { identityKey: alice, nodeAddr: content, auth },
            places,
            stored,
          );
        return;
      }
      case 'read':
        await this.#read(about, command.register);
        return;
      case 'readAll': {
        const identityKeys = [this.#people.Mallory.key, alice];
        const places = [{ record: this.#register('hybrid key'), input: { kind: 'read' } as RegisterInput }];
        await this.#observe(
          about,
          nodeService.fetchHybridKeys,
          { identityKeys, auth },
          places,
          ({ keys }): RegisterOutput => {
            if (keys.length !== 2) throw new Violation(`fetchHybridKeys for 2 identities returned ${keys.length} keys`);
            return { id: this.#idOf(keys[1] as Uint8Array) };
          },
        );
      }
    }
  }

  async #take(
    about: { by: Command['by']; label: string },
    op: 'fetch' | 'fetchWait' | 'peek',
    queue: QueueKey,
    limit: number,
  ) {
    const { auth } = this.#people[SESSIONS[about.by]];
    const kind = op === 'peek' ? 'look' : 'take';
    const places = [{ record: this.#queue(queue), input: { kind, limit } as QueueInput }];
    const params = { ...this.#at(queue), auth, limit, timeoutMs: BigInt(WAIT_MS) };
    const read = ({ payloads }: { payloads: Delivery[] }): QueueOutput => ({
      items: payloads.map(({ seq, payload }): Item => {
        this.#see(queue, seq);
        return { id: this.#idOf(payload), seq };
      }),
    });
    return this.#observe(
      about,
      nodeService[op] as Method<unknown, { payloads: Delivery[] }>,
      params,
      places,
      read,
      op === 'fetchWait' ? WAIT_MS : 0,
    );
  }

  async #drain(queue: QueueKey): Promise<void> {
    const by = ownerOf(queue) === 'Alice' ? 'a1' : 'b1';
    await this.#untilEmpty(`the queue ${queue}`, async () => {
      const answer = await this.#take({ by, label: `at the end, ${by} fetch` }, 'fetch', queue, 0);
      return answer.kind === 'results' ? answer.results.payloads.length === 0 : undefined;
    });
  }

  async #drainPool(): Promise<void> {
    await this.#untilEmpty('the store of KeyPackages', async () => {
      const answer = await this.#fetchPackage({ by: 'a1', label: 'at the end, a1 fetchKeyPackage' });
      return answer.kind === 'results' ? answer.results.package.length === 0 : undefined;
    });
  }

  /** @param once whether it was empty; undefined: it was not told */
  async #untilEmpty(what: string, once: () => Promise<boolean | undefined>): Promise<void> {
    let untold = 0;
    for (let i = 0; i < MAX_DRAIN; i += 1) {
      const isEmpty = await once();
      if (isEmpty) return;
      if (isEmpty === false) continue;
      untold += 1;
      if (untold > 8) throw new Inconclusive(`${what} could not be emptied: its fetches are refused or not answered`);
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** untold));
    }
    throw new Violation(`${what} is not empty after ${MAX_DRAIN} fetches`);
  }

  #fetchPackage(about: { by: Command['by']; label: string }) {
    const places = [{ record: this.pool, input: { kind: 'fetch' } as PoolInput }];
    const params = { identityKey: this.#people.Alice.key, auth: this.#people[SESSIONS[about.by]].auth };
    return this.#observe(
      about,
      nodeService.fetchKeyPackage,
      params,
      places,
      (results): PoolOutput => ({
        id: results.package.length === 0 ? undefined : this.#idOf(results.package),
      }),
    );
  }

  async #read(about: { by: Command['by']; label: string }, register: Register): Promise<void> {
    const places = [{ record: this.#register(register), input: { kind: 'read' } as RegisterInput }];
    const params = { identityKey: this.#people.Alice.key, auth: this.#people[SESSIONS[about.by]].auth };
    if (register === 'endpoint')
      await this.#observe(
        about,
        nodeService.resolveEndpoint,
        params,
        places,
        ({ nodeAddr }): RegisterOutput => ({ id: this.#idOf(nodeAddr) }),
      );
    else
      await this.#observe(
        about,
        nodeService.fetchHybridKey,
        params,
        places,
        ({ hybridPublicKey: key }): RegisterOutput => ({ id: this.#idOf(key) }),
      );
  }

  /** What was there before becomes the initial state. */
  async #readFirst(register: Register): Promise<void> {
    const { auth, key: identityKey } = this.#people.Alice;
    const isKey = register === 'hybrid key';
    const answer = isKey
      ? await this.#service.call('a1', nodeService.fetchHybridKey, { identityKey, auth })
      : await this.#service.call('a1', nodeService.resolveEndpoint, { identityKey, auth });
    if (answer.kind !== 'results') throw new Inconclusive(`the ${register} could not be read`);
    const content = 'nodeAddr' in answer.results ? answer.results.nodeAddr : answer.results.hybridPublicKey;
    this.#name(content, content.length === 0 ? 'none' : 'the one before');
    this.registers.set(register, { initial: this.#idOf(content), operations: [] });
  }

  async #openChannel(): Promise<void> {
    const params = { peerKey: this.#people.Bob.key, auth: this.#people.Alice.auth };
    const answer = await this.#service.call('a1', nodeService.createChannel, params);
    if (answer.kind !== 'results') throw new Inconclusive('a channel could not be created');
    this.#channel = answer.results.channelId;
  }

  #at(queue: QueueKey) {
    const channelId = isChannel(queue) ? this.#channel : new Uint8Array();
    return { recipientKey: this.#people[ownerOf(queue)].key, channelId, version: 1 };
  }

  #queue(queue: QueueKey): QueueOperation[] {
    const operations = this.queues.get(queue) ?? [];
    this.queues.set(queue, operations);
    return operations;
  }

  #register(register: Register): Operation<RegisterInput, RegisterOutput>[] {
    return this.registers.get(register)?.operations as Operation<RegisterInput, RegisterOutput>[];
  }

  #content(id: string): Uint8Array {
    return this.#name(new Uint8Array(randomBytes(CONTENT_BYTES)), id);
  }

  #name(content: Uint8Array, id: string): Uint8Array {
    this.#ids.set(hex(content), id);
    return content;
  }

  /** What came back and was never sent in this run has an id that fits nothing. */
  #idOf = (content: Uint8Array): string =>
    this.#ids.get(hex(content)) ?? (content.length === 0 ? 'none' : 'something else');

  #see(queue: QueueKey, seq: bigint): void {
    if (seq > (this.#greatest.get(queue) ?? 0n)) this.#greatest.set(queue, seq);
  }
}

const queuesOf = (command: Command): QueueKey[] =>
  'queue' in command ? [command.queue] : 'queues' in command ? command.queues : [];
const registersOf = (command: Command): Register[] =>
  'register' in command ? [command.register] : command.op === 'readAll' ? ['hybrid key'] : [];

function show(answer: Answer<unknown>, output: unknown): string {
  if (answer.kind === 'unanswered') return `unanswered (${answer.why})`;
  if (typeof output === 'string') return output;
  const { items, seq, id } = output as { items?: Item[]; seq?: bigint; id?: string };
  if (items) return `[${items.map((item) => `${item.id} (number ${item.seq})`).join(', ')}]`;
  return seq === undefined ? (id ?? 'none') : `number ${seq}`;
}
