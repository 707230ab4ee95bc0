import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection, QuicStream } from '@quicnprotochat/quic';
import {
  connectVat,
  FrameReader,
  frame,
  type RpcMessage,
  readMessage,
  splitFrame,
  writeMessage,
} from '@quicnprotochat/rpc';
import fc from 'fast-check';
import { connectTarget, type TargetData } from '../target/target.ts';
import { bootstrap, call, finish, health } from '../wire/messages.ts';
import { type Identity, peopleOf, type Service, TargetService, Violation } from './clients.ts';
import type { Property } from './properties.ts';

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
const PROBE = 4_242;
/** Silence after which the stream is ended, in ms. */
const SILENCE_MS = 1_000;
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

function baseOf(base: MutatedFrame['base'], alice: Identity, bob: Identity): RpcMessage {
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

/** A mutated frame gets an answer, an abort or the end of its session, and nobody else notices. */
export function frameProperty(target: TargetData): Property<MutatedFrame> {
  const people = peopleOf(target);
  const service = new TargetService(target);
  let connection: QuicConnection | undefined;
  /** The connection may end with the session: a stream that is reset is a matter of the transport. */
  const openStream = async (): Promise<QuicStream> => {
    try {
      connection ??= await connectTarget(target);
      return await connection.openStream();
    } catch {
      connection = await connectTarget(target);
      return connection.openStream();
    }
  };
  return {
    id: 'mutated-frames',
    arbitrary: fc.record({
      base: fc.constantFrom(...BASES),
      changes: fc.oneof(
        { arbitrary: fc.array(structural, { minLength: 1, maxLength: 3 }), weight: 3 },
        { arbitrary: fc.array(fc.oneof(structural, raw), { minLength: 1, maxLength: 3 }), weight: 1 },
      ),
    }),
    async run({ base, changes }) {
      const message = writeMessage(baseOf(base, people.Alice, people.Bob));
      const { bytes, isWhole } = mutate(message, changes);
      const stream = await openStream();
      const harmless = bystand(service, people.Mallory);
      harmless.catch(() => {});
      const end = await exchange(stream, bytes, target.timeoutMs);
      await harmless;
      await bystand(service, people.Mallory);
      if (end === 'silence' && isWhole)
        throw new Violation('the target neither answered the calls of the session, nor aborted, nor ended it');
      await siblingWorks(openStream, target);
    },
    show: ({ base, changes }) => `  ${base}: ${changes.map((change) => JSON.stringify(change)).join(', ')}`,
    save: (input) => input,
    load: (saved) => saved as MutatedFrame,
    async close() {
      await connection?.close();
      await service.close();
    },
    remark: () => undefined,
    runs: 150,
  };
}

/** Sends the frame between a Bootstrap and a call of health. */
async function exchange(
  stream: QuicStream,
  bytes: Uint8Array,
  timeoutMs: number,
): Promise<'answered' | 'over' | 'silence'> {
  const read = readUntilProbe(stream);
  try {
    await stream.write(Buffer.concat([writeMessage(bootstrap()), bytes, writeMessage(health(PROBE))]));
  } catch {
    // Not taken any more: the session was ended.
  }
  const first = await Promise.race([read, sleep(SILENCE_MS, 'silence' as const)]);
  await Promise.race([stream.end(), sleep(SILENCE_MS)]);
  const last =
    first === 'silence' ? await Promise.race([read, sleep(timeoutMs, 'silence' as const, { ref: false })]) : first;
  stream.reset(0);
  return last;
}

async function readUntilProbe(stream: QuicStream): Promise<'answered' | 'over'> {
  const frames = new FrameReader();
  try {
    for (;;) {
      const chunk = await stream.read();
      if (chunk === null) return 'over';
      for (const received of frames.push(chunk)) {
        const message = readMessage(received);
        if (message.kind === 'abort') return 'over';
        if (message.kind === 'return' && message.answerId === PROBE) return 'answered';
      }
    }
  } catch {
    return 'over';
  }
}

/** Another session works: what it enqueues for itself comes back. @throws Violation */
async function bystand(service: Service, { key, auth }: Identity): Promise<void> {
  const queue = { recipientKey: key, channelId: new Uint8Array(), version: 1, auth };
  const payload = randomBytes(32);
  const put = await service.call('m1', nodeService.enqueue, { ...queue, payload });
  if (put.kind === 'refused') return;
  if (put.kind === 'unanswered') throw new Violation(`a bystander on another connection was harmed: ${put.why}`);
  for (;;) {
    const got = await service.call('m1', nodeService.fetch, { ...queue, limit: 0 });
    if (got.kind === 'refused') return;
    if (got.kind === 'unanswered') throw new Violation(`a bystander on another connection was harmed: ${got.why}`);
    if (got.results.payloads.some((delivery) => payload.equals(delivery.payload))) return;
    if (got.results.payloads.length === 0)
      throw new Violation('a message of a bystander on another connection is lost');
  }
}

/** A new session of the same connection, or of a new one when that ended, is served. @throws Violation */
async function siblingWorks(openStream: () => Promise<QuicStream>, { timeoutMs }: TargetData): Promise<void> {
  const stream = await openStream();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await connectVat(stream).call(nodeService.health, {}, { signal });
  } catch (error) {
    throw new Violation(
      `after the frame a new session of the connection is not served: ${signal.aborted ? 'no answer' : error}`,
    );
  } finally {
    stream.reset(0);
  }
}
