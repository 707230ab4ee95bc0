// Streams of framed messages: tables of every size, cuts at every byte, and every way to share words out.
import { framed, segmentBytes, table } from './capnp.ts';
import {
  acceptable,
  concat,
  type Expected,
  hex,
  invalid,
  range,
  type VectorCase,
  type VectorFile,
  valid,
  withFlags,
} from './file.ts';
import { Random } from './random.ts';

const split = (id: string, comment: string, flags: string[], stream: Uint8Array, expected: Expected): VectorCase => ({
  id: `frame-${id}`,
  comment,
  flags,
  input: { stream: hex(stream) },
  expected,
});

/** What several messages are, by the words of their segments. */
const streamOf = (frames: readonly (readonly number[])[]): Uint8Array =>
  concat(...frames.map((lengths) => framed(lengths.map((length) => Array.from({ length }, (_, i) => BigInt(i + 1))))));
const whole = (id: string, comment: string, flags: string[], frames: number[][]): VectorCase =>
  split(id, comment, flags, streamOf(frames), valid({ frames }));

const COUNTS = [...range(1, 40), 47, 48, 49, 63, 64, 65, 66, 95, 96, 97, 127, 128, 129, 130, 255, 256];

function tables(): VectorCase[] {
  const first = COUNTS.map((count) =>
    whole(
      `table-${count}`,
      `a table of ${count} segments, all but the first empty`,
      ['OddLayout'],
      [[1, ...Array<number>(count - 1).fill(0)]],
    ),
  );
  const last = [...range(2, 20), 33, 34, 64, 65, 128, 255, 256].map((count) =>
    whole(
      `table-${count}-last`,
      `a table of ${count} segments, all but the last empty, and a message behind it`,
      ['OddLayout'],
      [[...Array<number>(count - 1).fill(0), 2], [1]],
    ),
  );
  const dirty = [4, 6, 8, 16, 64, 256].map((count) =>
    split(
      `table-${count}-dirty`,
      `a table of ${count} segments whose padding is not zero`,
      ['OddLayout'],
      concat(table([1, ...Array<number>(count - 1).fill(0)], 0xee), segmentBytes([1n])),
      valid({ frames: [[1, ...Array<number>(count - 1).fill(0)]] }),
    ),
  );
  // How many are taken is everybody's own affair (RPC-039).
  const many = [257, 258, 383, 384, 400, 500, 509, 510, 511, 512, 513, 514, 600, 1023, 1024].map((count) => {
    const frames = [[1, ...Array<number>(count - 1).fill(0)]];
    return split(
      `table-${count}`,
      `a table of ${count} segments, all but the first empty`,
      ['Limit'],
      streamOf(frames),
      acceptable({ frames }),
    );
  });
  return [...first, ...last, ...dirty, ...many];
}

function cuts(): VectorCase[] {
  const streams: [string, string, number[][]][] = [
    ['one', 'a message of one segment', [[1]]],
    ['three', 'a message of three segments', [[1, 0, 2]]],
    ['four', 'a message of four segments: its table is padded', [[1, 1, 0, 1]]],
    ['second', 'two messages', [[1, 1], [2]]],
  ];
  return streams.flatMap(([id, comment, frames]) => {
    const stream = streamOf(frames);
    const ends = new Set(frames.map((_, i) => streamOf(frames.slice(0, i)).length));
    return range(1, stream.length - 1)
      .filter((length) => !ends.has(length))
      .map((length) =>
        split(
          `${id}-ends-${length}`,
          `${comment}, cut after ${length} of ${stream.length} bytes`,
          ['Truncated'],
          stream.subarray(0, length),
          invalid('incomplete', 'malformed'),
        ),
      );
  });
}

/** Every way to write a number as a sum. */
function compositions(total: number): number[][] {
  if (total === 0) return [[]];
  return range(1, total).flatMap((first) => compositions(total - first).map((rest) => [first, ...rest]));
}

