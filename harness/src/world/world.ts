import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IWorldOptions, World } from '@cucumber/cucumber';
import type { Auth } from '@quicnprotochat/proto';
import { type QuicConnection, QuicError, type QuicStream } from '@quicnprotochat/quic';
import { connectVat, type Method, type RpcClient, RpcException, SessionEndedError } from '@quicnprotochat/rpc';
import { OBSERVED_LIMITS } from '../differential/observation.ts';
import { FrameRecorder, REPORT_LIMITS, type RecordLimits, TRACE_LIMITS } from '../frames/recorder.ts';
import { type ReportedFrame, reportFrames, selectFrames } from '../frames/reported.ts';
import { byteBlanker } from '../frames/secrets.ts';
import { redactor } from '../redact.ts';
import { ROLES, type Role } from '../target/accounts.ts';
import {
  type CommandServer,
  NotRestartableError,
  notRestartableBecause,
  serverNamed,
} from '../target/command/command-server.ts';
import { current, letInAgain, redactorOf, secretsOf } from '../target/command/people.ts';
import type { TargetLimits } from '../target/limits.ts';
import { connectTarget, type TargetConnectOptions, type TargetData } from '../target/target.ts';
import { ExchangeLog, show } from './exchange.ts';
import { nameOf, type Person, personOf } from './people.ts';
import { RandomSource } from './random.ts';
import { SkipScenario } from './skip-scenario.ts';

/** For a server to let a client have another stream in place of one that has ended, in ms. */
const STREAM_CREDIT_MS = 500;

/** What a call ended with, when it was answered. */
export type Outcome<R> = { results: R; exception?: undefined } | { exception: RpcException; results?: undefined };

/** How long closing what a scenario left open may take, in ms. */
const CLOSE_LIMIT_MS = 2_000;

/**
 * The state of one scenario: the target, the people, and what was opened on the way, which is closed after it. Plain
 * steps ask it for sessions and make calls through `call`, so that a failure can show what was sent and what came back.
 */
export class ConformanceWorld extends World<TargetData> {
  /** What the target says its limits are. */
  readonly limits: TargetLimits;
  /** How long one answer may take, in ms. */
  readonly timeoutMs: number;
  readonly exchange: ExchangeLog;
  /** Of what is random in what the scenario sends; the hooks put one with a seed in its place. */
  random = new RandomSource();
  /** What passed on the streams. */
  readonly frames: FrameRecorder;
  readonly #abort = new AbortController();
  readonly #connections = new Set<QuicConnection>();
  readonly #people = new Map<Role, Person>();
  #target: TargetData;
  readonly #lastChecks: (() => Promise<void>)[] = [];

