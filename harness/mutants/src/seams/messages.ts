import { type ReturnValue, type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import type { Fault } from '../fault.ts';
import { returnData } from './call-bytes.ts';
import { type Control, inMessages, type Passing } from './stream.ts';

type Look = (passing: Passing, control: Control) => Uint8Array[] | undefined;

/** What comes in is looked at; undefined lets it pass. `make` is called for each session. */
export const onIncoming = (make: () => Look): Fault =>
  inMessages((control) => {
    const look = make();
    return { incoming: (passing) => look(passing, control) ?? [passing.bytes] };
  });

/** What goes out is changed; undefined lets it pass. `make` is called for each session. */
export const onOutgoing = (make: () => Look): Fault =>
  inMessages((control) => {
    const look = make();
    return { outgoing: (passing) => look(passing, control) ?? [passing.bytes] };
  });

/** Messages of a kind are dropped before the session sees them. */
export const ignores = (isIt: (passing: Passing) => boolean): Fault =>
  onIncoming(() => (passing) => (isIt(passing) ? [] : undefined));

/** Messages of a kind end the session. */
export const endsAt = (isIt: (passing: Passing) => boolean): Fault =>
  onIncoming(() => (passing, { reset }) => {
    if (isIt(passing)) reset();
    return undefined;
  });

/** The data section of each Return is changed where it lies: `change` gets a copy of the message, and its place in bytes. */
export const changesReturns = (make: () => (message: Buffer, at: number) => void): Fault =>
  onOutgoing(() => {
    const change = make();
    return ({ bytes }) => {
      const at = returnData(bytes);
      if (at === undefined) return undefined;
      const changed = Buffer.from(bytes);
      change(changed, at);
      return [changed];
    };
  });

/** A Return as this server would never send it, framed. */
export const returned = (answerId: number, value: ReturnValue): Uint8Array =>
  writeMessage({ kind: 'return', answerId, releaseParamCaps: true, noFinishNeeded: false, value });

export const exception = (
  type: 'failed' | 'overloaded' | 'disconnected' | 'unimplemented',
  reason: string,
): ReturnValue => ({ kind: 'exception', exception: { type, reason } });

export const failed: ReturnValue = exception('failed', 'not possible');

/** Results with neither content nor capability. */
export const EMPTY_RESULTS: ReturnValue = { kind: 'results', payload: { content: undefined, capTable: [] } };

export const isResults = (message: RpcMessage): boolean =>
  message.kind === 'return' && message.value.kind === 'results';
