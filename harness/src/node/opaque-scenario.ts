import { type Auth, nodeService } from '@quicnprotochat/proto';
import type { Method } from '@quicnprotochat/rpc';
import { newCredentials } from '../target/access.ts';
import { withinRate } from '../target/patience.ts';
import { perScenario } from '../world/per-scenario.ts';
import type { ConformanceWorld } from '../world/world.ts';
import { rightCall } from './calls.ts';
import type { CalledMethod, CallParams } from './methods.ts';
import { scenarioOf } from './node-scenario.ts';
import {
  type Credentials,
  finishLogin,
  finishRegistration,
  opaqueReady,
  type Started,
  startLogin,
  startRegistration,
} from './opaque-client.ts';
import { isForRate, type Outcome, outcomeOf, type Results, resultsOf } from './outcome.ts';
import { sameBytes } from './queue-model.ts';
import { NodeTarget } from './target.ts';

/** People whom the target does not know before a scenario registers them. */
export const USERS = ['Carol', 'Dave'] as const;
export type User = (typeof USERS)[number];

export const OPAQUE_METHODS = [
  'opaqueRegisterStart',
  'opaqueRegisterFinish',
  'opaqueLoginStart',
  'opaqueLoginFinish',
] as const;
export type OpaqueMethod = (typeof OPAQUE_METHODS)[number];

/** What the four methods send; each has some of it. */
export interface OpaqueParams {
  username: string;
  request: Uint8Array;
  upload: Uint8Array;
  finalization: Uint8Array;
  identityKey: Uint8Array;
}

/** A login that was begun: what the client keeps, and what the server answered. */
export interface BegunLogin {
  password: string;
  started: Started;
  response: Uint8Array;
}

/** A server without registrations may refuse them with any code but those that say what is wrong with the message. */
const FAULT_CODES = new Set<string | undefined>(['E004', 'E010', 'E011', 'E018', 'E019', undefined]);

/** The state that the OPAQUE steps of one scenario share. Outcomes go to the NodeScenario, for its steps to judge. */
export class OpaqueScenario {
  /** That of a step's World. */
  static readonly of = perScenario((world) => new OpaqueScenario(world));

  readonly world: ConformanceWorld;
  /** By user, or by session where nobody of the scenario logs in. */
  readonly logins = new Map<string, BegunLogin>();
  /** Session tokens in the order in which they came. */
  readonly tokens = new Map<User, Uint8Array[]>();
  /** What was sent to finish a login before. */
  readonly finalizations = new Map<User, Uint8Array>();
  /** Outcomes of calls at once. */
  outcomes: Outcome[] = [];
  /** What opaqueLoginStart returned, oldest first. */
  readonly responses: Uint8Array[] = [];
  /** What was published last, by user and kind. */
  readonly records = new Map<string, Uint8Array>();
  /** Reasons of refusals that a step compares. */
  readonly reasons: string[] = [];
  readonly #users = new Map<User, Credentials>();
  /** Sessions of its own, by name. */
  readonly #target: NodeTarget;

  constructor(world: ConformanceWorld) {
    this.world = world;
    this.#target = new NodeTarget(world);
  }

  /** New in each scenario. */
  user(name: User): Credentials {
    let user = this.#users.get(name);
    if (!user) {
      user = newCredentials();
      this.#users.set(name, user);
    }
    return user;
  }

  setUser(name: User, credentials: Credentials): void {
    this.#users.set(name, credentials);
  }

  /** @param session each has a connection of its own */
  async call(session: string, method: OpaqueMethod, params: Partial<OpaqueParams>): Promise<Outcome> {
    await opaqueReady;
    const scenario = scenarioOf(this.world);
    const outcome = await withinRate(() => this.#once(session, method, params), isForRate);
    scenario.outcome = outcome;
    return isForRate(outcome) ? scenario.skipForRate() : outcome;
  }

  async #once(session: string, method: OpaqueMethod, params: Partial<OpaqueParams>): Promise<Outcome> {
    const rpc = await this.#target.open(session);
    const typed = nodeService[method] as unknown as Method<Partial<OpaqueParams>, Results>;
    return outcomeOf(method, await this.world.call(rpc, session, typed, params));
  }

  /** Closes the connection of a session, and waits until the server has seen it. */
  leave(session: string): Promise<void> {
    return this.#target.leave(session);
  }

  /** The next call of that session goes over a new connection. */
  forget(session: string): void {
    this.#target.forget(session);
  }

  /** The next call of each session goes over a new connection. */
  forgetSessions(): void {
    this.#target.forgetSessions();
  }

  /** Goes through a registration. The outcome is that of the call that was refused, or of the last. */
  async register(session: string, credentials: Credentials): Promise<Outcome> {
    const begun = await this.beginRegistration(session, credentials);
    return typeof begun === 'function' ? begun() : begun;
  }

  /** Goes through a registration as far as its last call. @returns that call, or the outcome of one that was refused before */
  async beginRegistration(
    session: string,
    { username, password, identityKey }: Credentials,
  ): Promise<Outcome | (() => Promise<Outcome>)> {
    await opaqueReady;
    const started = startRegistration(password);
    const first = await this.call(session, 'opaqueRegisterStart', { username, request: started.request });
    if (first.kind === 'refused') return first;
    const upload = finishRegistration(password, started, responseOf(first));
    return () => this.call(session, 'opaqueRegisterFinish', { username, upload, identityKey });
  }

