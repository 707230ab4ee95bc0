import { createHash } from 'node:crypto';
import { CoreError, type GroupMember, type HybridKeypair, type Received } from '@quicnprotochat/core';
import { ClientError, printable } from '../errors.ts';
import { hex } from '../output.ts';
import type { Shown, StoredState } from '../state/stored-state.ts';
import { type Unwrapped, unwrap } from './wrap.ts';

/** Payloads that are kept until what makes them readable comes; the oldest go first. */
const MAX_WAITING = 2_000;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** Wire format of a Welcome, bytes 2 and 3 of an MLSMessage (RFC 9420 section 6). */
const WELCOME = 3;

/** What it takes to read payloads. */
export interface Reader {
  state: StoredState;
  member: GroupMember;
  hybrid: HybridKeypair | undefined;
  /** A member without a group, in place of one that was removed from its own. */
  newMember(): Promise<GroupMember>;
}

const digestOf = (payload: Uint8Array): string => createHash('sha256').update(payload).digest('hex');
/** How people see an identity key. */
export const shortKey = (key: Uint8Array): string => hex(key).slice(0, 16);
const isWelcome = (message: Uint8Array): boolean => message[2] === 0 && message[3] === WELCOME;

/**
 * Takes payloads of the queue in: what can be read goes to the state's inbox, what cannot be read yet is kept waiting, and
 * nothing that is in them ends it. Changes member and state in memory only; the caller persists both together.
 * @param mayJoin whether a Welcome is followed; else it waits for that
 */
export async function takeIn(reader: Reader, payloads: readonly Uint8Array[], mayJoin: boolean): Promise<void> {
  const { state } = reader;
  const digests = payloads.map(digestOf);
  // What is no longer at the head of the queue, the server has forgotten by now.
  state.handled = state.handled.filter((digest) => digests.includes(digest));
  for (const [i, payload] of payloads.entries()) {
    const digest = digests[i] as string;
    // Taken in already: only the server does not know it yet.
    if (state.handled.includes(digest)) continue;
    state.handled.push(digest);
    if ((await readOne(reader, payload, mayJoin)) === 'progress') await readWaiting(reader, mayJoin);
  }
}

/** Tries again what had to wait, as long as that leads on. */
export async function readWaiting(reader: Reader, mayJoin: boolean): Promise<void> {
  const { state } = reader;
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const payload of state.waiting.splice(0)) {
      if ((await readOne(reader, payload, mayJoin, true)) === 'progress') isMoving = true;
    }
  }
}

/** @returns `progress` when what waits may be readable now */
async function readOne(
  reader: Reader,
  payload: Uint8Array,
  mayJoin: boolean,
  isRetry = false,
): Promise<'progress' | 'done' | 'waits'> {
  const { state, member } = reader;
  let unwrapped: Unwrapped;
  try {
    unwrapped = unwrap(payload, reader.hybrid);
  } catch (error) {
    return ignore(state, error);
  }
  const { message } = unwrapped;
  if (!message) {
    state.inbox.push(otherEnvelope(unwrapped));
    return 'done';
  }
  try {
    if (isWelcome(message)) return await welcomed(reader, payload, message, mayJoin, isRetry);
    if (member.groupId === undefined) return wait(state, payload);
    const received = await member.receiveMessage(message);
    state.inbox.push(shown(received, member, unwrapped));
    return received.kind === 'commit' ? 'progress' : 'done';
  } catch (error) {
    if (error instanceof CoreError && mayBeReadLater(error, reader.member)) return wait(state, payload);
    return ignore(state, error);
  }
}

/** It needs a commit that is still to come; or, after a removal, the Welcome of another invitation. */
function mayBeReadLater({ code }: CoreError, member: GroupMember): boolean {
  return code === 'FUTURE_EPOCH' || (!member.isActive && (code === 'REMOVED' || code === 'WRONG_GROUP'));
}

async function welcomed(
  reader: Reader,
  payload: Uint8Array,
  message: Uint8Array,
  mayJoin: boolean,
  isRetry: boolean,
): Promise<'progress' | 'done' | 'waits'> {
  const { state } = reader;
  if (reader.member.isActive) return ignore(state, new Error('a Welcome, but this state is in a group already'));
  if (!mayJoin) {
    const text = 'somebody invites you to a group: "quicnprotochat join" joins it';
    if (!isRetry) state.inbox.push({ type: 'invited', fields: {}, text });
    return wait(state, payload);
  }
  const member = await reader.newMember();
  await member.joinGroup(message);
  reader.member = member;
  return 'progress';
}

function wait(state: StoredState, payload: Uint8Array): 'waits' {
  state.waiting.push(payload);
  let bytes = state.waiting.reduce((sum, { length }) => sum + length, 0);
  while (state.waiting.length > MAX_WAITING || bytes > MAX_WAITING_BYTES) {
    bytes -= state.waiting.shift()?.length ?? 0;
    ignore(state, new Error('what it needs to be read never came'));
  }
  return 'waits';
}

function ignore(state: StoredState, error: unknown): 'done' {
  const code = error instanceof CoreError ? error.code : 'UNREADABLE';
  const reason =
    error instanceof CoreError || error instanceof ClientError || error instanceof Error ? error.message : '';
  const fields = { code, reason: printable(reason) };
  state.inbox.push({ type: 'ignored', fields, text: `(a payload was ignored: ${fields.reason})` });
  return 'done';
}

function otherEnvelope({ envelope }: Unwrapped): Shown {
  const fields = { code: 'NO_MLS', reason: `an envelope of type ${envelope?.msgType}` };
  return { type: 'ignored', fields, text: `(a payload was ignored: ${fields.reason})` };
}

function shown(received: Received, member: GroupMember, { envelope, isHybrid }: Unwrapped): Shown {
  const sender = hex(received.sender);
  const common = { groupId: hex(member.groupId as Uint8Array), sender, epoch: Number(received.epoch) };
  const who = shortKey(received.sender);
  if (received.kind === 'application') {
    const text = asText(received.plaintext);
    const timestampMs = envelope && Number(envelope.timestampMs);
    const base64 = text === undefined ? Buffer.from(received.plaintext).toString('base64') : undefined;
    return {
      type: 'message',
      fields: { ...common, text, base64, timestampMs, isHybrid },
      text: `${who}: ${text === undefined ? `(${received.plaintext.length} bytes)` : printable(text, 100_000)}`,
    };
  }
  if (received.kind === 'proposal')
    return { type: 'proposal', fields: { ...common, proposal: received.proposal }, text: `${who} proposed a change` };
  if (received.isRemoved) return { type: 'removed', fields: common, text: `${who} removed you from the group` };
  const [added, removed] = [received.added.map(hex), received.removed.map(hex)];
  const news = [
    ...received.added.map((key) => `added ${shortKey(key)}`),
    ...received.removed.map((key) => `removed ${shortKey(key)}`),
  ];
  const members = member.members().map(hex);
  return {
    type: 'members',
    fields: { ...common, added, removed, members },
    text: `${who} ${news.length > 0 ? news.join(', ') : 'renewed their keys'}`,
  };
}

/** @returns undefined when the bytes are no UTF-8 */
function asText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
