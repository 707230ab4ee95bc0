import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectVat, type RpcMessage, writeMessage } from '../src/index.ts';
import { bootstrap, call, capability, echo, finish, numbered, params, probe, returned, serve, wait } from './peers.ts';
import { type PipeEnd, pipe } from './support.ts';

// Damaged sessions, into both ends: whatever comes, a session ends by the rules, and leaves nothing behind. Seeds are
// those of the run; FUZZ_SEED and FUZZ_ROUNDS choose others.
const SEED = Number(process.env.FUZZ_SEED ?? 20_260);
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 1_500);

class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** xorshift32 */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}

/** Values at which pointers and tables change their meaning. */
const EDGES = [0, 1, 2, 3, 6, 7, 0x7fffffff, 0x80000000, 0xffffffff];

/** Damages a stream of messages: bits, bytes, words, whole messages; or cuts it off. */
function damaged(random: Random, messages: readonly RpcMessage[]): Buffer {
  const frames = messages.map((message) => Buffer.from(writeMessage(message)));
  if (random.below(3) === 0) {
    const [from, to] = [random.below(frames.length), random.below(frames.length)];
    frames.splice(to, random.below(2), Buffer.from(frames[from] as Uint8Array));
  }
  const bytes = Buffer.concat(frames);
  for (let i = random.below(4); i >= 0; i -= 1) {
    const at = random.below(bytes.length);
    const word = at & ~7;
    switch (random.below(5)) {
      case 0:
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes.writeUInt32LE(EDGES[random.below(EDGES.length)] as number, at & ~3);
        break;
      case 3:
        bytes.copy(bytes, random.below(bytes.length / 8) * 8, word, word + 8);
        break;
      default:
        bytes[word] = random.below(16);
    }
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => {
  unhandled.push(error);
};
before(() => process.on('unhandledRejection', onUnhandled));
after(() => {
  process.off('unhandledRejection', onUnhandled);
  assert.deepEqual(unhandled, []);
});

function send(end: PipeEnd, bytes: Buffer, random: Random): void {
  const step = [bytes.length, 2, 50][random.below(3)] as number;
  for (let i = 0; i < bytes.length; i += step) end.write(bytes.subarray(i, i + step)).catch(() => {});
  void end.end();
}

const importedCap = { kind: 'importedCap', id: 0 } as const;
const askingSide: RpcMessage[] = [
  bootstrap,
  numbered(1, echo, 1),
  numbered(2, wait, 2),
  call(3, echo, importedCap),
  { kind: 'release', id: 0, referenceCount: 1 },
  { ...call(4, echo), params: { content: undefined, capTable: [{ kind: 'senderHosted', id: 1 }] } },
  {
    kind: 'disembargo',
    target: { kind: 'promisedAnswer', questionId: 0, transform: [1] },
    context: { kind: 'senderLoopback', id: 1 },
  },
  { kind: 'other', which: 10 },
  { kind: 'unimplemented', message: finish(3) },
  finish(1),
  finish(2),
  { kind: 'abort', exception: { type: 'failed', reason: 'client requested disconnect' } },
];

test(`a server takes any damage (seed ${SEED})`, async () => {
  const random = new Random(SEED);
  const ends = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [near, far] = pipe();
    const { server, started, aborted, internal } = serve(far, { callsInFlight: 1 + random.below(3) });
    send(near, damaged(random, askingSide), random);
    const { kind } = await server.closed;
    ends.set(kind, (ends.get(kind) ?? 0) + 1);
    assert.notEqual(kind, 'transport', `round ${round}`);
    // A damaged method id may name the method that throws.
    for (const error of internal) assert.match(String(error), /secret detail/, `round ${round}`);
    await Promise.resolve();
    // Only waiting handlers can be left, and they were told.
    assert.ok(started.length - aborted.length <= 4);
    await near.read();
  }
  assert.ok((ends.get('protocol-error') ?? 0) > ROUNDS / 10, 'the damage must show');
  assert.ok((ends.get('aborted-by-peer') ?? 0) > ROUNDS / 10, 'and must not be the end of everything');
});

const results = (id: number): RpcMessage => returned(id, { kind: 'results', payload: params });
const answeringSide: RpcMessage[] = [
  returned(0, { kind: 'results', payload: { content: capability, capTable: [{ kind: 'senderPromise', id: 0 }] } }),
  results(1),
  { kind: 'resolve', promiseId: 0, value: { kind: 'cap', cap: { kind: 'senderHosted', id: 1 } } },
  returned(2, { kind: 'exception', exception: { type: 'failed', reason: 'E005: PAYLOAD_EMPTY: none' } }),
  { kind: 'bootstrap', questionId: 0 },
  { kind: 'unimplemented', message: call(3, echo) },
  results(4),
  { kind: 'other', which: 12 },
];

test(`a client takes any damage, and settles every call (seed ${SEED})`, async () => {
  const random = new Random(SEED + 1);
  const ends = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const [near, far] = pipe();
    const client = connectVat(near);
    const calls = [client.bootstrap(), ...[1, 2, 3, 4].map((n) => client.call(echo, probe(n)))];
    send(far, damaged(random, answeringSide), random);
    await Promise.allSettled(calls);
    const { kind } = await client.closed;
    ends.set(kind, (ends.get(kind) ?? 0) + 1);
    assert.notEqual(kind, 'transport', `round ${round}`);
  }
  assert.ok((ends.get('protocol-error') ?? 0) > ROUNDS / 10, 'the damage must show');
  assert.ok((ends.get('closed') ?? 0) > ROUNDS / 10, 'and must not be the end of everything');
});
