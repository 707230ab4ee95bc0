import { nodeService } from '@quicnprotochat/proto';
import { FrameReader, type ReturnValue, type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf } from '../fault.ts';
import { callPlaces, returnData } from '../seams/call-bytes.ts';
import { inMethod } from '../seams/methods.ts';
import { type Control, inMessages, type Passing } from '../seams/stream.ts';

const mutant = mutantsOf('rpc');
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A Return as this server would never send it. */
const returned = (answerId: number, value: ReturnValue): Uint8Array =>
  writeMessage({ kind: 'return', answerId, releaseParamCaps: true, noFinishNeeded: false, value });
const exception = (type: 'failed' | 'overloaded' | 'disconnected' | 'unimplemented', reason: string): ReturnValue => ({
  kind: 'exception',
  exception: { type, reason },
});
const failed = exception('failed', 'not possible');

type Incoming = (passing: Passing, control: Control) => Uint8Array[] | undefined;

/** What comes in is looked at; undefined lets it pass. */
const onIncoming = (make: () => Incoming): Fault =>
  inMessages((control) => {
    const look = make();
    return { incoming: (passing) => look(passing, control) ?? [passing.bytes] };
  });
/** What goes out is changed; undefined lets it pass. */
const onOutgoing = (make: () => (passing: Passing, control: Control) => Uint8Array[] | undefined): Fault =>
  inMessages((control) => {
    const look = make();
    return { outgoing: (passing) => look(passing, control) ?? [passing.bytes] };
  });
/** Messages of a kind are dropped before the session sees them. */
const ignores = (isIt: (message: RpcMessage) => boolean): Fault =>
  onIncoming(
    () =>
      ({ message }) =>
        isIt(message) ? [] : undefined,
  );
/** Messages of a kind end the session. */
const endsAt = (isIt: (message: RpcMessage) => boolean): Fault =>
  onIncoming(() => ({ message }, { reset }) => {
    if (isIt(message)) reset();
    return undefined;
  });

const segments = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32LE(0) + 1;
const segmentLengths = (bytes: Uint8Array): number[] =>
  Array.from({ length: segments(bytes) }, (_, i) => Buffer.from(bytes).readUInt32LE(4 + i * 4));

/** Calls whose parameters are larger, or smaller, than the schema of today has them are refused. */
const wantsSizes = (isRefused: (actual: Sizes, own: Sizes) => boolean): Fault =>
  onIncoming(() => ({ message, bytes }, { send }) => {
    if (message.kind !== 'call') return undefined;
    const own = OWN_SIZES[message.methodId];
    const actual = callPlaces(bytes)?.params;
    if (!own || !actual || !isRefused(actual, own)) return undefined;
    send(returned(message.questionId, failed));
    return [];
  });

const ENQUEUE = 2;
const CHANNEL_ID = 2;

/** enqueue without a channel is refused when its field looks like that: a null pointer, or one to an empty list. */
const wantsChannelId = (isRefused: 'absent' | 'empty'): Fault =>
  onIncoming(() => ({ message, bytes }, { send }) => {
    const params = message.kind === 'call' && message.methodId === ENQUEUE ? callPlaces(bytes)?.params : undefined;
    if (message.kind !== 'call' || !params || params.pointers <= CHANNEL_ID) return undefined;
    const pointer = Buffer.from(bytes).readBigUInt64LE(params.firstPointer + 8 * CHANNEL_ID);
    // Of a list pointer the upper 29 bits are its length.
    const isEmpty = pointer !== 0n && pointer >> 35n === 0n;
    if (isRefused === 'absent' ? pointer !== 0n : !isEmpty) return undefined;
    send(returned(message.questionId, exception('failed', 'E020: a channelId of a wrong length')));
    return [];
  });

interface Sizes {
  dataWords: number;
  pointers: number;
}
/** By ordinal. */
const OWN_SIZES: Record<number, Sizes> = {
  0: { dataWords: 0, pointers: 3 },
  1: { dataWords: 0, pointers: 2 },
  2: { dataWords: 1, pointers: 4 },
  3: { dataWords: 1, pointers: 3 },
  4: { dataWords: 2, pointers: 3 },
  5: { dataWords: 0, pointers: 0 },
  6: { dataWords: 0, pointers: 3 },
  7: { dataWords: 0, pointers: 2 },
};

