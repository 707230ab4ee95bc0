import { x25519 } from '@noble/curves/ed25519.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { acceptable, bytesOf, flipBit, hex, invalid, type VectorCase, type VectorFile, valid } from './file.ts';
import { keypair, LOW_ORDER, littleEndian, schedule, withCoefficient } from './hybrid-scheme.ts';
import { ML_KEM_FLAGS, mlKemGroups } from './ml-kem.ts';
import { moreAgreements } from './x25519-agreed.ts';

const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

function agreements(): VectorCase[] {
  const one = (
    id: string,
    comment: string,
    flags: string[],
    secret: Uint8Array,
    publicKey: Uint8Array,
  ): VectorCase => ({
    id: `x25519-${id}`,
    comment,
    flags,
    input: { secret: hex(secret), publicKey: hex(publicKey) },
    expected: valid({ sharedSecret: hex(x25519.getSharedSecret(secret, publicKey)) }),
  });
  const cases = Array.from({ length: 12 }, (_, i) =>
    one(
      `${i + 1}`,
      'a secret and somebody’s public key',
      [],
      bytesOf(`x25519 secret ${i}`, 32),
      x25519.getPublicKey(bytesOf(`x25519 peer ${i}`, 32)),
    ),
  );
  cases.push(
    one(
      'rfc7748',
      'RFC 7748, section 5.2, the first',
      [],
      fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
      fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
    ),
    one(
      'unclamped',
      'a secret whose fixed bits are all set otherwise',
      [],
      bytesOf('x25519 secret 0', 32).with(0, 7).with(31, 0x80),
      x25519.getPublicKey(bytesOf('x25519 peer 0', 32)),
    ),
  );
  const secret = bytesOf('x25519 secret 1', 32);
  const peer = x25519.getPublicKey(bytesOf('x25519 peer 1', 32));
  for (const [id, comment, key] of [
    ['top-bit', 'the ignored top bit of the public key is set', flipBit(peer, 255)],
    ['p-plus-9', 'p + 9 is another encoding of 9', littleEndian(2n ** 255n - 10n)],
    ['p-plus-18', '2^255 - 1 is another encoding of 18', littleEndian(2n ** 255n - 1n)],
  ] as const) {
    cases.push({
      ...one(id, comment, ['NonCanonicalX25519'], secret, key),
      expected: acceptable({ sharedSecret: hex(x25519.getSharedSecret(secret, key)) }),
    });
  }
  for (const [i, [name, point]] of LOW_ORDER.entries())
    cases.push({
      id: `x25519-low-order-${i + 1}`,
      comment: `a public key of low order (${name})`,
      flags: ['LowOrder'],
      input: { secret: hex(secret), publicKey: hex(point) },
      expected: invalid('low-order'),
    });
  return cases;
}

function decapsulations(): VectorCase[] {
  const cases: VectorCase[] = [];
  for (let i = 1; i <= 8; i += 1) {
    const { seed, mlKem } = keypair(bytesOf(`hybrid seed ${i}`, 96));
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(mlKem.publicKey, bytesOf(`coins ${i}`, 32));
    const one = (
      id: string,
      comment: string,
      flags: string[],
      ciphertext: Uint8Array,
      secret: Uint8Array,
    ): VectorCase => ({
      id: `ml-kem-768-decapsulate-${id}`,
      comment,
      flags,
      input: { seed: hex(seed.subarray(32)), ciphertext: hex(ciphertext) },
      expected: valid({ sharedSecret: hex(secret) }),
    });
    cases.push(one(`${i}`, 'a right ciphertext', [], cipherText, sharedSecret));
    const wrong = flipBit(cipherText, i * 1000);
    cases.push(
      one(
        `rejected-${i}`,
        `bit ${i * 1000} of the ciphertext flipped: a secret that only z determines`,
        ['ImplicitRejection'],
        wrong,
        ml_kem768.decapsulate(wrong, mlKem.secretKey),
      ),
    );
  }
  return cases;
}

