import type { Auth, Delivery } from '@quicnprotochat/proto';
import { withinRate } from '../target/patience.ts';
import { perScenario } from '../world/per-scenario.ts';
import type { RandomSource } from '../world/random.ts';
import { type CalledMethod, type CallParams, parametersOf } from './methods.ts';
import { isForRate, type Outcome, outcomeOf, type Results, resultsOf } from './outcome.ts';
import { PEOPLE, type Person, type QueueName } from './people.ts';
import { QueueModel, sameBytes } from './queue-model.ts';
import { NodeTarget } from './target.ts';

/** A fetchWait under way. */
export interface Wait {
  queue: QueueName;
  session: string;
  /** What it waits at most: what was asked for, or the target's own limit. */
  waitMs: number;
  startedAt: number;
  /** Undefined while it goes on. */
  endedAt: number | undefined;
  outcome: Promise<Outcome | 'cancelled'>;
  cancel(): void;
}

interface CallOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
}

/** A peer takes RPC messages of 16 MiB; what else is in the message needs room too. */
const MAX_SENT_BYTES = 15 * 1024 * 1024;

/** The state that the NodeService steps of one scenario share. `world`: `this` of a step. */
export const scenarioOf = perScenario((world) => new NodeScenario(new NodeTarget(world)));

/** Outcome of the last call of the scenario. @throws Error before there was one */
export function lastOutcome(world: unknown): Outcome {
  const { outcome } = scenarioOf(world);
  if (!outcome) throw new Error('no call was made before this step');
  return outcome;
}

/** What one scenario has done and may expect: identities, sessions, queue models, the last outcome, the waits. */
export class NodeScenario {
  readonly target: NodeTarget;
  /** Outcome of the last call. */
  outcome: Outcome | undefined;
  /** What the last call sent. */
  sent: CallParams | undefined;
  waits: Wait[] = [];
  sharedSession = false;
  /** KeyPackages by owner, oldest first: what `fetchKeyPackage` must return next. */
  readonly keyPackages = new Map<Person, Uint8Array[]>();
  readonly hybridKeys = new Map<Person, Uint8Array>();
  /** What each published last. */
  readonly endpoints = new Map<Person, Uint8Array>();
  /** The devices that people have gone to. */
  readonly devices = new Map<Person, Uint8Array>();
  /** Ids that createChannel returned, in the order of the calls. */
  channelIds: Uint8Array[] = [];
  /** The queue that the last fetch or peek was made on. */
  fetchedFrom: QueueName | undefined;
  /** Answers of fetches that ran at the same time. */
  answers: Delivery[][] = [];
  /** Answers of peeks that ran beside them. */
  peeked: Delivery[][] = [];
  fetchedPackages: Uint8Array[] = [];
  readonly #channels = new Map<string, Uint8Array>();
  readonly #queues = new Map<string, QueueModel>();

  constructor(target: NodeTarget) {
    this.target = target;
  }

  /** Of what is random in what is sent. */
  get random(): RandomSource {
    return this.target.random;
  }

  identity(person: Person): Uint8Array {
    return new Uint8Array(this.target.person(person).identityKey);
  }

  /** What a right call of that person carries. An open server is called without a token. */
  auth(person: Person): Auth {
    const { token, deviceId: own } = this.target.person(person);
    const deviceId = this.devices.get(person) ?? own;
    return { version: token ? 1 : 0, accessToken: new Uint8Array(token ?? []), deviceId: new Uint8Array(deviceId) };
  }

  /** The Ed25519 public key of nobody that the target could know. */
  stranger(): Uint8Array {
    return this.random.identityKey();
  }

  /** Makes sure that a made-up token is not by chance a right one. */
  unknownToken(token: Uint8Array): Uint8Array {
    const known = PEOPLE.some((person) => sameBytes(this.target.person(person).token ?? new Uint8Array(0), token));
    if (token.length === 0 || known) this.target.skip('no wrong token can be made of the right one in this way');
    return new Uint8Array(token);
  }

