// Signatures with each byte changed, scalars over the order, and points that are none, small, or written otherwise.
import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  acceptable,
  bytesOf,
  concat,
  flipBit,
  hex,
  invalid,
  range,
  replaceAt,
  type VectorCase,
  valid,
} from './file.ts';
import { Random } from './random.ts';

/** The order of the base point (RFC 8032, section 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const littleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);

interface Signed {
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}
const signed = (label: string, length: number): Signed => {
  const seed = bytesOf(`${label} seed`, 32);
  const message = bytesOf(`${label} message`, length);
  return { publicKey: ed25519.getPublicKey(seed), message, signature: ed25519.sign(message, seed) };
};

type Verdict = 'right' | 'wrong' | 'open';
const one = (id: string, comment: string, flags: string[], verdict: Verdict, of: Signed): VectorCase => ({
  id: `identity-verify-${id}`,
  comment,
  flags,
  input: { publicKey: hex(of.publicKey), message: hex(of.message), signature: hex(of.signature) },
  expected: verdict === 'right' ? valid() : verdict === 'open' ? acceptable({}) : invalid('signature'),
});

export function rightSignatures(): VectorCase[] {
  const lengths = [
    1, 2, 3, 31, 32, 33, 47, 48, 49, 63, 64, 65, 95, 96, 97, 111, 112, 127, 128, 129, 191, 192, 193, 255, 256, 300,
  ];
  return lengths.map((length) =>
    one(`length-${length}`, `a right signature of ${length} bytes`, [], 'right', signed(`verify ${length}`, length)),
  );
}

export function changedSignatures(): VectorCase[] {
  const base = signed('changed signature', 20);
  const random = new Random('changed signature');
  const wrong = (id: string, comment: string, change: Partial<Signed>): VectorCase =>
    one(id, comment, ['WrongSignature'], 'wrong', { ...base, ...change });
  const bitOf = (byte: number): number => byte * 8 + random.int(8);
  const other = signed('changed signature, another', 20);
  return [
    ...range(0, 63).map((byte) =>
      wrong(
        `${byte < 32 ? 'r' : 's'}-byte-${byte % 32}`,
        `a bit of byte ${byte % 32} of ${byte < 32 ? 'R' : 'S'} flipped`,
        {
          signature: flipBit(base.signature, bitOf(byte)),
        },
      ),
    ),
    ...range(0, 31).map((byte) =>
      wrong(`key-byte-${byte}`, `a bit of byte ${byte} of the key flipped`, {
        publicKey: flipBit(base.publicKey, bitOf(byte)),
      }),
    ),
    ...range(0, 19).map((byte) =>
      wrong(`message-byte-${byte}`, `a bit of byte ${byte} of the message flipped`, {
        message: flipBit(base.message, bitOf(byte)),
      }),
    ),
    ...range(1, 6).flatMap((i) => {
      const of = signed(`sign ${i}`, i);
      const flipped = (name: 'publicKey' | 'signature'): Signed => ({ ...of, [name]: flipBit(of[name], 255) });
      return [
        one(`key-sign-${i}`, 'the key with its sign turned', ['WrongSignature'], 'wrong', flipped('publicKey')),
        one(`r-sign-${i}`, 'R with its sign turned', ['WrongSignature'], 'wrong', flipped('signature')),
      ];
    }),
    wrong('halves-swapped', 'S | R in place of R | S', {
      signature: concat(base.signature.subarray(32), base.signature.subarray(0, 32)),
    }),
    wrong('r-of-another', 'the R of another signature', {
      signature: concat(other.signature.subarray(0, 32), base.signature.subarray(32)),
    }),
    wrong('s-of-another', 'the S of another signature', {
      signature: concat(base.signature.subarray(0, 32), other.signature.subarray(32)),
    }),
    wrong('key-of-another', 'the key of somebody else', { publicKey: other.publicKey }),
    wrong('key-is-r', 'R in place of the key', { publicKey: base.signature.subarray(0, 32) }),
    wrong('key-reversed', 'the bytes of the key in reverse order', { publicKey: base.publicKey.slice().reverse() }),
    wrong('s-big-endian', 'S in reverse order', {
      signature: concat(base.signature.subarray(0, 32), base.signature.slice(32).reverse()),
    }),
    wrong('s-zero', 'S is 0', { signature: replaceAt(base.signature, 32, new Uint8Array(32)) }),
    wrong('r-zero', 'R is of zero bytes', { signature: replaceAt(base.signature, 0, new Uint8Array(32)) }),
    wrong('s-negated', 'S is L - S', {
      signature: replaceAt(base.signature, 32, littleEndian(L - numberOf(base.signature.subarray(32)))),
    }),
    wrong('message-hashed', 'of the SHA-512 of the message (Ed25519ph without its prefix)', {
      message: createHash('sha512').update(base.message).digest(),
    }),
    wrong('message-empty', 'of a message that is not empty', { message: new Uint8Array() }),
    ...[0, 1, 16, 31, 32, 33, 48, 62, 66, 96, 128].map((length) =>
      one(`signature-length-${length}`, `a signature of ${length} bytes`, ['WrongLength'], 'wrong', {
        ...base,
        signature: concat(base.signature, base.signature).subarray(0, length),
      }),
    ),
    ...[1, 16, 30, 34, 64].map((length) =>
      one(`key-length-${length}`, `a key of ${length} bytes`, ['WrongLength'], 'wrong', {
        ...base,
        publicKey: concat(base.publicKey, base.publicKey).subarray(0, length),
      }),
    ),
  ];
}

/** S that are not below the order. */
export function malleable(): VectorCase[] {
  return range(1, 4).flatMap((i) => {
    const base = signed(`malleable ${i}`, 8 * i);
    const s = numberOf(base.signature.subarray(32));
    const withS = (id: string, comment: string, value: bigint): VectorCase =>
      one(`${id}-${i}`, comment, ['Malleable'], 'wrong', {
        ...base,
        signature: replaceAt(base.signature, 32, littleEndian(value)),
      });
    const times = [1n, 2n, 3n, 7n, 8n, 14n].filter((k) => s + k * L < 2n ** 256n);
    return [
      ...times.map((k) => withS(`s-plus-${k}-l`, `S + ${k} L`, s + k * L)),
      ...[253, 254, 255].map((bit) => withS(`s-bit-${bit}`, `bit ${bit} of S is set`, s | (1n << BigInt(bit)))),
      ...(i === 1
        ? [
            withS('s-is-l', 'S is L', L),
            withS('s-is-l-plus-1', 'S is L + 1', L + 1n),
            withS('s-most', 'S is 2^256 - 1', 2n ** 256n - 1n),
          ]
        : []),
    ];
  });
}

