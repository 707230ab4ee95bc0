import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesOf, concat, flipBit, hex, invalid, replaceAt, type VectorCase, type VectorFile, valid } from './file.ts';
import {
  changedSignatures,
  malleable,
  noPoints,
  rightSignatures,
  smallCommitments,
  smallKeys,
} from './identity-verified.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
/** The order of the base point (RFC 8032, section 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Seeds: fixed ones whose bytes have a shape, and ones without. */
const SEEDS: [string, Uint8Array][] = [
  ['zero', new Uint8Array(32)],
  ['ones', new Uint8Array(32).fill(255)],
  ['counting', Uint8Array.from({ length: 32 }, (_, i) => i)],
  ['rfc8032-1', fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')],
  ...Array.from({ length: 8 }, (_, i): [string, Uint8Array] => [`${i + 1}`, bytesOf(`identity seed ${i + 1}`, 32)]),
];

/** More of them; messages are signed with the first ones alone. */
const MORE_SEEDS: [string, Uint8Array][] = Array.from({ length: 32 }, (_, i) => [
  `any-${i + 1}`,
  bytesOf(`identity any ${i + 1}`, 32),
]);

const keys = (): VectorCase[] =>
  [...SEEDS, ...MORE_SEEDS].map(([name, seed]) => {
    const publicKey = ed25519.getPublicKey(seed);
    return {
      id: `identity-key-${name}`,
      comment: `the identity key and senderId of seed ${name}`,
      flags: [],
      input: { seed: hex(seed) },
      expected: valid({ publicKey: hex(publicKey), senderId: sha256(publicKey) }),
    };
  });

function signatures(): VectorCase[] {
  // SHA-512 takes blocks of 128 bytes; before the message stand 32 bytes once, and 64 bytes once.
  const lengths = [0, 1, 31, 32, 63, 64, 127, 128, 1000];
  const edges = [
    2, 3, 7, 8, 9, 15, 16, 17, 33, 46, 47, 48, 49, 50, 62, 65, 78, 79, 80, 81, 82, 94, 95, 96, 97, 98, 110,
  ];
  const more = [
    111, 112, 113, 126, 129, 174, 175, 176, 177, 190, 191, 192, 193, 206, 207, 208, 223, 224, 225, 255, 256, 257,
  ];
  return [...lengths, ...edges, ...more, 300, 302, 303, 304, 319, 320, 321].map((length, i) => {
    const [name, seed] = SEEDS[i % SEEDS.length] as [string, Uint8Array];
    const message = bytesOf(`signed ${length}`, length);
    return {
      id: `identity-sign-${length}`,
      comment: `${length} bytes signed with seed ${name}; Ed25519 has one signature for each`,
      flags: [],
      input: { seed: hex(seed), message: hex(message) },
      expected: valid({ signature: hex(ed25519.sign(message, seed)) }),
    };
  });
}

function verifications(): VectorCase[] {
  const seed = bytesOf('identity verify', 32);
  const publicKey = ed25519.getPublicKey(seed);
  const message = bytesOf('verified', 40);
  const signature = ed25519.sign(message, seed);
  const one = (
    id: string,
    comment: string,
    flags: string[],
    isValid: boolean,
    change: Record<string, Uint8Array> = {},
  ): VectorCase => ({
    id: `identity-verify-${id}`,
    comment,
    flags,
    input: Object.fromEntries(
      Object.entries({ publicKey, message, signature, ...change }).map(([name, bytes]) => [name, hex(bytes)]),
    ),
    expected: isValid ? valid() : invalid('signature'),
  });
  const cases = [
    one('right', 'a right signature', [], true),
    one('empty-message', 'a right signature of nothing', [], true, {
      message: new Uint8Array(),
      signature: ed25519.sign(new Uint8Array(), seed),
    }),
    one('other-key', 'the signature of somebody else', ['WrongSignature'], false, {
      signature: ed25519.sign(message, bytesOf('identity other', 32)),
    }),
    one('other-message', 'the signature of another message', ['WrongSignature'], false, {
      message: bytesOf('other message', 40),
    }),
    one('message-longer', 'the message has one byte more', ['WrongSignature'], false, {
      message: concat(message, [0]),
    }),
    one('message-shorter', 'the message lacks its last byte', ['WrongSignature'], false, {
      message: message.subarray(0, -1),
    }),
    one('signature-zero', 'a signature of zero bytes', ['WrongSignature'], false, { signature: new Uint8Array(64) }),
    one('signature-short', 'a signature of 63 bytes', ['WrongLength'], false, { signature: signature.subarray(0, 63) }),
    one('signature-long', 'a signature of 65 bytes', ['WrongLength'], false, { signature: concat(signature, [0]) }),
    one('signature-empty', 'no signature', ['WrongLength'], false, { signature: new Uint8Array() }),
    one('key-short', 'a key of 31 bytes', ['WrongLength'], false, { publicKey: publicKey.subarray(0, 31) }),
    one('key-long', 'a key of 33 bytes', ['WrongLength'], false, { publicKey: concat(publicKey, [0]) }),
    one('key-empty', 'no key', ['WrongLength'], false, { publicKey: new Uint8Array() }),
    one('s-plus-l', 'S is not below the order of the group (RFC 8032, section 5.1.7)', ['Malleable'], false, {
      signature: plusOrder(signature),
    }),
  ];
  for (const bit of [0, 100, 255, 256, 300, 500]) {
    cases.push(
      one(`signature-bit-${bit}`, `bit ${bit} of the signature flipped`, ['WrongSignature'], false, {
        signature: flipBit(signature, bit),
      }),
    );
  }
  for (const bit of [0, 77, 319])
    cases.push(
      one(`message-bit-${bit}`, `bit ${bit} of the message flipped`, ['WrongSignature'], false, {
        message: flipBit(message, bit),
      }),
    );
  return cases;
}

/** The same signature with the order added to S: the equation still holds. */
function plusOrder(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${hex(signature.slice(32).reverse())}`) + L;
  return replaceAt(signature, 32, fromHex(s.toString(16).padStart(64, '0')).reverse());
}

/** Fingerprints are of the bytes as they were uploaded, whatever is in them. */
const fingerprints = (): VectorCase[] =>
  [
    ...[1, 2, 55, 56, 63, 64, 65, 119, 120, 300, 356, 4096],
    // Padding and length of SHA-256 go into the last block up to 55 bytes of it, else into one of their own.
    ...Array.from({ length: 69 }, (_, i) => i + 3).filter((length) => length < 12 || length > 48 || length % 2 === 0),
    ...[117, 118, 121, 122, 126, 127, 128, 129, 130, 182, 183, 184, 185, 190, 191, 192, 193, 247, 248, 255, 256, 257],
    ...[511, 512, 513, 1023, 1024, 1025],
  ]
    .filter((length, i, all) => all.indexOf(length) === i)
    .map((length) => {
      const bytes = bytesOf(`package ${length}`, length);
      return {
        id: `fingerprint-${length}`,
        comment: `the fingerprint of a KeyPackage of ${length} bytes`,
        flags: [],
        input: { package: hex(bytes) },
        expected: valid({ fingerprint: sha256(bytes) }),
      };
    });

export function identityFile(): VectorFile {
  return {
    name: 'identity',
    description: 'Ed25519 identities (RFC 8032), sender ids, and fingerprints of KeyPackages.',
    flags: {
      WrongSignature: 'The signature is not of this message by this key.',
      WrongLength: 'A key or signature that is cut or too long.',
      Malleable:
        'A second encoding of a right signature: whoever takes it lets a stranger make another signature of one.',
      SmallOrder:
        'A point of small order, or its encoding. Libraries differ in whether they take it at all, and in whether they multiply the equation by 8.',
      NoPoint: 'Bytes that encode no point of the curve.',
    },
    groups: [
      {
        kind: 'identity-key',
        requirements: ['ENV-004', 'ENV-009'],
        description: 'Seed → public key and senderId.',
        cases: keys(),
      },
      {
        kind: 'identity-sign',
        requirements: ['ENV-009'],
        description: 'Seed and message → signature.',
        cases: signatures(),
      },
      {
        kind: 'identity-verify',
        requirements: ['ENV-009'],
        description: 'Signatures, right and wrong.',
        cases: [...verifications(), ...rightSignatures(), ...changedSignatures(), ...malleable()],
      },
      {
        kind: 'identity-verify',
        requirements: ['ENV-009'],
        description: 'Keys and R that are no points, are points of small order, or are written in another way.',
        cases: [...smallKeys(), ...smallCommitments(), ...noPoints()],
      },
      {
        kind: 'fingerprint',
        requirements: ['KP-004'],
        description: 'KeyPackage → fingerprint.',
        cases: fingerprints(),
      },
    ],
  };
}