function shared(): VectorCase[] {
  const random = new Random('frames');
  return [
    ...compositions(6).map((words) =>
      whole(
        `words-${words.join('-')}`,
        `messages of ${words.join(', ')} words`,
        [],
        words.map((one) => [one]),
      ),
    ),
    ...compositions(5).map((words) =>
      whole(`segments-of-${words.join('-')}`, `a message whose segments have ${words.join(', ')} words`, [], [words]),
    ),
    ...range(1, 40).map((i) => {
      const frames = range(1, 1 + random.int(6)).map(() =>
        range(1, 1 + random.int(6)).map(() => random.of([0, 0, 1, 2, 3])),
      );
      return whole(`any-${i}`, `${frames.length} messages, segments of any number of words`, ['OddLayout'], frames);
    }),
  ];
}

/** Tables that claim what is not there: whoever believes them waits for ever, or takes all memory. */
function claims(): VectorCase[] {
  const behind = new Uint8Array(64);
  const claim = (id: string, comment: string, stream: Uint8Array): VectorCase =>
    split(`claim-${id}`, comment, ['BadTable'], stream, invalid('malformed', 'incomplete'));
  const powers = range(4, 31).map((k) =>
    claim(`words-2-${k}`, `a segment of 2^${k} words, of which 8 are there`, concat(table([2 ** k]), behind)),
  );
  const edges = [
    2 ** 21 - 2,
    2 ** 21 - 1,
    2 ** 21 + 1,
    2 ** 27 - 1,
    2 ** 29 - 1,
    2 ** 29 + 1,
    2 ** 31 - 1,
    2 ** 31 + 1,
    2 ** 32 - 2,
  ].map((words) =>
    claim(`words-${words}`, `a segment of ${words} words, of which 8 are there`, concat(table([words]), behind)),
  );
  const sums: [string, number[]][] = [
    ['two-halves', [2 ** 31, 2 ** 31]],
    ['wraps-to-8', [2 ** 32 - 1, 9]],
    ['wraps-in-bytes', [2 ** 29, 8]],
    ['wraps-in-bytes-turned', [8, 2 ** 29]],
    ['last-empty', [2 ** 30, 0, 0]],
    ['last-too-long', [1, 1, 7]],
    ['one-too-many', [4, 5]],
    ['all-most', [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1]],
    ['eight-eighths', Array<number>(8).fill(2 ** 29)],
  ];
  return [
    ...powers,
    ...edges,
    ...sums.map(([id, lengths]) =>
      claim(
        `sum-${id}`,
        `segments of ${lengths.join(', ')} words, of which 8 are there`,
        concat(table(lengths), behind),
      ),
    ),
    ...[...range(5, 30).filter((k) => k % 2 === 1), 31].map((k) =>
      claim(
        `segments-2-${k}`,
        `a table of 2^${k} segments that ends after ${behind.length} bytes`,
        concat(
          [(2 ** k - 1) & 255, ((2 ** k - 1) >>> 8) & 255, ((2 ** k - 1) >>> 16) & 255, (2 ** k - 1) >>> 24],
          behind,
        ),
      ),
    ),
  ];
}

export const framingFile = (): VectorFile =>
  withFlags(
    {
      name: 'rpc-frames-tables',
      schema: 'rpc-frames',
      description:
        'Streams of framed messages: segment tables of every size, streams that end anywhere, claims that are not kept.',
      groups: [
        {
          kind: 'frame-split',
          requirements: ['RPC-001', 'RPC-002', 'RPC-039'],
          description: 'Tables of many sizes.',
          cases: tables(),
        },
        {
          kind: 'frame-split',
          requirements: ['RPC-001', 'RPC-002'],
          description: 'The same words, shared out over messages and segments in every way.',
          cases: shared(),
        },
        {
          kind: 'frame-split',
          requirements: ['RPC-001', 'RPC-034'],
          description: 'Streams that end in the middle of a message, at each byte.',
          cases: cuts(),
        },
        {
          kind: 'frame-split',
          requirements: ['RPC-020'],
          description: 'Tables that claim more than there is.',
          cases: claims(),
        },
      ],
    },
    {
      OddLayout: 'Well-formed, laid out in a way that the usual encoders do not choose.',
      Truncated: 'The stream ends in the middle of a message.',
      BadTable: 'The segment table claims what is not there.',
      Limit: 'Over a limit that many readers have: to refuse it is right, and so is to read it, in the usual time.',
    },
  );
