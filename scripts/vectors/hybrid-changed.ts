// Envelopes with a bit of each part flipped, cut at each length around the edges, and of plaintexts around the blocks.
import {
  bytesOf,
  concat,
  flipBit,
  hex,
  invalid,
  range,
  replaceAt,
  type VectorCase,
  type VectorFile,
  valid,
  withFlags,
} from './file.ts';
import { sealedTo } from './hybrid-encrypted.ts';
import { open } from './hybrid-opened.ts';
import { plaintext, sample } from './hybrid-samples.ts';
import { bob, choicesOf, HEADER_LEN, keypair, seal, withCoefficient } from './hybrid-scheme.ts';
import { Random } from './random.ts';

/** ChaCha20 takes blocks of 64 bytes, Poly1305 of 16. */
const LENGTHS = [
  2, 3, 7, 8, 14, 18, 31, 32, 33, 47, 48, 49, 62, 66, 79, 80, 81, 127, 128, 129, 191, 192, 193, 256, 257, 1023,
];

const opened = (): VectorCase[] =>
  LENGTHS.map((length) => {
    const text = bytesOf(`hybrid block ${length}`, length);
    return open(
      `length-${length}`,
      `a plaintext of ${length} bytes`,
      [],
      seal(bob.publicKey, text, choicesOf(`hybrid block ${length}`)),
      valid({ plaintext: hex(text) }),
    );
  });

function flipped(): VectorCase[] {
  const random = new Random('hybrid flips');
  const bodyAt = HEADER_LEN;
  const tagAt = sample.length - 16;
  const parts: [string, number[]][] = [
    ['ephemeral key', range(1, 32)],
    ['ML-KEM ciphertext', [33, 34, ...range(1, 16).map((i) => 33 + i * 64), 992, 994, 1119, 1120]],
    ['nonce', range(1121, bodyAt - 1)],
    ['ciphertext', range(bodyAt, tagAt - 1).filter((byte) => byte % 2 === 1)],
    ['tag', range(tagAt, sample.length - 1)],
  ];
  return parts.flatMap(([part, bytes]) =>
    bytes.map((byte) =>
      open(
        `byte-${byte}`,
        `a bit of byte ${byte} flipped: ${part}`,
        ['FlippedBit'],
        flipBit(sample, byte * 8 + random.int(8)),
        invalid('tag'),
      ),
    ),
  );
}

const versions = (): VectorCase[] => [
  ...[0, 3, 4, 5, 6].map((bit) =>
    open(
      `flip-${bit}`,
      `bit ${bit} of the envelope flipped: version`,
      ['FlippedBit'],
      flipBit(sample, bit),
      invalid('version'),
    ),
  ),
  ...[4, 10, 16, 49, 64, 254].map((version) =>
    open(
      `version-${version}`,
      `version ${version}, and a tag that is right for it`,
      ['Version'],
      seal(bob.publicKey, plaintext, choicesOf('hybrid version'), { version }),
      invalid('version'),
    ),
  ),
];

function cuts(): VectorCase[] {
  const short = [3, 16, 31, 35, 97, 993, 1119, 1122, 1125, 1131, 1135, 1140, 1145, 1146, 1147];
  return [
    ...short.map((length) =>
      open(`cut-${length}`, `cut after ${length} bytes`, ['Short'], sample.subarray(0, length), invalid('short')),
    ),
    ...range(1149, sample.length - 2)
      .filter((length) => length < 1153 || length % 4 === 0)
      .map((length) =>
        open(
          `cut-${length}`,
          `cut after ${length} bytes: a whole envelope by its length`,
          ['Changed'],
          sample.subarray(0, length),
          invalid('tag'),
        ),
      ),
    ...[2, 8, 16, 64].map((more) =>
      open(
        `extra-${more}`,
        `${more} bytes behind the tag`,
        ['Changed'],
        concat(sample, new Uint8Array(more)),
        invalid('tag'),
      ),
    ),
    open('first-byte-gone', 'the first byte is gone', ['Changed'], sample.subarray(1), invalid('version', 'tag')),
    open('shifted', 'a version byte too much in front', ['Changed'], concat([1], sample), invalid('tag')),
    open(
      'tag-first',
      'the tag stands before the ciphertext',
      ['WrongConstruction'],
      concat(sample.subarray(0, HEADER_LEN), sample.subarray(-16), sample.subarray(HEADER_LEN, -16)),
      invalid('tag'),
    ),
    open(
      'nonce-first',
      'the nonce stands before the ML-KEM ciphertext',
      ['WrongConstruction'],
      concat(
        sample.subarray(0, 33),
        sample.subarray(1121, 1133),
        sample.subarray(33, 1121),
        sample.subarray(HEADER_LEN),
      ),
      invalid('tag'),
    ),
    open(
      'ml-kem-first',
      'the ML-KEM ciphertext stands before the ephemeral key',
      ['WrongConstruction'],
      concat([1], sample.subarray(33, 1121), sample.subarray(1, 33), sample.subarray(1121)),
      invalid('tag'),
    ),
    open(
      'nonce-zero',
      'the nonce is of zero bytes',
      ['Changed'],
      replaceAt(sample, 1121, new Uint8Array(12)),
      invalid('tag'),
    ),
  ];
}

