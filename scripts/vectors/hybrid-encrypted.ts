// Public keys, and plaintexts to be encrypted.
import { acceptable, bytesOf, concat, type Expected, hex, invalid, replaceAt, type VectorCase, valid } from './file.ts';
import { LENGTHS, plaintext } from './hybrid-samples.ts';
import {
  bob,
  choicesOf,
  keypair,
  LOW_ORDER,
  littleEndian,
  seal,
  smallCoefficient,
  withCoefficient,
} from './hybrid-scheme.ts';

export const keys = (): VectorCase[] =>
  [
    ['zero', new Uint8Array(96)] as const,
    ['ones', new Uint8Array(96).fill(255)] as const,
    ...Array.from({ length: 6 }, (_, i) => [`${i + 1}`, bytesOf(`hybrid seed ${i + 1}`, 96)] as const),
    ['bob', bob.seed] as const,
  ].map(([name, seed]) => ({
    id: `hybrid-key-${name}`,
    comment: `the public key of seed ${name}`,
    flags: [],
    input: { seed: hex(seed) },
    expected: valid({ publicKey: hex(keypair(seed).publicKey) }),
  }));

const encrypt = (
  id: string,
  comment: string,
  flags: string[],
  publicKey: Uint8Array,
  expected: Expected,
  judge?: Record<string, unknown>,
  text = plaintext,
): VectorCase => ({
  id: `hybrid-encrypt-${id}`,
  comment,
  flags,
  input: { publicKey: hex(publicKey), plaintext: hex(text) },
  expected,
  ...(judge ? { judge } : {}),
});

export function encrypted(): VectorCase[] {
  return LENGTHS.map((length) => {
    const recipient = keypair(bytesOf(`hybrid seed ${(length % 5) + 1}`, 96));
    const text = bytesOf(`hybrid encrypt ${length}`, length);
    return encrypt(
      `length-${length}`,
      `encrypt ${length} bytes`,
      [],
      recipient.publicKey,
      valid(),
      { opens: { seed: hex(recipient.seed), plaintext: hex(text) } },
      text,
    );
  });
}

export function refusedKeys(): VectorCase[] {
  const key = bob.publicKey;
  const small = smallCoefficient(key);
  const modulus = (id: string, comment: string, index: number, value: number): VectorCase =>
    encrypt(`modulus-${id}`, comment, ['NonCanonicalKey'], withCoefficient(key, index, value), invalid('public-key'));
  return [
    ...LOW_ORDER.map(([name, point], i) =>
      encrypt(
        `low-order-${i + 1}`,
        `the recipient’s X25519 key has low order (${name})`,
        ['LowOrder'],
        replaceAt(key, 0, point),
        invalid('low-order', 'public-key'),
      ),
    ),
    ...[0, 1, 2, 383, 384, 766, 767].map((index) => modulus(`${index}`, `coefficient ${index} is 3,329`, index, 3329)),
    ...[0, 767].map((index) => modulus(`${index}-max`, `coefficient ${index} is 4,095`, index, 4095)),
    modulus(
      'same-class',
      `coefficient ${small.index} is its own value and 3,329: another encoding of the same key`,
      small.index,
      small.value + 3329,
    ),
    encrypt(
      'modulus-all',
      'every coefficient is 4,095',
      ['NonCanonicalKey'],
      replaceAt(key, 32, new Uint8Array(1152).fill(255)),
      invalid('public-key'),
    ),
    ...[0, 1, 32, 1184, 1215, 1217, 1248].map((length) =>
      encrypt(
        `key-${length}`,
        `a key of ${length} bytes`,
        ['KeyLength'],
        concat(key, key).subarray(0, length),
        invalid('public-key'),
      ),
    ),
    encrypt(
      'modulus-3328',
      'coefficient 0 is 3,328, the highest that there is: a right key',
      [],
      withCoefficient(key, 0, 3328),
      valid(),
      { length: 1149 + plaintext.length },
    ),
    encrypt(
      'x25519-over-p',
      'the recipient’s X25519 key is p + 9: another encoding of 9',
      ['NonCanonicalX25519'],
      replaceAt(key, 0, littleEndian(2n ** 255n - 10n)),
      acceptable({}),
      { length: 1149 + plaintext.length },
    ),
  ];
}

/** A plaintext of that length, sealed with the random choices given. */
export function sealedTo(publicKey: Uint8Array, length: number): VectorCase {
  const choices = choicesOf(`hybrid seal ${length}`);
  const text = bytesOf(`hybrid seal plaintext ${length}`, length);
  return {
    id: `hybrid-seal-${length}`,
    comment: `${length} bytes, with the random choices given`,
    flags: ['Deterministic'],
    input: {
      publicKey: hex(publicKey),
      plaintext: hex(text),
      ephemeral: hex(choices.ephemeral),
      coins: hex(choices.coins),
      nonce: hex(choices.nonce),
    },
    expected: valid({ envelope: hex(seal(publicKey, text, choices)) }),
  };
}

export const sealed = (): VectorCase[] => LENGTHS.map((length) => sealedTo(bob.publicKey, length));