  setChannel(one: Person, other: Person, id: Uint8Array): void {
    this.#channels.set(pair(one, other), id);
  }

  channelOf(one: Person, other: Person): Uint8Array {
    const id = this.#channels.get(pair(one, other));
    if (!id) throw new Error(`the scenario has made no channel between ${one} and ${other}`);
    return id;
  }

  /** A channel of somebody of the scenario with a stranger. @throws when the scenario has made none */
  unusedChannel(): Uint8Array {
    const id = this.channelIds.at(-1);
    if (!id) throw new Error('the scenario has made no channel with a stranger');
    return id;
  }

  /** The `channelId` that names a queue. */
  channelId({ owner, peer }: QueueName): Uint8Array {
    return peer ? this.channelOf(owner, peer) : new Uint8Array(0);
  }

  queue({ owner, peer }: QueueName): QueueModel {
    const name = peer ? `${owner}'s queue in the channel with ${peer}` : `${owner}'s queue`;
    let model = this.#queues.get(name);
    if (!model) {
      model = new QueueModel(name);
      this.#queues.set(name, model);
    }
    return model;
  }

  /** The greatest sequence number that this scenario knows of, in any queue; 0 when it knows none. */
  greatestNumber(): bigint {
    let greatest = 0n;
    for (const { numbers } of this.#queues.values())
      for (const number of numbers) if (number > greatest) greatest = number;
    return greatest;
  }

  /** Which session a person's calls take: one of their own, or the one for everybody. */
  sessionOf(person: Person): string {
    return this.sharedSession ? 'everyone' : person;
  }

  /**
   * Bytes that a scenario wants to send; the scenario is skipped when the target or the RPC layer has no room for them.
   * @param isTooLong whether they are meant to be over the target's limit
   */
  sized(bytes: Uint8Array, limit: number, isTooLong: boolean): Uint8Array {
    if (bytes.length > MAX_SENT_BYTES)
      this.target.skip(`the target's limit of ${limit} bytes is beyond what one RPC message holds`);
    if (bytes.length > limit && !isTooLong) this.target.skip(`the target takes ${limit} bytes at most`);
    return bytes;
  }

  /**
   * Makes a call and waits for its answer; a call refused for its rate is made again after a pause (ERR-007).
   * @throws when the session ends instead, there is no answer in time, or `signal` aborts
   */
  async call(
    session: string,
    method: CalledMethod,
    params: Partial<CallParams>,
    options: CallOptions = {},
  ): Promise<Outcome> {
    const outcome = await withinRate(() => this.callOnce(session, method, params, options), isForRate, options);
    return isForRate(outcome) ? this.skipForRate() : outcome;
  }

  /** As `call`, but made once only: a second try would come after calls that were made later. */
  async callOnce(
    session: string,
    method: CalledMethod,
    params: Partial<CallParams>,
    options: CallOptions = {},
  ): Promise<Outcome> {
    return outcomeOf(method, await this.target.call(session, method, parametersOf(method, params), options));
  }

  /** As `callOnce`, for one of thousands of calls. */
  async callInFlood(session: string, method: CalledMethod, params: CallParams): Promise<Outcome> {
    return outcomeOf(method, await this.target.callUnrecorded(session, method, parametersOf(method, params)));
  }

  /** What a call made once returned; the scenario is skipped when it was refused for its rate. @throws for another refusal */
  accepted(outcome: Outcome): Results {
    if (isForRate(outcome)) this.skipForRate();
    return resultsOf(outcome);
  }

  skipForRate(): never {
    return this.target.skip('the target refuses calls for their rate (E014)');
  }

  /** As `call`, and remembers call and outcome for the steps that follow. */
  async callAndRemember(person: Person, method: CalledMethod, params: CallParams): Promise<Outcome> {
    this.sent = params;
    this.outcome = await this.call(this.sessionOf(person), method, params);
    return this.outcome;
  }
}

function pair(one: Person, other: Person): string {
  return [one, other].sort().join(' and ');
}
