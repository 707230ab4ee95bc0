import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService, parseReason } from '@quicnprotochat/proto';
import { type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { connectVat, type Method, type RpcClient, RpcException, SessionEndedError } from '@quicnprotochat/rpc';
import { withinRate } from '../target/patience.ts';
import { connectTarget, type TargetData } from '../target/target.ts';
import { Inconclusive, TargetGone, Violation } from './findings.ts';
import type { SessionName } from './people.ts';

/** What a right call may be refused with: its rate, a full queue or store, trouble of the store. */
const REFUSALS = ['E009', 'E014', 'E015'] as const;
export type Refusal = (typeof REFUSALS)[number] | 'to oneself';
/** A token may be unknown, or have run out: whether that is right is not for these properties to say. */
const NOT_LET_IN = ['E001', 'E002', 'E003', 'E017'];
/** What was refused for its rate is tried again after these pauses, in ms. */
const RATE_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];
/** The last method of the first generation: those after it may be missing. */
const LAST_CORE_METHOD = nodeService.fetchHybridKey.methodId;

/**
 * `isRepeated`: not the first try was answered, so that it may have been sent after later calls of its session.
 * `unanswered`: it may have happened, at any time, or not at all.
 */
export type Answer<R> =
  | { kind: 'results'; results: R; isRepeated: boolean }
  | { kind: 'refused'; code: Refusal }
  | { kind: 'unanswered'; why: string };

/** Calls as the models make them; what is behind it is a target, or a test. */
export interface Service {
  /** @throws Violation, Inconclusive, TargetGone */
  call<P, R>(session: SessionName, method: Method<P, R>, params: P, kind?: CallKind): Promise<Answer<R>>;
}

/** What matters for the answer of a call beside its parameters. */
export interface CallKind {
  /** It may wait that long by itself, in ms. */
  waitMs?: number;
  /** It writes to who calls, too: whatever it is refused with may be right (AUTH-014). */
  isToOneself?: boolean;
}

/** Sessions with the target that are opened when they are needed, and again after they were lost. */
export class TargetService implements Service {
  readonly #target: TargetData;
  readonly #open = new Map<SessionName, Promise<{ connection: QuicConnection; rpc: RpcClient }>>();

  constructor(target: TargetData) {
    this.#target = target;
  }

  async call<P, R>(session: SessionName, method: Method<P, R>, params: P, kind: CallKind = {}): Promise<Answer<R>> {
    let tries = 0;
    const answer = await withinRate(
      () => {
        tries += 1;
        return this.#callOnce(session, method, params, kind);
      },
      (given) => given.kind === 'refused' && given.code === 'E014',
      { pausesMs: RATE_PAUSES_MS },
    );
    return answer.kind === 'results' ? { ...answer, isRepeated: tries > 1 } : answer;
  }

  async close(): Promise<void> {
    for (const session of [...this.#open.keys()]) await this.#drop(session);
  }

  async #callOnce<P, R>(
    session: SessionName,
    method: Method<P, R>,
    params: P,
    { waitMs = 0, isToOneself = false }: CallKind,
  ): Promise<Answer<R>> {
    const opened = this.#session(session);
    const signal = AbortSignal.timeout(this.#target.timeoutMs + waitMs);
    try {
      const { rpc } = await opened;
      return { kind: 'results', results: await rpc.call(method, params, { signal }), isRepeated: false };
    } catch (error) {
      const isLost = error instanceof SessionEndedError || error instanceof QuicError;
      if (error instanceof SessionEndedError && error.end.kind === 'protocol-error')
        throw new Violation(`to ${method.name} by ${session} came what is no RPC: ${error.end.reason}`);
      if (isLost || signal.aborted) {
        await this.#drop(session, opened);
        const why = isLost ? error.message : `no answer within ${this.#target.timeoutMs + waitMs} ms`;
        return { kind: 'unanswered', why: `${method.name} by ${session}: ${why}` };
      }
      if (!(error instanceof RpcException)) throw error;
      const code = parseReason(error.reason) ?? '';
      const refusal = REFUSALS.find((known) => known === code);
      if (refusal) return { kind: 'refused', code: refusal };
      const said = `${method.name} by ${session} was answered by ${error.type}: ${error.reason}`;
      if (NOT_LET_IN.includes(code))
        throw new Inconclusive(`the target lets nobody in: ${said} (see --accounts, --open)`);
      if (error.type === 'unimplemented' && method.methodId > LAST_CORE_METHOD)
        throw new Inconclusive(`only some methods of a profile are offered: ${said}`);
      if (isToOneself && error.type === 'failed') return { kind: 'refused', code: 'to oneself' };
      throw new Violation(said);
    }
  }

  #session(name: SessionName): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    let opened = this.#open.get(name);
    if (!opened) {
      opened = this.#connect();
      opened.catch(() => this.#open.delete(name));
      this.#open.set(name, opened);
    }
    return opened;
  }

  async #connect(): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    const connection = await reconnect(this.#target);
    return { connection, rpc: connectVat(await connection.openStream()) };
  }

  /** @param lost what was open then: what was opened since stays */
  async #drop(name: SessionName, lost = this.#open.get(name)): Promise<void> {
    if (this.#open.get(name) === lost) this.#open.delete(name);
    await (await lost?.catch(() => undefined))?.connection.close();
  }
}

/** A target that is busy, or just restarting, is tried again after these pauses, in ms. */
const CONNECT_PAUSES_MS = [100, 400, 1_500];

/** @throws TargetGone */
export async function reconnect(target: TargetData): Promise<QuicConnection> {
  for (const pause of [...CONNECT_PAUSES_MS, undefined]) {
    try {
      return await connectTarget(target);
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
      if (pause === undefined) throw new TargetGone(error.message);
      await sleep(pause);
    }
  }
  throw new Error('unreachable');
}