  constructor(options: IWorldOptions<TargetData>) {
    super(options);
    this.#target = current(options.parameters);
    this.limits = this.target.limits;
    this.timeoutMs = this.target.timeoutMs;
    // Every call of the scenario listens to it.
    setMaxListeners(0, this.#abort.signal);
    this.exchange = new ExchangeLog(redactorOf(this.target));
    this.frames = new FrameRecorder(limitsOf(this.target), () => this.exchange.now());
  }

  get target(): TargetData {
    return this.#target;
  }

  /** Aborted when the scenario is over. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Gives a task a signal that is aborted when the scenario is over, or after that time, in ms. AbortSignal.any alone would not do:
   * it holds its sources weakly, and Node.js 20 collects a time-out that nobody else holds.
   */
  async within<T>(timeoutMs: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    try {
      return await task(AbortSignal.any([this.signal, late.signal]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whether callers have tokens and thereby an identity. */
  get hasAccounts(): boolean {
    return this.target.accounts.length > 0;
  }

  get isOpen(): boolean {
    return this.target.isOpen;
  }

  /** alice, bob and mallory are the first three accounts; without accounts they are new people in each scenario. */
  person(role: Role): Person {
    const { noAccounts } = this.target;
    if (noAccounts !== undefined) this.skip(noAccounts);
    let person = this.#people.get(role);
    if (!person) {
      const account = this.target.accounts.filter(({ isExpired }) => !isExpired)[ROLES.indexOf(role)];
      person = account
        ? personOf(role, account)
        : { role, identityKey: this.random.identityKey(), token: undefined, deviceId: new Uint8Array() };
      this.#people.set(role, person);
    }
    return person;
  }

  /** An account whose token the target knows as expired, if the accounts file names one. */
  expiredPerson(): Person | undefined {
    const account = this.target.accounts.find(({ isExpired }) => isExpired);
    return account && personOf('alice', account);
  }

  /** An account whose token is good on one device alone, if the accounts file names one. */
  boundPerson(): Person | undefined {
    const account = this.target.accounts.find(({ deviceId, isExpired }) => deviceId && !isExpired);
    return account && personOf('mallory', account);
  }

  /** What that person shows with a call: the token, or version 0 without one. */
  auth(role: Role): Auth {
    const { token, deviceId } = this.person(role);
    return { version: token ? 1 : 0, accessToken: token ?? new Uint8Array(), deviceId };
  }

  /** Leaves the scenario as not testable here. */
  skip(reason: string): never {
    throw new SkipScenario(reason);
  }

  /** Something a reader of the failure should know. */
  note(text: string): void {
    this.exchange.add('', 'note', text);
  }

  /** A new connection; closed after the scenario. @throws Error that says why there is none */
  async connect(options: TargetConnectOptions = {}): Promise<QuicConnection> {
    try {
      const connection = await connectTarget(this.target, { signal: this.signal, ...options });
      this.#connections.add(connection);
      this.frames.tapConnection(connection);
      return connection;
    } catch (error) {
      if (error instanceof QuicError) this.note(`no connection: ${error.code}: ${error.message}`);
      throw error;
    }
  }

  /** A stream; the scenario is skipped when the target grants no more of them at once: how many is its own affair. */
  async openStream(connection: QuicConnection): Promise<QuicStream> {
    for (const end = performance.now() + STREAM_CREDIT_MS; ; await sleep(10)) {
      try {
        return await connection.openStream();
      } catch (error) {
        if (!(error instanceof QuicError) || error.code !== 'STREAM_LIMIT') throw error;
        if (performance.now() > end) this.skip('the target grants too few streams at once for this');
      }
    }
  }

  /** An RPC session on a stream of its own: of a new connection, or of the one given. */
  async session(connection?: QuicConnection): Promise<RpcClient> {
    const stream = await this.openStream(connection ?? (await this.connect()));
    const rpc = connectVat(stream);
    this.frames.own(rpc, stream);
    return rpc;
  }

  /**
   * Makes a call and waits for its answer, whatever it is.
   * @param who whose call it is, for the record
   * @throws Error when there is no answer in time, or the session ends first
   */
  async call<P, R>(
    rpc: RpcClient,
    who: string,
    method: Method<P, R>,
    params: P,
    options: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined } = {},
  ): Promise<Outcome<R>> {
    const { timeoutMs = this.timeoutMs } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([this.signal, timeout, ...(options.signal ? [options.signal] : [])]);
    this.frames.nameAs(rpc, who);
    this.exchange.add(who, 'sent', `${method.name} ${this.#show(params)}`);
    try {
      const results = await rpc.call(method, params, { signal });
      this.exchange.add(who, 'received', `${method.name} -> ${this.#show(results)}`);
      return { results };
    } catch (error) {
      if (error instanceof RpcException) {
        this.exchange.add(who, 'received', `${method.name} -> exception ${error.type} ${JSON.stringify(error.reason)}`);
        return { exception: error };
      }
      const why =
        timeout.aborted && !options.signal?.aborted
          ? new Error(`${method.name} was not answered within ${timeoutMs} ms`)
          : error;
      this.exchange.add(who, 'received', `${method.name} -> ${why instanceof Error ? why.message : why}`);
      if (why instanceof SessionEndedError) throw new Error(`${method.name} was not answered: ${why.message}`);
      throw why;
    }
  }

  /** The frames of the scenario, annotated, without a secret. @param all also what no reader of a failure wants */
  reportedFrames(all = false): ReportedFrame[] {
    const accounts = secretsOf(this.target);
    const discretion = { redact: redactor(accounts), blank: byteBlanker(accounts), ownerOf: this.#ownerOf };
    const frames = this.frames.frames();
    return all ? reportFrames(frames, discretion, TRACE_LIMITS.bytes) : reportFrames(selectFrames(frames), discretion);
  }

  #ownerOf = (token: Uint8Array): string | undefined => {
    const hex = Buffer.from(token).toString('hex');
    return secretsOf(this.target).find((account) => account.token === hex)?.name;
  };

  #show(value: unknown): string {
    return show(value, { ofToken: this.#ownerOf, ofKey: this.#keyOwner });
  }

  #keyOwner = (key: Uint8Array): string | undefined => {
    const person = [...this.#people.values()].find(({ identityKey }) => Buffer.compare(identityKey, key) === 0);
    return person && nameOf(person.role);
  };

  /** The server of the target, which the suite can end and start again. Leaves the scenario when there is none. */
  get #restartable(): CommandServer {
    const server = serverNamed(this.target.server);
    return server ?? this.skip(notRestartableBecause(this.target) ?? 'the server is gone');
  }

  /**
   * Ends the server: in order by SIGTERM, suddenly by SIGKILL. An orderly end may take until the connections are closed, so
   * they are. Leaves the scenario when there is no orderly end.
   * @param keepsConnections they are left to the server to close
   */
  async endServer(signal: 'SIGTERM' | 'SIGKILL', { keepsConnections = false } = {}): Promise<void> {
    const server = this.#restartable;
    this.note(`the server is ended by ${signal}`);
    if (signal === 'SIGTERM' && !keepsConnections) await this.#closeConnections();
    try {
      const isEnough = await server.end(signal);
      if (!isEnough && !keepsConnections) this.skip('the server does not end within ten seconds of SIGTERM');
    } catch (error) {
      if (error instanceof NotRestartableError) this.skip(error.message);
      throw error;
    }
    if (!keepsConnections) this.abandonConnections();
  }

  async #closeConnections(): Promise<void> {
    const closing = Promise.all([...this.#connections].map((connection) => connection.close().catch(() => {})));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_LIMIT_MS);
    });
    await Promise.race([closing, limit]);
    clearTimeout(timer);
  }

  /** Lets go of what leads nowhere any more. */
  abandonConnections(): void {
    for (const connection of this.#connections) connection.abandon();
    this.#connections.clear();
  }

  /**
   * Starts it again. People whose session has not outlasted that log in again.
   * @throws Error when it does not start, or somebody cannot log in any more
   */
  async startServerAgain(): Promise<void> {
    await this.#restartable.launch();
    this.note('the server is started again');
    if (this.hasAccounts) this.#people.clear();
    this.#target = await letInAgain(this.target);
  }

  /** Something that must hold after the last step. */
  beforeEnd(check: () => Promise<void>): void {
    this.#lastChecks.push(check);
  }

  /** After the last step. @throws Error that says what does not hold */
  async finish(): Promise<void> {
    for (const check of this.#lastChecks) await check();
  }

  /** Lets go of everything. Never rejects, and takes a bounded time. */
  async dispose(): Promise<void> {
    this.#abort.abort(new Error('the scenario is over'));
    await this.#closeConnections();
    this.abandonConnections();
  }
}

function limitsOf({ side, traceDir }: TargetData): RecordLimits {
  if (side !== undefined) return OBSERVED_LIMITS;
  return traceDir === undefined ? REPORT_LIMITS : TRACE_LIMITS;
}
