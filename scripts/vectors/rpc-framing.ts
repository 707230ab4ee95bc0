import { framed, segmentBytes, table } from './capnp.ts';
import { concat, type Expected, hex, invalid, type VectorCase, valid } from './file.ts';

/** Streams: segment tables that are right, cut off, or claim what is not there. */
export function framing(): VectorCase[] {
  const split = (id: string, comment: string, flags: string[], stream: Uint8Array, expected: Expected): VectorCase => ({
    id: `frame-${id}`,
    comment,
    flags,
    input: { stream: hex(stream) },
    expected,
  });
  const good = (id: string, comment: string, segments: number[][][], flags: string[] = []): VectorCase =>
    split(
      id,
      comment,
      flags,
      concat(...segments.map((one) => framed(one.map((words) => words.map(BigInt))))),
      valid({ frames: segments.map((one) => one.map((words) => words.length)) }),
    );
  const words = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);
  const whole = framed([[1n, 2n, 3n], [4n]]);
  const cases = [
    good('none', 'an empty stream', []),
    good('one', 'one message of one segment', [[words(3)]]),
    good('one-word', 'a message of one word', [[[0]]]),
    good('two', 'two messages, one behind the other', [[words(3)], [words(2)]]),
    good(
      'many',
      'sixty messages',
      Array.from({ length: 60 }, (_, i) => [words((i % 4) + 1)]),
    ),
    good('long', 'a message of 5,000 words', [[words(5000)]]),
    good('empty-segment', 'a message of one empty segment', [[[]]], ['OddLayout']),
    good('only-empty', 'a message of three empty segments', [[[], [], []]], ['OddLayout']),
  ];
  for (const count of [2, 3, 4, 5, 8, 63, 64, 65, 200])
    cases.push(
      good(`segments-${count}`, `${count} segments: ${count % 2 === 0 ? 'padding behind the table' : 'no padding'}`, [
        Array.from({ length: count }, (_, i) => words(i % 3)),
      ]),
    );
  cases.push(
    split(
      'padding-dirty',
      'the padding of the table is not zero',
      ['OddLayout'],
      concat(table([1, 1], 0xff), segmentBytes([1n, 2n])),
      valid({ frames: [[1, 1]] }),
    ),
  );
  for (const length of [1, 3, 4, 7, 8, 11, 12, 15, 16, 17, 24, whole.length - 8, whole.length - 1])
    cases.push(
      split(
        `cut-${length}`,
        `a message that ends after ${length} of ${whole.length} bytes`,
        ['Truncated'],
        whole.subarray(0, length),
        invalid('incomplete', 'malformed'),
      ),
      split(
        `second-cut-${length}`,
        `the second message ends after ${length} of ${whole.length} bytes`,
        ['Truncated'],
        concat(whole, whole.subarray(0, length)),
        invalid('incomplete', 'malformed'),
      ),
    );
  const claims = (id: string, comment: string, stream: Uint8Array): VectorCase =>
    split(id, comment, ['BadTable'], stream, invalid('malformed', 'incomplete'));
  cases.push(
    claims('count-max', '2^32 segments', concat([255, 255, 255, 255], new Uint8Array(12))),
    claims('count-2-31', '2^31 + 1 segments', concat([0, 0, 0, 128], new Uint8Array(12))),
    claims('count-1000000', 'a million segments', concat([0x3f, 0x42, 0x0f, 0], new Uint8Array(28))),
    claims('words-max', 'a segment of 2^32 - 1 words', concat(table([0xffff_ffff]), new Uint8Array(64))),
    claims('words-2-29', 'a segment of 2^29 words: 2^32 bytes', concat(table([2 ** 29]), new Uint8Array(64))),
    claims(
      'words-sum',
      'segments whose words overflow 32 bits together',
      concat(table([2 ** 31, 2 ** 31, 1]), new Uint8Array(64)),
    ),
  );
  return cases;
}
