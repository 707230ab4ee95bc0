import { randomBytes } from 'node:crypto';
import { nodeService } from '@quicnprotochat/proto';
import { frame, type RpcMessage, splitFrame } from '@quicnprotochat/rpc';
import fc from 'fast-check';
import { bootstrap, call, finish, health } from '../wire/messages.ts';
import type { Identity } from './people.ts';

/** Changes of a frame. Places are taken modulo its length, so that each fits every frame. */
type Change =
  /** Of a word: its kind, offset or size when it is a pointer; a union or number when it is data. */
  | { kind: 'word'; at: number; byte: number; value: number }
  /** A pointer as a right one is, but to elsewhere. */
  | { kind: 'pointer'; at: number; type: number; offset: number; size: number }
  /** Content in another number of segments, or fewer words. */
  | { kind: 'split' | 'cut'; at: number }
  /** Anywhere, the segment table too. */
  | { kind: 'byte'; at: number; value: number }
  | { kind: 'truncate'; at: number };

/** A message of a right client, and what is done to it. */
export interface MutatedFrame {
  base: (typeof BASES)[number];
  changes: Change[];
}

const BASES = ['health', 'enqueue', 'fetch', 'uploadKeyPackage', 'bootstrap', 'finish'] as const;
const place = fc.nat({ max: 400 });
const byte = fc.nat({ max: 255 });
const structural: fc.Arbitrary<Change> = fc.oneof<fc.Arbitrary<Change>[]>(
  fc.record({ kind: fc.constant('word' as const), at: place, byte: fc.nat({ max: 7 }), value: byte }),
  fc.record({
    ...{ kind: fc.constant('pointer' as const), at: place, type: fc.nat({ max: 3 }) },
    ...{ offset: fc.integer({ min: -40, max: 1 << 28 }), size: fc.nat({ max: 2 ** 31 }) },
  }),
  fc.record({ kind: fc.constantFrom('split' as const, 'cut' as const), at: place }),
);
const raw: fc.Arbitrary<Change> = fc.oneof<fc.Arbitrary<Change>[]>(
  fc.record({ kind: fc.constant('byte' as const), at: place, value: byte }),
  fc.record({ kind: fc.constant('truncate' as const), at: place }),
);

/** The message that is changed. */
export function baseOf(base: MutatedFrame['base'], alice: Identity, bob: Identity): RpcMessage {
  const { auth } = alice;
  const queue = { channelId: new Uint8Array(), version: 1, auth };
  const bytes = new Uint8Array(randomBytes(24));
  if (base === 'bootstrap') return bootstrap(9);
  if (base === 'finish') return finish(9);
  if (base === 'enqueue') return call(9, nodeService.enqueue, { ...queue, recipientKey: bob.key, payload: bytes });
  if (base === 'fetch') return call(9, nodeService.fetch, { ...queue, recipientKey: alice.key, limit: 1 });
  if (base === 'uploadKeyPackage')
    return call(9, nodeService.uploadKeyPackage, { identityKey: alice.key, package: bytes, auth });
  return health(9);
}

/** @returns the bytes, and whether the message is whole: then the target has no reason to wait for more */
export function mutate(message: Uint8Array, changes: readonly Change[]): { bytes: Uint8Array; isWhole: boolean } {
  let segments: Buffer[] = splitFrame(message).segments.map((view) =>
    Buffer.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
  );
  for (const change of changes) {
    const [first] = segments as [Buffer];
    const words = first.length / 8;
    if (words === 0) continue;
    const at = (change.at % words) * 8;
    if (change.kind === 'word') first[at + change.byte] = change.value;
    if (change.kind === 'pointer') {
      first.writeInt32LE((change.offset << 2) | change.type, at);
      first.writeUInt32LE(change.size >>> 0, at + 4);
    }
    if (change.kind === 'cut') segments = [first.subarray(0, at), ...segments.slice(1)];
    if (change.kind === 'split') segments = [first.subarray(0, at), first.subarray(at), ...segments.slice(1)];
  }
  let bytes: Uint8Array = Buffer.from(frame(segments));
  let isWhole = true;
  for (const change of changes) {
    if (change.kind === 'byte' && bytes.length > 0) {
      const at = change.at % bytes.length;
      bytes[at] = change.value;
      isWhole &&= at >= 4 + 4 * segments.length;
    }
    if (change.kind === 'truncate') {
      bytes = bytes.subarray(0, change.at % (bytes.length + 1));
      isWhole = false;
    }
  }
  return { bytes, isWhole };
}

export const mutatedFrames: fc.Arbitrary<MutatedFrame> = fc.record({
  base: fc.constantFrom(...BASES),
  changes: fc.oneof(
    { arbitrary: fc.array(structural, { minLength: 1, maxLength: 3 }), weight: 3 },
    { arbitrary: fc.array(fc.oneof(structural, raw), { minLength: 1, maxLength: 3 }), weight: 1 },
  ),
});