function encrypted(): VectorCase[] {
  const encrypt = (
    id: string,
    comment: string,
    flags: string[],
    publicKey: Uint8Array,
    text: Uint8Array,
    seed?: Uint8Array,
  ): VectorCase => ({
    id: `hybrid-encrypt-${id}`,
    comment,
    flags,
    input: { publicKey: hex(publicKey), plaintext: hex(text) },
    expected: seed ? valid() : invalid('public-key'),
    ...(seed ? { judge: { opens: { seed: hex(seed), plaintext: hex(text) } } } : {}),
  });
  return [
    ...[2, 31, 32, 33, 127, 128, 129, 256].map((length) => {
      const recipient = keypair(bytesOf(`hybrid encrypt to ${length}`, 96));
      return encrypt(
        `length-${length}`,
        `encrypt ${length} bytes`,
        [],
        recipient.publicKey,
        bytesOf(`hybrid encrypt ${length}`, length),
        recipient.seed,
      );
    }),
    ...[3, 128, 255, 256, 512, 640].map((index) =>
      encrypt(
        `modulus-${index}`,
        `coefficient ${index} is 3,329`,
        ['NonCanonicalKey'],
        withCoefficient(bob.publicKey, index, 3329),
        plaintext,
      ),
    ),
    ...[31, 33, 64, 1152, 1183, 1214, 1218, 2432].map((length) =>
      encrypt(
        `key-${length}`,
        `a key of ${length} bytes`,
        ['KeyLength'],
        concat(bob.publicKey, bob.publicKey).subarray(0, length),
        plaintext,
      ),
    ),
  ];
}

const sealed = (): VectorCase[] =>
  [2, 8, 31, 32, 33, 127, 128, 129].map((length) =>
    sealedTo(keypair(bytesOf(`hybrid seal to ${length}`, 96)).publicKey, length),
  );

export const hybridChangedFile = (flags: Record<string, string>): VectorFile =>
  withFlags(
    {
      name: 'hybrid-v1-changed',
      schema: 'hybrid-v1',
      description:
        'Hybrid envelopes v1 that were changed or cut anywhere, and plaintexts around the blocks of the cipher.',
      groups: [
        {
          kind: 'hybrid-open',
          requirements: ['HYB-001', 'HYB-003'],
          description: 'Plaintexts of lengths around the blocks.',
          cases: opened(),
        },
        {
          kind: 'hybrid-open',
          requirements: ['HYB-003', 'HYB-008'],
          description: 'One bit flipped, in each byte of what is short and spread over what is long.',
          cases: flipped(),
        },
        { kind: 'hybrid-open', requirements: ['HYB-006', 'HYB-011'], description: 'Versions.', cases: versions() },
        {
          kind: 'hybrid-open',
          requirements: ['HYB-007', 'HYB-008', 'HYB-011'],
          description: 'Cut, longer, or put together in another order.',
          cases: cuts(),
        },
        {
          kind: 'hybrid-encrypt',
          requirements: ['HYB-001', 'HYB-002', 'HYB-009'],
          description: 'Plaintexts to be encrypted, and keys that nothing may be encrypted to.',
          cases: encrypted(),
        },
        {
          kind: 'hybrid-seal',
          requirements: ['HYB-001', 'HYB-003', 'HYB-004'],
          description: 'The whole envelope, with the random choices given.',
          cases: sealed(),
        },
      ],
    },
    flags,
  );
