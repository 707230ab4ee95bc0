// What is asked of a server's answers to a session written by hand.
import { type ErrorCode, parseReason } from '@quicnprotochat/proto';
import { type ReturnMessage, RpcException } from '@quicnprotochat/rpc';
import { bootstrap, health, promise } from './messages.ts';
import type { RawSession } from './raw-session.ts';
import { MALFORMED_QUESTION } from './surgery.ts';

/** Questions of calls that only show whether a session goes on. */
const PROBE = 800;
const AGAIN = 900;
/** Under which the capability is asked for, unless it is asked for twice. */
export const IMPORT_QUESTION = 500;

/** How long an answer may come after that of a later call, in ms. */
const GRACE_MS = 2_000;

/** What an answer was, in words. */
function inWords({ value }: ReturnMessage): string {
  if (value.kind !== 'exception') return value.kind;
  return `the exception ${value.exception.type} "${value.exception.reason}"`;
}

/** @throws Error when a call was answered with anything else */
export function requireResults(answer: ReturnMessage): void {
  if (answer.value.kind !== 'results') throw new Error(`the call was answered with ${inWords(answer)}`);
}

/** @throws Error when a call was answered with results, or an exception of another type */
export function requireUnimplemented(answer: ReturnMessage): void {
  if (answer.value.kind === 'exception' && answer.value.exception.type === 'unimplemented') return;
  throw new Error(`the call was answered with ${inWords(answer)}, expected an exception of type unimplemented`);
}

/**
 * @param codes `E001` or `E001 or E004`
 * @throws Error when a call was answered with results, or an exception with another code
 */
export function requireCode(answer: ReturnMessage, codes: string): void {
  const { value } = answer;
  const code: ErrorCode | undefined = value.kind === 'exception' ? parseReason(value.exception.reason) : undefined;
  if (code && codes.split(' or ').includes(code)) return;
  throw new Error(`the call was answered with ${inWords(answer)}, expected ${codes}`);
}

/** The id of the capability that answers a Bootstrap. @throws Error when there is none */
export async function capabilityOf(session: RawSession, questionId: number): Promise<number> {
  const { value } = await session.returnFor(questionId);
  if (value.kind !== 'results') throw new Error(`Bootstrap was answered with ${value.kind}`);
  const [cap] = value.payload.capTable;
  if (cap?.kind !== 'senderHosted' && cap?.kind !== 'senderPromise') throw new Error('the answer holds no capability');
  return cap.id;
}

/** Asks for the bootstrap capability. @returns its id @throws Error when the server gives none */
export async function importCapability(session: RawSession, questionId = IMPORT_QUESTION): Promise<number> {
  await session.send(bootstrap(questionId));
  return capabilityOf(session, questionId);
}

/** @throws Error when a further Bootstrap and a call on it get no results */
export async function requireGoingOn(session: RawSession): Promise<void> {
  await session.send(bootstrap(AGAIN), health(AGAIN + 1, promise(AGAIN)));
  await session.returnFor(AGAIN);
  requireResults(await session.returnFor(AGAIN + 1));
}

/** A session is over when it answers a call no more. @returns the reason of an Abort, if one came @throws Error when it goes on */
export function endOf(session: RawSession): Promise<string | undefined> {
  return session.end(health(PROBE));
}

/** @throws Error when the malformed question got results, or neither an answer nor the end of the session */
export async function requireRefusal(session: RawSession): Promise<void> {
  await session.send(health(PROBE));
  let graceMs: number | undefined;
  for (;;) {
    const message = await session.next(graceMs);
    if (message.kind === 'over' || message.kind === 'abort' || message.kind === 'unimplemented') return;
    if (message.kind !== 'return') continue;
    if (message.answerId === PROBE) graceMs = GRACE_MS;
    if (message.answerId !== MALFORMED_QUESTION) continue;
    if (message.value.kind === 'results') throw new Error('it was answered with results');
    return;
  }
}

/**
 * As `requireRefusal`, of a session that has nothing left on which it could call something else.
 * @throws Error when the malformed question is answered with results
 */
export async function requireNoResults(session: RawSession): Promise<void> {
  for (;;) {
    const message = await session.next(GRACE_MS).catch(() => undefined);
    if (!message || message.kind === 'over' || message.kind === 'abort' || message.kind === 'unimplemented') return;
    if (message.kind !== 'return' || message.answerId !== MALFORMED_QUESTION) continue;
    if (message.value.kind === 'results') throw new Error('it was answered with results');
    return;
  }
}

/** @throws Error unless each of the questions from first to last gets results, once, in whatever order */
export async function requireEachOnce(session: RawSession, first: number, last: number): Promise<void> {
  const open = new Set(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  while (open.size > 0) {
    const message = await session.next();
    if (message.kind === 'over' || message.kind === 'abort')
      throw new Error(`the session ended with ${open.size} calls unanswered`);
    if (message.kind !== 'return') continue;
    if (!open.delete(message.answerId))
      throw new Error(`question ${message.answerId} was answered, which was not asked or had its answer`);
    requireResults(message);
  }
  // One that came twice would come before the answer to this.
  await session.send(health(999_999));
  const message = await session.next();
  if (message.kind !== 'return' || message.answerId !== 999_999)
    throw new Error(`another ${message.kind} came after all answers`);
}

/** @throws Error when the session ends before a capability of the client's is given back, by Release or with that Return */
export async function requireGivenBack(session: RawSession, capability: number, questionId: number): Promise<void> {
  for (;;) {
    const message = await session.next();
    if (message.kind === 'over' || message.kind === 'abort') throw new Error('the session ended');
    if (message.kind === 'release' && message.id === capability) return;
    if (message.kind === 'return' && message.answerId === questionId && message.releaseParamCaps) return;
  }
}

/** Whether a call by a right client was answered: a server that calls itself overloaded, or us too fast (ERR-009), has. */
export function isAnswered(outcome: PromiseSettledResult<unknown>): boolean {
  if (outcome.status === 'fulfilled') return true;
  const { reason } = outcome;
  return reason instanceof RpcException && (reason.type === 'overloaded' || parseReason(reason.reason) === 'E014');
}