function encapsulations(): VectorCase[] {
  const one = (
    id: string,
    comment: string,
    flags: string[],
    key: Uint8Array,
    coins: Uint8Array,
    isRight = true,
  ): VectorCase => {
    const made = isRight ? ml_kem768.encapsulate(key, coins) : undefined;
    return {
      id: `ml-kem-768-encapsulate-${id}`,
      comment,
      flags: ['Deterministic', ...flags],
      input: { encapsulationKey: hex(key), coins: hex(coins) },
      expected: made
        ? valid({ ciphertext: hex(made.cipherText), sharedSecret: hex(made.sharedSecret) })
        : invalid('public-key'),
    };
  };
  const key = keypair(bytesOf('hybrid seed 1', 96)).publicKey;
  return [
    ...Array.from({ length: 6 }, (_, i) =>
      one(
        `${i + 1}`,
        'with the coins given',
        [],
        keypair(bytesOf(`hybrid seed ${i + 1}`, 96)).mlKem.publicKey,
        bytesOf(`encapsulate coins ${i + 1}`, 32),
      ),
    ),
    one('coins-zero', 'coins of zero bytes', [], key.subarray(32), new Uint8Array(32)),
    one(
      'coefficient-3328',
      'a coefficient of 3,328',
      [],
      withCoefficient(key, 5, 3328).subarray(32),
      bytesOf('encapsulate coins 7', 32),
    ),
    one(
      'coefficient-3329',
      'a coefficient of 3,329',
      ['NonCanonicalKey'],
      withCoefficient(key, 5, 3329).subarray(32),
      bytesOf('encapsulate coins 7', 32),
      false,
    ),
  ];
}

function schedules(): VectorCase[] {
  const inputs: [string, Uint8Array, Uint8Array][] = [
    ['zero', new Uint8Array(32), new Uint8Array(32)],
    ['ones', new Uint8Array(32).fill(255), new Uint8Array(32).fill(255)],
    ['order', new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
    ['order-swapped', new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)],
    ...Array.from({ length: 12 }, (_, i): [string, Uint8Array, Uint8Array] => [
      `${i + 1}`,
      bytesOf(`schedule x25519 ${i}`, 32),
      bytesOf(`schedule ml-kem ${i}`, 32),
    ]),
    ...[0, 1, 15, 16, 30, 31].flatMap((i): [string, Uint8Array, Uint8Array][] => [
      [`x25519-byte-${i}`, new Uint8Array(32).with(i, 1), new Uint8Array(32)],
      [`ml-kem-byte-${i}`, new Uint8Array(32), new Uint8Array(32).with(i, 1)],
    ]),
  ];
  return inputs.map(([name, x, m]) => {
    const { ikm, prk, key } = schedule(x, m);
    return {
      id: `hybrid-schedule-${name}`,
      comment: `both shared secrets → key (${name})`,
      flags: [],
      input: { x25519Secret: hex(x), mlKemSecret: hex(m) },
      expected: { result: 'valid', output: { key: hex(key) }, intermediate: { ikm: hex(ikm), prk: hex(prk) } },
    };
  });
}

export function keyScheduleFile(): VectorFile {
  return {
    name: 'key-schedule',
    description: 'The steps of the hybrid envelope v1, each by itself: X25519, ML-KEM-768, HKDF.',
    flags: {
      LowOrder: 'An X25519 key whose shared secret is zero, whatever the other key.',
      Twist: 'A public key that is no point of the curve but one of its twist: RFC 7748 takes it like any other.',
      NonCanonicalX25519: 'RFC 7748 takes it for another encoding of a key; stricter libraries refuse it.',
      ...ML_KEM_FLAGS,
    },
    groups: [
      {
        kind: 'x25519',
        requirements: ['HYB-005'],
        description: 'X25519 (RFC 7748).',
        cases: [...agreements(), ...moreAgreements()],
      },
      ...mlKemGroups(decapsulations(), encapsulations()),
      {
        kind: 'hybrid-schedule',
        requirements: ['HYB-004'],
        description: 'ikm = X25519 secret | ML-KEM secret; prk and key by HKDF-SHA256.',
        cases: schedules(),
      },
    ],
  };
}
