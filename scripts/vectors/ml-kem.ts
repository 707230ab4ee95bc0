// ML-KEM-768 (FIPS 203) by itself: ciphertexts that were changed anywhere, keys whose coefficients are over the modulus.
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
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
  type VectorGroup,
  valid,
  withFlags,
} from './file.ts';
import { keypair, withCoefficient } from './hybrid-scheme.ts';
import { Random } from './random.ts';

const CIPHERTEXT_LEN = 1088;

function decapsulations(): VectorCase[] {
  const random = new Random('decapsulations');
  const { seed: whole, mlKem } = keypair(bytesOf('decapsulate seed', 96));
  const seed = whole.subarray(32);
  const { cipherText } = ml_kem768.encapsulate(mlKem.publicKey, bytesOf('decapsulate coins', 32));
  const one = (id: string, comment: string, flags: string[], ciphertext: Uint8Array, of = seed): VectorCase => ({
    id: `ml-kem-768-decapsulate-${id}`,
    comment,
    flags,
    input: { seed: hex(of), ciphertext: hex(ciphertext) },
    expected: valid({ sharedSecret: hex(ml_kem768.decapsulate(ciphertext, ml_kem768.keygen(of).secretKey)) }),
  });
  const right = range(1, 12).map((i) => {
    const other = bytesOf(`decapsulate any ${i}`, 64);
    const made = ml_kem768.encapsulate(ml_kem768.keygen(other).publicKey, bytesOf(`decapsulate any coins ${i}`, 32));
    return one(`any-${i}`, 'a right ciphertext', [], made.cipherText, other);
  });
  // u is compressed to 10 bits a coefficient (960 bytes), v to 4 (128 bytes).
  const places = [0, 1, 319, 320, 639, 640, 958, 959, 960, 961, 1023, 1086, 1087, ...range(1, 20).map((i) => i * 51)];
  const flipped = [...new Set(places)].map((byte) =>
    one(
      `flipped-${byte}`,
      `a bit of byte ${byte} of the ciphertext flipped`,
      ['ImplicitRejection'],
      flipBit(cipherText, byte * 8 + random.int(8)),
    ),
  );
  const whole1088 = (id: string, comment: string, bytes: Uint8Array): VectorCase =>
    one(id, comment, ['ImplicitRejection'], bytes);
  return [
    ...right,
    ...flipped,
    whole1088('zero', 'a ciphertext of zero bytes', new Uint8Array(CIPHERTEXT_LEN)),
    whole1088('ones', 'a ciphertext of 0xff', new Uint8Array(CIPHERTEXT_LEN).fill(255)),
    whole1088('random', 'a ciphertext at random', bytesOf('random ciphertext', CIPHERTEXT_LEN)),
    ...range(1, 4).map((i) =>
      one(
        `other-z-${i}`,
        'a changed ciphertext, for a key that differs in z alone: another secret',
        ['ImplicitRejection'],
        flipBit(cipherText, 5),
        concat(seed.subarray(0, 32), bytesOf(`other z ${i}`, 32)),
      ),
    ),
    one(
      'other-z-right',
      'a right ciphertext, for a key that differs in z alone: the same secret',
      [],
      cipherText,
      concat(seed.subarray(0, 32), bytesOf('other z', 32)),
    ),
    one(
      'other-d',
      'a right ciphertext for another key',
      ['ImplicitRejection'],
      cipherText,
      concat(bytesOf('other d', 32), seed.subarray(32)),
    ),
  ];
}

function encapsulations(): VectorCase[] {
  const hybridKey = keypair(bytesOf('encapsulate seed', 96)).publicKey;
  const key = hybridKey.subarray(32);
  const coins = bytesOf('encapsulate coins', 32);
  const one = (id: string, comment: string, of: Uint8Array, by = coins): VectorCase => {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(of, by);
    return {
      id: `ml-kem-768-encapsulate-${id}`,
      comment,
      flags: ['Deterministic'],
      input: { encapsulationKey: hex(of), coins: hex(by) },
      expected: valid({ ciphertext: hex(cipherText), sharedSecret: hex(sharedSecret) }),
    };
  };
  const refused = (id: string, comment: string, of: Uint8Array): VectorCase => ({
    id: `ml-kem-768-encapsulate-${id}`,
    comment,
    flags: ['Deterministic', 'NonCanonicalKey'],
    input: { encapsulationKey: hex(of), coins: hex(coins) },
    expected: invalid('public-key'),
  });
  const at = (index: number, value: number): Uint8Array => withCoefficient(hybridKey, index, value).subarray(32);
  const places = [0, 1, 2, 3, 127, 128, 254, 255, 256, 257, 383, 384, 511, 512, 640, 766, 767];
  return [
    ...range(1, 10).map((i) =>
      one(
        `any-${i}`,
        'with the coins given',
        keypair(bytesOf(`encapsulate any ${i}`, 96)).publicKey.subarray(32),
        bytesOf(`encapsulate any coins ${i}`, 32),
      ),
    ),
    one('coins-ones', 'coins of 0xff', key, new Uint8Array(32).fill(255)),
    one('rho-zero', 'rho, which the matrix is made of, is of zero bytes', replaceAt(key, 1152, new Uint8Array(32))),
    one('rho-changed', 'a bit of rho flipped: another key', flipBit(key, 1152 * 8 + 3)),
    one('zero-polynomials', 'every coefficient is 0', replaceAt(key, 0, new Uint8Array(1152))),
    ...[0, 255, 256, 767].map((index) =>
      one(`coefficient-${index}-3328`, `coefficient ${index} is 3,328`, at(index, 3328)),
    ),
    ...places.map((index) => refused(`coefficient-${index}-3329`, `coefficient ${index} is 3,329`, at(index, 3329))),
    ...[3330, 3583, 3584, 3840, 4094, 4095].map((value) =>
      refused(`coefficient-100-${value}`, `coefficient 100 is ${value}`, at(100, value)),
    ),
    refused('all-4095', 'every coefficient is 4,095', replaceAt(key, 0, new Uint8Array(1152).fill(255))),
  ];
}

/** What the flags of ML-KEM mean. */
export const ML_KEM_FLAGS: Record<string, string> = {
  NonCanonicalKey: 'An ML-KEM encapsulation key with a coefficient of 3,329 or more (FIPS 203, section 7.2).',
  ImplicitRejection: 'A wrong ciphertext gives a secret, too, and no error (FIPS 203, section 6.3).',
  Deterministic:
    'The random choices are given. Only for implementations that have a seam for tests; others answer "unsupported".',
};

export const mlKemGroups = (decapsulated: VectorCase[], encapsulated: VectorCase[]): VectorGroup[] => [
  {
    kind: 'ml-kem-768-decapsulate',
    requirements: ['HYB-002', 'HYB-004'],
    description: 'Seed d | z and ciphertext → shared secret (FIPS 203).',
    cases: decapsulated,
  },
  {
    kind: 'ml-kem-768-encapsulate',
    requirements: ['HYB-009'],
    description: 'Encapsulation key and coins → ciphertext and shared secret (FIPS 203).',
    cases: encapsulated,
  },
];

export const mlKemFile = (): VectorFile =>
  withFlags(
    {
      name: 'key-schedule-ml-kem',
      schema: 'key-schedule',
      description:
        'ML-KEM-768 by itself: ciphertexts that were changed at every kind of place, and keys at the edge of what is one.',
      groups: mlKemGroups(decapsulations(), encapsulations()),
    },
    ML_KEM_FLAGS,
  );
