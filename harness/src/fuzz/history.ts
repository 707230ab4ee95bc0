import { nodeService } from '@quicnprotochat/proto';
import type { TargetLimits } from '../target/limits.ts';
import {
  type Input,
  isQueue,
  isRegister,
  isStore,
  type Output,
  type PlannedCall,
  plan,
  type Stage,
  type ThingName,
  thingsOf,
} from './calls.ts';
import type { Answer, Refusal, Service } from './clients.ts';
import { type CallBy, type Command, isChannel, ownerOf, type QueueKey } from './commands.ts';
import { Names } from './contents.ts';
import { Inconclusive, Suspicion, Violation } from './findings.ts';
import type { Operation } from './linearize.ts';
import type { Item } from './models.ts';
import { type People, SESSIONS, type SessionName } from './people.ts';

/** Things that do not become empty after so many fetches are no place to start. */
const MAX_DRAIN = 20_000;
const MAX_SAME = 1_000;
/** A drain whose fetches are refused, or not answered, so often is given up. */
const MAX_UNTOLD = 4;

/** A call that was not answered: it may still happen. */
export interface Lost {
  thing: ThingName;
  input: Input;
  content: Uint8Array | undefined;
}

/** Runs commands against a service, and keeps what was called and answered, by what it was about. */
export class History {
  readonly records = new Map<ThingName, Operation<Input, Output>[]>();
  readonly lost: Lost[] = [];
  /** Refusals that are no fault, and those that are if they come again and again. */
  refused = 0;
  readonly suspicions: string[] = [];
  readonly #service: Service;
  readonly #stage: Stage;
  readonly #greatest = new Map<QueueKey, bigint>();
  /** How much was put into a thing, at most. */
  readonly #amount = new Map<ThingName, { count: number; bytes: number }>();
  #clock = 0;

  constructor(service: Service, people: People, limits: TargetLimits) {
    this.#service = service;
    const channelId = new Uint8Array();
    this.#stage = { people, limits, names: new Names(), channelId, greatest: this.#greatest };
  }

  /** A first call by everybody: a server need not know people who never called. */
  async greet(): Promise<void> {
    for (const session of ['a1', 'b1', 'm1'] as const) {
      const { key, auth } = this.#stage.people[SESSIONS[session]];
      await this.#service.call(session, nodeService.fetchHybridKey, { identityKey: key, auth });
    }
  }

  /**
   * Empties what the commands are about, runs them, and empties it again.
   * @param late what earlier runs have lost on the same people
   * @param isSoiled whether earlier runs have gone wrong with the same people: then only what this one does is judged
   * @throws Violation, Inconclusive, TargetGone
   */
  async run(commands: readonly Command[], late: readonly Lost[] = [], isSoiled = false): Promise<void> {
    const things = new Set(commands.flatMap(thingsOf));
    if ([...things].some((thing) => thing === 'channel' || (isQueue(thing) && isChannel(thing))))
      await this.#openChannel();
    for (const thing of things) {
      if (isStore(thing)) await this.#empty(thing, isSoiled);
      this.records.set(thing, []);
    }
    this.#greatest.clear();
    for (const [i, lost] of late.entries()) this.#expect(lost, `lost ${i + 1}`);
    for (const thing of things) if (isRegister(thing)) await this.#writeFirst(thing);
    await this.#play(commands);
    for (const thing of things) if (isStore(thing)) await this.#drain(thing);
    // What a session has sent before it was lost, and after it was opened again, has no order.
    if (this.lost.length > 0) for (const operation of [...this.records.values()].flat()) delete operation.lane;
  }