  /** As `register`, of a new user whom a target that registers anybody has to take. @throws when it does not */
  async mustRegister(session: string, credentials: Credentials): Promise<void> {
    const outcome = await this.register(session, credentials);
    this.requireOpen(outcome);
    if (resultsOf(outcome).success !== true)
      throw new Error('opaqueRegisterFinish returned success = false, and no error');
  }

  /**
   * Looks at the outcome of a right registration call of a new user. One that is refused as a matter of policy, not for a
   * fault, leaves the scenario, unless the run needs registrations.
   * @throws when it was refused
   */
  requireOpen(outcome: Outcome): void {
    if (outcome.kind === 'results') return;
    const { method, code, type, reason } = outcome;
    const isPolicy =
      type === 'unimplemented' || (method === 'opaqueRegisterStart' ? code !== undefined : !FAULT_CODES.has(code));
    if (isPolicy && !this.world.target.mustRegister) this.world.skip(`the target registers no users: ${reason}`);
    resultsOf(outcome);
  }

  /** Sends the first message of a login and keeps what comes back. */
  async beginLogin(session: string, name: User, password = this.user(name).password): Promise<Outcome> {
    const outcome = await this.#begin(session, { ...this.user(name), password }, name);
    if (outcome.kind === 'results') this.responses.push(responseOf(outcome));
    return outcome;
  }

  /** As `beginLogin`, of somebody without a part in the scenario; kept for `finalizationAs`. */
  async beginLoginAs(session: string, credentials: Credentials): Promise<Outcome> {
    return this.#begin(session, credentials, session);
  }

  async #begin(session: string, { username, password }: Credentials, keptAs: string): Promise<Outcome> {
    await opaqueReady;
    const started = startLogin(password);
    const outcome = await this.call(session, 'opaqueLoginStart', { username, request: started.request });
    if (outcome.kind === 'results') this.logins.set(keptAs, { password, started, response: responseOf(outcome) });
    return outcome;
  }

  /** The last message of the login that was begun. @throws when the server's answer cannot be opened */
  finalization(name: User): Uint8Array {
    const message = this.finalizationAs(name);
    this.finalizations.set(name, message);
    return message;
  }

  /** As `finalization`, of the login that was kept under that name. */
  finalizationAs(name: string): Uint8Array {
    const login = this.logins.get(name);
    if (!login) throw new Error(`${name} has begun no login, or the target refused it`);
    const message = finishLogin(login.password, login.started, login.response);
    if (!message) throw new Error('the answer to opaqueLoginStart cannot be opened with the right password');
    return message;
  }

  async finishLogin(session: string, name: User, params: Partial<OpaqueParams> = {}): Promise<Outcome> {
    const { username, identityKey } = this.user(name);
    const finalization = params.finalization ?? this.finalization(name);
    const outcome = await this.call(session, 'opaqueLoginFinish', { username, identityKey, ...params, finalization });
    if (outcome.kind === 'results') {
      const token = outcome.results.sessionToken as Uint8Array;
      this.tokens.set(name, [...(this.tokens.get(name) ?? []), token]);
    }
    return outcome;
  }

  /** The token that was issued last. @throws when there is none */
  token(name: User): Uint8Array {
    const token = this.tokens.get(name)?.at(-1);
    if (!token) throw new Error(`${name} was given no session token before this step`);
    return token;
  }

  /** A fetch from the queue of that identity with that token. */
  async fetch(token: Uint8Array, recipientKey: Uint8Array): Promise<Outcome> {
    const scenario = scenarioOf(this.world);
    const call = { recipientKey, channelId: new Uint8Array(), version: 1, limit: 0, auth: bearer(token) };
    scenario.outcome = await scenario.call('with a session token', 'fetch', call);
    return scenario.outcome;
  }

  /** A right call of that user with the session token: for oneself, or about Alice. */
  async callWithToken(
    name: User,
    method: CalledMethod,
    changed: Partial<CallParams> = {},
  ): Promise<{ sent: CallParams; outcome: Outcome }> {
    const scenario = scenarioOf(this.world);
    const params = rightCall(scenario, 'Mallory', method);
    const mallory = scenario.identity('Mallory');
    const own = (key: Uint8Array): Uint8Array => (sameBytes(key, mallory) ? this.user(name).identityKey : key);
    const sent = {
      ...params,
      identityKey: own(params.identityKey),
      identityKeys: params.identityKeys.map(own),
      recipientKey: own(params.recipientKey),
      auth: bearer(this.token(name)),
      ...changed,
    };
    return { sent, outcome: await scenario.call('with a session token', method, sent) };
  }
}

const bearer = (accessToken: Uint8Array): Auth => ({ version: 1, accessToken, deviceId: new Uint8Array() });

function responseOf(outcome: Extract<Outcome, { kind: 'results' }>): Uint8Array {
  return outcome.results.response as Uint8Array;
}