/** A Return whose exception is of type unimplemented becomes something else. */
const unimplementedBecomes = (change: (answerId: number, control: Control) => Uint8Array[]): Fault =>
  onOutgoing(
    () =>
      ({ message }, control) =>
        message.kind === 'return' &&
        message.value.kind === 'exception' &&
        message.value.exception.type === 'unimplemented'
          ? change(message.answerId, control)
          : undefined,
  );
const isOtherInterface = (message: RpcMessage): boolean =>
  message.kind === 'call' && message.interfaceId !== nodeService.health.interfaceId;
const isUnknownMethod = (message: RpcMessage): boolean =>
  message.kind === 'call' && message.interfaceId === nodeService.health.interfaceId && message.methodId > 18;
const isResults = (message: RpcMessage): boolean => message.kind === 'return' && message.value.kind === 'results';

export const FRAMES = [
  mutant(
    'RPC-001',
    'packed',
    'writes messages packed',
    onOutgoing(() => ({ bytes }) => [packed(bytes)]),
  ),
  mutant(
    'RPC-001',
    'length-in-bytes',
    'counts the length of a segment in bytes',
    onOutgoing(() => ({ bytes }) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt32LE(changed.readUInt32LE(4) * 8, 4);
      return [changed];
    }),
  ),
  mutant(
    'RPC-001',
    'no-segment-table',
    'writes segments without their table',
    onOutgoing(() => ({ bytes }) => [bytes.subarray(8)]),
  ),
  mutant(
    'RPC-002',
    'one-segment-only',
    'reads messages of one segment only',
    onIncoming(() => ({ bytes }, { reset }) => {
      if (segments(bytes) > 1) reset();
      return undefined;
    }),
  ),
  mutant(
    'RPC-002',
    'no-empty-segments',
    'takes an empty segment for malformed',
    onIncoming(() => ({ bytes }, { reset }) => {
      if (segmentLengths(bytes).some((length) => length === 0)) reset();
      return undefined;
    }),
  ),
  mutant(
    'RPC-002',
    'no-even-tables',
    'forgets the padding of the segment table',
    onIncoming(() => ({ bytes }, { reset }) => {
      if (segments(bytes) % 2 === 0) reset();
      return undefined;
    }),
  ),
  mutant(
    'RPC-002',
    'eight-segments',
    'reads messages of eight segments at most',
    onIncoming(() => ({ bytes }, { reset }) => {
      if (segments(bytes) > 8) reset();
      return undefined;
    }),
  ),
  mutant(
    'RPC-038',
    'root-follows-its-pointer',
    'looks for the root behind its pointer, whatever the pointer says',
    onIncoming(() => ({ bytes }, { reset }) => {
      if (segments(bytes) === 1 && Buffer.from(bytes).readInt32LE(8) !== 0) reset();
      return undefined;
    }),
  ),
  mutant('RPC-020', 'waits-for-the-rest', 'waits for as much as a table claims', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant('RPC-021', 'skips-what-it-cannot-read', 'skips a malformed message without a word', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant('RPC-022', 'hangs-on-amplification', 'never answers a message that claims to be very large', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant(
    'RPC-024',
    'no-abort',
    'ends sessions without saying why',
    onOutgoing(
      () =>
        ({ message }) =>
          message.kind === 'abort' ? [] : undefined,
    ),
  ),
  mutant('TRN-019', 'one-read-one-message', 'takes what arrives at once for one message', {
    stream: (stream) => ({
      read: async () => {
        const chunk = await stream.read();
        if (chunk && chunk.length >= 8) {
          const whole = Buffer.from(chunk);
          const count = whole.readUInt32LE(0);
          const length = count === 0 ? 8 + whole.readUInt32LE(4) * 8 : chunk.length;
          if (chunk.length < length) {
            stream.reset(0);
            return null;
          }
          return chunk.subarray(0, length);
        }
        return chunk;
      },
      write: (bytes) => stream.write(bytes),
      end: () => stream.end(),
      reset: (code) => stream.reset(code),
    }),
  }),
];

export const SESSIONS = [
  mutant(
    'RPC-003',
    'null-capability',
    'answers Bootstrap without a capability',
    onOutgoing(() => {
      let isFirst = true;
      return ({ message }) => {
        if (!isFirst || message.kind !== 'return') return undefined;
        isFirst = false;
        return [returned(message.answerId, { kind: 'results', payload: { content: undefined, capTable: [] } })];
      };
    }),
  ),
  mutant(
    'RPC-003',
    'refused',
    'answers Bootstrap with an exception',
    onOutgoing(() => {
      let isFirst = true;
      return ({ message }) => {
        if (!isFirst || message.kind !== 'return') return undefined;
        isFirst = false;
        return [returned(message.answerId, failed)];
      };
    }),
  ),
  mutant(
    'RPC-004',
    'bootstrap-once',
    'answers one Bootstrap a session',
    onIncoming(() => {
      let count = 0;
      return ({ message }, { send }) => {
        if (message.kind !== 'bootstrap') return undefined;
        count += 1;
        if (count === 1) return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-004',
    'bootstrap-after-finish',
    'refuses a Bootstrap while the last one is not finished',
    onIncoming(() => {
      let open: number | undefined;
      return ({ message }, { send }) => {
        if (message.kind === 'finish' && message.questionId === open) open = undefined;
        if (message.kind !== 'bootstrap') return undefined;
        if (open === undefined) {
          open = message.questionId;
          return undefined;
        }
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-005',
    'no-promises',
    'refuses calls on a promised answer',
    onIncoming(() => ({ message }, { send }) => {
      if (message.kind !== 'call' || message.target.kind !== 'promisedAnswer') return undefined;
      send(returned(message.questionId, failed));
      return [];
    }),
  ),
  mutant('RPC-005', 'promises-until-the-return', 'knows a promised answer only until it is there', {
    ...inMessages(({ send }) => {
      let isAnswered = false;
      return {
        incoming: ({ message, bytes }) => {
          if (!isAnswered || message.kind !== 'call' || message.target.kind !== 'promisedAnswer') return [bytes];
          send(returned(message.questionId, failed));
          return [];
        },
        outgoing: ({ message, bytes }) => {
          if (message.kind === 'return') isAnswered = true;
          return [bytes];
        },
      };
    }),
  }),
  mutant(
    'RPC-006',
    'no-imports',
    'refuses calls on the capability itself',
    onIncoming(() => ({ message }, { send }) => {
      if (message.kind !== 'call' || message.target.kind !== 'importedCap') return undefined;
      send(returned(message.questionId, failed));
      return [];
    }),
  ),
  mutant(
    'RPC-007',
    'twice',
    'returns every answer twice',
    onOutgoing(
      () =>
        ({ message, bytes }) =>
          isResults(message) ? [bytes, bytes] : undefined,
    ),
  ),
  mutant(
    'RPC-007',
    'ids-of-16-bits',
    'keeps question ids in 16 bits',
    onOutgoing(() => ({ message, bytes }) => {
      const at = message.kind === 'return' ? returnData(bytes) : undefined;
      if (at === undefined) return undefined;
      const changed = Buffer.from(bytes);
      changed.writeUInt16LE(0, at + 2);
      return [changed];
    }),
  ),
  mutant(
    'RPC-007',
    'own-ids',
    'counts its answers instead of giving the question’s id',
    onOutgoing(() => {
      let count = 0;
      return ({ message, bytes }) => {
        const at = message.kind === 'return' ? returnData(bytes) : undefined;
        if (at === undefined) return undefined;
        const changed = Buffer.from(bytes);
        changed.writeUInt32LE(count, at);
        count += 1;
        return [changed];
      };
    }),
  ),
  mutant(
    'RPC-007',
    'swallows-some',
    'forgets the answer of every fifth call',
    onOutgoing(() => {
      let count = 0;
      return ({ message }) => {
        if (message.kind !== 'return') return undefined;
        count += 1;
        return count % 5 === 0 ? [] : undefined;
      };
    }),
  ),
  mutant('RPC-007', 'ids-are-signed', 'takes question ids of more than 31 bits for malformed', {
    ...endsAt((message) => message.kind === 'call' && message.questionId > 0x7fff_ffff),
  }),
  mutant('RPC-008', 'eight-at-a-time', 'has eight workers, and a wait takes one of them', eightAtATime()),
  mutant('RPC-008', 'one-after-the-other', 'begins a call when the one before is answered', oneAfterTheOther()),
  mutant(
    'RPC-009',
    'drops-above-500',
    'drops calls beyond 500 in flight',
    onIncoming(() => {
      let recent = 0;
      return ({ message }) => {
        if (message.kind !== 'call') return undefined;
        recent += 1;
        setTimeout(() => {
          recent -= 1;
        }, 200);
        return recent > 500 ? [] : undefined;
      };
    }),
  ),
  mutant(
    'RPC-009',
    'refuses-above-500',
    'ends a session with more than 500 calls in flight',
    onIncoming(() => {
      let recent = 0;
      return ({ message }, { reset }) => {
        if (message.kind !== 'call') return undefined;
        recent += 1;
        setTimeout(() => {
          recent -= 1;
        }, 200);
        if (recent > 500) reset();
        return undefined;
      };
    }),
  ),
  mutant('RPC-010', 'overtaking', 'a fetch overtakes the enqueue before it', {
    ...inMethod('enqueue', async ({ next }) => {
      await sleep(4);
      return next();
    }),
  }),
  mutant(
    'RPC-011',
    'ids-once',
    'takes every question id once',
    onIncoming(() => {
      const seen = new Set<number>();
      return ({ message }, { reset }) => {
        if (message.kind !== 'call' && message.kind !== 'bootstrap') return undefined;
        if (seen.has(message.questionId)) reset();
        seen.add(message.questionId);
        return undefined;
      };
    }),
  ),
  mutant('RPC-012', 'early-finish-ends', 'takes a Finish before the Return for an offence', {
    ...inMessages(({ reset }) => {
      const open = new Set<number>();
      return {
        incoming: ({ message, bytes }) => {
          if (message.kind === 'call') open.add(message.questionId);
          if (message.kind === 'finish' && open.has(message.questionId)) reset();
          return [bytes];
        },
        outgoing: ({ message, bytes }) => {
          if (message.kind === 'return') open.delete(message.answerId);
          return [bytes];
        },
      };
    }),
  }),
  mutant(
    'RPC-006',
    'one-release-for-all',
    'forgets a capability at its first Release, however often it was given',
    onIncoming(() => {
      const released = new Set<number>();
      return ({ message }, { send }) => {
        if (message.kind === 'release') released.add(message.id);
        if (message.kind !== 'call' || message.target.kind !== 'importedCap') return undefined;
        if (!released.has(message.target.id)) return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-013',
    'release-takes-all',
    'forgets the capability at its Release, promise and all',
    onIncoming(() => {
      let isReleased = false;
      return ({ message }, { send }) => {
        if (message.kind === 'release') isReleased = true;
        if (!isReleased || message.kind !== 'call') return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  ...(['failed', 'disconnected'] as const).map((type) =>
    mutant(
      'RPC-014',
      `unknown-method-${type}`,
      `answers an unknown method with an exception of type ${type}`,
      unimplementedBecomes((id) => [returned(id, exception(type, 'no such method'))]),
    ),
  ),
  mutant('RPC-014', 'unknown-method-ends', 'ends the session at an unknown method', endsAt(isUnknownMethod)),
  mutant(
    'RPC-014',
    'unknown-method-message',
    'answers an unknown method with the message unimplemented',
    onIncoming(() => ({ message, bytes }, { send }) => {
      if (!isUnknownMethod(message)) return undefined;
      send(wrapped(bytes));
      return [];
    }),
  ),
  mutant('RPC-014', 'unknown-method-silence', 'does not answer an unknown method', ignores(isUnknownMethod)),
  mutant(
    'RPC-014',
    'unknown-method-results',
    'answers an unknown method with empty results',
    unimplementedBecomes((id) => [returned(id, { kind: 'results', payload: { content: undefined, capTable: [] } })]),
  ),
  mutant('RPC-015', 'interface-unchecked', 'does not look at the interface id', {
    ...onIncoming(() => ({ message, bytes }) => {
      if (!isOtherInterface(message)) return undefined;
      const changed = Buffer.from(bytes);
      const at = changed.indexOf(interfaceBytes((message as { interfaceId: bigint }).interfaceId));
      if (at >= 0) changed.set(interfaceBytes(nodeService.health.interfaceId), at);
      return [changed];
    }),
  }),
  mutant('RPC-015', 'unknown-interface-ends', 'ends the session at an unknown interface', endsAt(isOtherInterface)),
  mutant(
    'RPC-015',
    'unknown-interface-failed',
    'answers an unknown interface with an exception of type failed',
    unimplementedBecomes((id) => [returned(id, exception('failed', 'no such interface'))]),
  ),
  mutant(
    'RPC-016',
    'unknown-message-ends',
    'ends the session at a message it does not know',
    endsAt(({ kind }) => kind === 'other'),
  ),
  mutant(
    'RPC-017',
    'unknown-message-silence',
    'says nothing to a message it does not know',
    ignores(({ kind }) => kind === 'other'),
  ),
  mutant(
    'RPC-018',
    'unimplemented-ends',
    'a received unimplemented ends the session',
    endsAt(({ kind }) => kind === 'unimplemented'),
  ),
  mutant(
    'RPC-019',
    'abort-is-ignored',
    'goes on after an Abort',
    ignores(({ kind }) => kind === 'abort'),
  ),
  mutant(
    'RPC-019',
    'abort-closes-the-connection',
    'an Abort closes the connection',
    onIncoming(() => ({ message }, { connection }) => {
      if (message.kind === 'abort') void connection.close(1, 'aborted');
      return undefined;
    }),
  ),
  mutant(
    'RPC-023',
    'reads-it-anyway',
    'takes parameters of another shape for absent ones',
    onOutgoing(() => ({ message }) => {
      const isBadParams =
        message.kind === 'return' &&
        message.value.kind === 'exception' &&
        /not those of the schema/.test(message.value.exception.reason);
      return isBadParams
        ? [returned(message.answerId, { kind: 'results', payload: { content: undefined, capTable: [] } })]
        : undefined;
    }),
  ),
  mutant(
    'RPC-025',
    'id-in-use-is-ignored',
    'ignores a question under an id in use',
    onIncoming(() => {
      const open = new Set<number>();
      return ({ message }) => {
        if (message.kind === 'finish') open.delete(message.questionId);
        if (message.kind !== 'call' && message.kind !== 'bootstrap') return undefined;
        if (open.has(message.questionId)) return [];
        open.add(message.questionId);
        return undefined;
      };
    }),
  ),
  mutant(
    'RPC-026',
    'unknown-finish-is-ignored',
    'ignores a Finish of nothing',
    onIncoming(() => {
      const known = new Set<number>();
      return ({ message }) => {
        if (message.kind === 'call' || message.kind === 'bootstrap') known.add(message.questionId);
        if (message.kind === 'finish' && !known.delete(message.questionId)) return [];
        return undefined;
      };
    }),
  ),
  mutant(
    'RPC-027',
    'releases-are-ignored',
    'ignores every Release',
    ignores(({ kind }) => kind === 'release'),
  ),
  mutant(
    'RPC-028',
    'returns-are-ignored',
    'ignores every Return',
    ignores(({ kind }) => kind === 'return'),
  ),
  mutant(
    'RPC-029',
    'any-import',
    'takes every capability for its only one',
    onIncoming(() => ({ message, bytes }) => {
      if (message.kind !== 'call' || message.target.kind !== 'importedCap') return undefined;
      const at = callPlaces(bytes)?.target;
      if (at === undefined) return undefined;
      const changed = Buffer.from(bytes);
      changed.writeUInt32LE(0, at);
      return [changed];
    }),
  ),
  mutant(
    'RPC-030',
    'newer-are-refused',
    'refuses parameters with fields it does not know',
    wantsSizes((actual, own) => actual.dataWords > own.dataWords || actual.pointers > own.pointers),
  ),
  mutant('RPC-037', 'absent-is-a-fault', 'refuses a channelId that is absent', wantsChannelId('absent')),
  mutant(
    'RPC-037',
    'empty-is-not-absent',
    'takes a channelId that is there and empty for one',
    wantsChannelId('empty'),
  ),
  mutant(
    'RPC-031',
    'older-are-refused',
    'refuses parameters that lack fields',
    wantsSizes((actual, own) => actual.dataWords < own.dataWords || actual.pointers < own.pointers),
  ),
  mutant(
    'RPC-032',
    'keeps-capabilities',
    'keeps capabilities that come with parameters',
    onOutgoing(() => ({ message, bytes }) => {
      const at = message.kind === 'return' ? returnData(bytes) : undefined;
      if (at === undefined) return undefined;
      const changed = Buffer.from(bytes);
      changed[at + 4] = (changed[at + 4] ?? 0) | 1;
      return [changed];
    }),
  ),
  mutant(
    'RPC-033',
    'no-loopback',
    'does not send embargoes back',
    onOutgoing(
      () =>
        ({ message }) =>
          message.kind === 'disembargo' ? [] : undefined,
    ),
  ),
  mutant('RPC-036', 'no-return-after-finish', 'sends no Return for a call that was finished early', {
    ...inMessages(() => {
      const finished = new Set<number>();
      return {
        incoming: ({ message, bytes }) => {
          if (message.kind === 'finish') finished.add(message.questionId);
          if (message.kind === 'call') finished.delete(message.questionId);
          return [bytes];
        },
        outgoing: ({ message, bytes }) => (message.kind === 'return' && finished.has(message.answerId) ? [] : [bytes]),
      };
    }),
  }),
  mutant('RPC-034', 'half-a-message-ends-all', 'half a message at the end of a stream closes the connection', {
    stream: (stream, connection) => {
      const frames = new FrameReader();
      return {
        read: async () => {
          const chunk = await stream.read();
          if (chunk) for (const _ of frames.push(chunk));
          else if (frames.buffered > 0) void connection.close(1, 'half a message');
          return chunk;
        },
        write: (bytes) => stream.write(bytes),
        end: () => stream.end(),
        reset: (code) => stream.reset(code),
      };
    },
  }),
];

function interfaceBytes(id: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(id);
  return bytes;
}

/** A message inside `unimplemented`, in two segments: no pointer in it has to move. */
function wrapped(bytes: Uint8Array): Uint8Array {
  const segment = bytes.subarray(8);
  // Message { which = unimplemented } whose body is the root pointer of the second segment, by a far pointer.
  const head = Buffer.alloc(12 + 4 + 3 * 8);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(3, 4);
  head.writeUInt32LE(segment.length / 8, 8);
  head.writeUInt16LE(1, 16 + 4);
  head.writeUInt16LE(1, 16 + 6);
  head.writeUInt32LE(2, 16 + 16);
  head.writeUInt32LE(1, 16 + 20);
  return Buffer.concat([head, segment]);
}

function packed(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const word = bytes.subarray(at, at + 8);
    const tag = word.reduce((bits, byte, i) => (byte === 0 ? bits : bits | (1 << i)), 0);
    out.push(tag, ...word.filter((byte) => byte !== 0));
    if (tag === 0 || tag === 0xff) out.push(0);
  }
  return Uint8Array.from(out);
}

function oneAfterTheOther(): Fault {
  return inMessages(() => {
    const open = new Map<number, () => void>();
    let last: Promise<void> = Promise.resolve();
    return {
      incoming: async ({ message, bytes }) => {
        if (message.kind !== 'call') return [bytes];
        await last;
        last = new Promise((resolve) => open.set(message.questionId, resolve));
        return [bytes];
      },
      outgoing: ({ message, bytes }) => {
        if (message.kind === 'return') open.get(message.answerId)?.();
        return [bytes];
      },
    };
  });
}

function eightAtATime(): Fault {
  let free = 8;
  const queued: (() => void)[] = [];
  return inMethod(Object.keys(nodeService) as (keyof typeof nodeService)[], async ({ next }) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queued.push(resolve));
    try {
      return await next();
    } finally {
      const following = queued.shift();
      if (following) following();
      else free += 1;
    }
  });
}