const IDENTITY = littleEndian(1n);
/** Points of small order, by their encodings. */
const SMALL: [string, string, Uint8Array][] = [
  ['identity', 'the neutral element', IDENTITY],
  ['order-2', 'a point of order 2', littleEndian(P - 1n)],
  ['order-4', 'a point of order 4', littleEndian(0n)],
  ['order-4-negative', 'the other point of order 4', littleEndian(2n ** 255n)],
  ...[
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].flatMap((text, i): [string, string, Uint8Array][] => {
    const bytes = Uint8Array.from(Buffer.from(text, 'hex'));
    return [
      [`order-8-${2 * i + 1}`, 'a point of order 8', bytes],
      [`order-8-${2 * i + 2}`, 'a point of order 8, the sign turned', flipBit(bytes, 255)],
    ];
  }),
];
/** Encodings that RFC 8032 does not decode: y is not below p, or x is 0 with a sign. */
const NON_CANONICAL: [string, string, Uint8Array][] = [
  ['identity-signed', 'the neutral element, with a sign', littleEndian(1n + 2n ** 255n)],
  ['order-2-signed', 'the point of order 2, with a sign', littleEndian(P - 1n + 2n ** 255n)],
  ['p', 'y is p', littleEndian(P)],
  ['p-signed', 'y is p, with a sign', littleEndian(P + 2n ** 255n)],
  ['p-plus-1', 'y is p + 1', littleEndian(P + 1n)],
  ['p-plus-1-signed', 'y is p + 1, with a sign', littleEndian(P + 1n + 2n ** 255n)],
];

const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint =>
  numberOf(createHash('sha512').update(r).update(a).update(message).digest()) % L;

/** Keys of small order: with some messages [S]B is R + [k]A, whatever S was chosen. Some libraries refuse such keys. */
export function smallKeys(): VectorCase[] {
  return [...SMALL, ...NON_CANONICAL].flatMap(([id, comment, key]) => {
    const s = numberOf(bytesOf(`small key ${id}`, 31));
    const r = ed25519.Point.BASE.multiply(s).toBytes();
    // 8 is a multiple of each of their orders: [k]A is the neutral element.
    const message = range(0, 200)
      .map((i) => bytesOf(`small key ${id} ${i}`, 12))
      .find((candidate) => challenge(r, key, candidate) % 8n === 0n) as Uint8Array;
    const flags = ['SmallOrder'];
    return [
      one(`key-${id}`, `the key is ${comment}, and the equation holds`, flags, 'open', {
        publicKey: key,
        message,
        signature: concat(r, littleEndian(s)),
      }),
      one(`key-${id}-wrong`, `the key is ${comment}, and S is not right`, flags, 'wrong', {
        publicKey: key,
        message,
        signature: concat(r, littleEndian(s + 1n)),
      }),
    ];
  });
}

/** R of small order, with an S for which the equation holds once both sides are multiplied by 8, or does not. */
export function smallCommitments(): VectorCase[] {
  const seed = bytesOf('small commitment', 32);
  const publicKey = ed25519.getPublicKey(seed);
  const { scalar } = ed25519.utils.getExtendedPublicKey(seed);
  return [...SMALL, ...NON_CANONICAL].flatMap(([id, comment, r]) => {
    const message = bytesOf(`small commitment ${id}`, 16);
    const s = (challenge(r, publicKey, message) * scalar) % L;
    return [
      one(`r-${id}`, `R is ${comment}, and the equation with the cofactor holds`, ['SmallOrder'], 'open', {
        publicKey,
        message,
        signature: concat(r, littleEndian(s)),
      }),
      one(`r-${id}-wrong`, `R is ${comment}, and S is not right`, ['SmallOrder'], 'wrong', {
        publicKey,
        message,
        signature: concat(r, littleEndian((s + 1n) % L)),
      }),
    ];
  });
}

/** Keys and R that are no points at all. */
export function noPoints(): VectorCase[] {
  const base = signed('no point', 10);
  const isPoint = (bytes: Uint8Array): boolean => {
    try {
      ed25519.Point.fromBytes(bytes);
      return true;
    } catch {
      return false;
    }
  };
  return range(2, 40)
    .map((y) => littleEndian(BigInt(y)))
    .filter((bytes) => !isPoint(bytes))
    .slice(0, 8)
    .flatMap((bytes) => [
      one(`key-no-point-${bytes[0]}`, `the key has y = ${bytes[0]}: no point of the curve`, ['NoPoint'], 'wrong', {
        ...base,
        publicKey: bytes,
      }),
      one(`r-no-point-${bytes[0]}`, `R has y = ${bytes[0]}: no point of the curve`, ['NoPoint'], 'wrong', {
        ...base,
        signature: replaceAt(base.signature, 0, bytes),
      }),
    ]);
}
