import { writeMessage } from '@quicnprotochat/rpc';
import type { Fault } from './fault.ts';
import { returnData } from './seams/call-bytes.ts';
import { inMessages } from './seams/stream.ts';

/** The flag of a Return, in the fifth byte of its data. */
const NO_FINISH_NEEDED = 2;

/**
 * Cap'n Proto's C++ implementation needs no Finish for results without capabilities, and ignores those that come; ends a session for
 * `unimplemented` and for embargoes of what is no promise; and waits for whatever a segment table announces, up to 64 MiB.
 */
export function asCpp(): Fault {
  const abort = (reason: string): Uint8Array => writeMessage({ kind: 'abort', exception: { type: 'failed', reason } });
  return {
    ...inMessages(({ send, end }) => {
      const open = new Set<number>();
      /** The session behind this wants a Finish for them. */
      let answered: number[] = [];
      return {
        incoming: ({ message, bytes }) => {
          const finishes = answered.map((questionId) =>
            writeMessage({ kind: 'finish', questionId, releaseResultCaps: true }),
          );
          answered = [];
          if (message.kind === 'call' || message.kind === 'bootstrap') open.add(message.questionId);
          if (message.kind === 'finish' && !open.delete(message.questionId)) return finishes;
          const isOffence = message.kind === 'unimplemented' && message.message?.kind !== 'resolve';
          if (!isOffence && message.kind !== 'disembargo') return [...finishes, bytes];
          send(abort(`${message.kind} is not to come here`));
          end();
          return [];
        },
        outgoing: ({ message, bytes }) => {
          const isBare =
            message.kind === 'return' && !('payload' in message.value && message.value.payload.capTable.length > 0);
          const at = isBare ? returnData(bytes) : undefined;
          if (message.kind !== 'return' || at === undefined) return [bytes];
          if (open.delete(message.answerId)) answered.push(message.answerId);
          const changed = Buffer.from(bytes);
          changed[at + 4] = (changed[at + 4] ?? 0) | NO_FINISH_NEEDED;
          return [changed];
        },
      };
    }),
    rpcLimits: { segments: 1 << 23, messageBytes: 64 << 20 },
  };
}