  async #play(commands: readonly Command[]): Promise<void> {
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    for (const [index, command] of commands.entries()) {
      if (!command.atOnce) await Promise.all(running);
      if (failures.length > 0) break;
      const call = this.#perform(command, `${index + 1}`)
        .then(() => undefined)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => running.delete(call));
      running.add(call);
    }
    await Promise.all(running);
    // Others may be its consequences.
    if (failures.length > 0) throw failures.find((failure) => failure instanceof Violation) ?? failures[0];
  }

  /** @param id also the place of a command in its list; `isKept`: whether it goes on record */
  async #perform(
    command: CallBy,
    id: string,
    isKept = true,
  ): Promise<{ answer: Answer<unknown>; outputs: (Output | undefined)[] }> {
    const { by, op } = command;
    const call = plan(command, id, this.#stage);
    this.#clock += 1;
    const start = this.#clock;
    for (const { thing } of call.about) this.#count(thing, call.content);
    const answer = await this.#service.call(by, call.method, call.params, call);
    this.#clock += 1;
    const end = answer.kind === 'unanswered' ? Infinity : this.#clock;
    const outputs = call.about.map((_, i) => this.#read(answer, call, i));
    for (const [i, { thing, input }] of call.about.entries()) {
      const output = outputs[i];
      if (isQueue(thing)) this.#see(thing, output);
      if (answer.kind === 'unanswered') this.lost.push({ thing, input, content: call.content });
      if (!isKept) continue;
      const isOrdered = isQueue(thing) && answer.kind === 'results' && !answer.isRepeated;
      this.records.get(thing)?.push({
        label: `${/^\d/.test(id) ? `${id}. ` : ''}${by} ${op}${detail(input)} → ${show(answer, output)}`,
        ...{ input, output, start, end },
        ...(isOrdered ? { lane: by, isOvertaken: op === 'fetchWait' } : {}),
      });
    }
    return { answer, outputs };
  }

  #read(answer: Answer<unknown>, call: PlannedCall, place: number): Output | undefined {
    if (answer.kind === 'results') {
      if (answer.isRepeated) this.refused += 1;
      return call.read(answer.results, place);
    }
    if (answer.kind === 'unanswered') {
      this.suspicions.push(answer.why);
      return undefined;
    }
    this.refused += 1;
    this.#checkRefusal(answer.code, call);
    return 'refused';
  }

  /** @throws Violation for a refusal that has no ground */
  #checkRefusal(code: Refusal, { method, about }: PlannedCall): void {
    if (code === 'E014' || code === 'to oneself') return;
    const isPut = about.some(({ input }) => input.kind === 'put');
    if (code === 'E009' || about.some(({ input }) => input.kind === 'write')) {
      this.suspicions.push(`${method.name} was refused with ${code}`);
      return;
    }
    if (!isPut) throw new Violation(`${method.name} was refused with E015, which is for full queues`);
    if (about.some(({ thing }) => this.#mayBeFull(thing))) return;
    const { count } = this.#amount.get(about[0]?.thing as ThingName) ?? { count: 1 };
    throw new Violation(
      `${method.name} was refused with E015 when there were ${count - 1} others at most (a lower limit of the target's own belongs into --limits)`,
    );
  }

  #mayBeFull(thing: ThingName): boolean {
    const { count, bytes } = this.#amount.get(thing) ?? { count: 0, bytes: 0 };
    const { queueMessages, queueBytes, keyPackages } = this.#stage.limits;
    if (isQueue(thing)) return count > queueMessages || bytes > queueBytes;
    // Nothing need tell the bound of a store, but one is not many (KP-011).
    return count > (keyPackages ?? 1);
  }

  #count(thing: ThingName, content: Uint8Array | undefined): void {
    if (content === undefined) return;
    const { count, bytes } = this.#amount.get(thing) ?? { count: 0, bytes: 0 };
    this.#amount.set(thing, { count: count + 1, bytes: bytes + content.length });
  }

  #see(queue: QueueKey, output: Output | undefined): void {
    if (typeof output !== 'object') return;
    const seqs = 'seq' in output ? [output.seq] : 'items' in output ? output.items.map(({ seq }) => seq) : [];
    for (const seq of seqs)
      if ((seq ?? 0n) > (this.#greatest.get(queue) ?? 0n)) this.#greatest.set(queue, seq as bigint);
  }

  /** What an earlier run has lost may happen in this one. */
  #expect({ thing, input, content }: Lost, id: string): void {
    const record = this.records.get(thing);
    if (!record) return;
    if (content) this.#stage.names.add(id, content);
    this.#count(thing, content);
    const own = 'id' in input ? { ...input, id } : input;
    record.push({
      label: `${id}: ${input.kind}, of an earlier run`,
      input: own,
      output: undefined,
      start: 0,
      end: Infinity,
    });
  }

  #fetch(thing: ThingName, id: string, isKept: boolean) {
    if (!isQueue(thing)) return this.#perform({ op: 'fetchKeyPackage', by: 'a1' }, id, isKept);
    const by: SessionName = ownerOf(thing) === 'Alice' ? 'a1' : 'b1';
    return this.#perform({ op: 'fetch', queue: thing, limit: 0, by }, id, isKept);
  }

  /** @throws Inconclusive when it does not become empty */
  async #empty(thing: ThingName, isSoiled: boolean): Promise<void> {
    const seen = new Map<string, number>();
    const most = Math.max(MAX_DRAIN, 2 * this.#stage.limits.queueMessages);
    await this.#untilEmpty(thing, false, most, (items) => {
      for (const { id, seq } of items) {
        // Somebody may have uploaded the same package several times.
        const [name, times] = seq === undefined ? [id, MAX_SAME] : [`number ${seq}`, 1];
        seen.set(name, (seen.get(name) ?? 0) + 1);
        if ((seen.get(name) as number) <= times) continue;
        const why = `the fetches from ${thing} return ${name} again and again`;
        throw isSoiled ? new Inconclusive(why) : new Violation(why);
      }
      return false;
    });
  }

  /** More than was put will be found to be wrong: it need not be waited for. */
  async #drain(thing: ThingName): Promise<void> {
    let left = (this.#amount.get(thing)?.count ?? 0) + 2;
    await this.#untilEmpty(thing, true, left, (items) => {
      left -= items.length;
      return left < 0;
    });
  }

  /** @param onItems whether it is enough */
  async #untilEmpty(
    thing: ThingName,
    isKept: boolean,
    most: number,
    onItems: (items: Item[]) => boolean,
  ): Promise<void> {
    let untold = 0;
    for (let i = 0; i < most; i += 1) {
      const { outputs } = await this.#fetch(thing, 'at the end', isKept);
      const [output] = outputs;
      if (typeof output === 'object' && 'items' in output) {
        if (output.items.length === 0 || onItems(output.items)) return;
        continue;
      }
      untold += 1;
      // Each answer that does not come costs its whole time-out.
      if (output === undefined && untold > 1) throw new Suspicion(this.suspicions.join('\n    '));
      if (untold > MAX_UNTOLD)
        throw new Inconclusive(`${thing} could not be emptied: its fetches are refused, or not answered`);
    }
    if (!isKept) throw new Inconclusive(`${thing} is not empty after ${most} fetches`);
  }

  async #writeFirst(thing: 'hybrid key' | 'endpoint'): Promise<void> {
    const { answer } = await this.#perform(
      { op: 'write', register: thing, content: 'short', by: 'a1' },
      'at the start',
    );
    if (answer.kind !== 'results') throw new Inconclusive(`the ${thing} could not be written`);
  }

  async #openChannel(): Promise<void> {
    const { people } = this.#stage;
    const params = { peerKey: people.Bob.key, auth: people.Alice.auth };
    const answer = await this.#service.call('a1', nodeService.createChannel, params);
    if (answer.kind !== 'results') throw new Inconclusive('a channel could not be created');
    this.#stage.channelId = answer.results.channelId;
  }
}

/** @throws Suspicion when something happened that should not happen often */
export function checkSuspicions({ suspicions }: History): void {
  if (suspicions.length > 0) throw new Suspicion(suspicions.join('\n    '));
}

function detail(input: Input): string {
  if ('limit' in input) return input.limit === 0 ? '' : `, limit ${input.limit}`;
  return input.kind === 'ack' ? ` up to ${input.upTo}` : '';
}

function show(answer: Answer<unknown>, output: Output | undefined): string {
  if (answer.kind === 'unanswered') return `unanswered (${answer.why})`;
  if (answer.kind === 'refused') return `refused with ${answer.code}`;
  if (typeof output !== 'object') return output ?? 'done';
  if ('seq' in output) return `number ${output.seq}`;
  if ('id' in output) return output.id;
  return `[${output.items.map(({ id, seq }) => (seq === undefined ? id : `${id} (number ${seq})`)).join(', ')}]`;
}
