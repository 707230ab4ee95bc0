import { createHmac } from 'node:crypto';
import {
  acceptable,
  bytesOf,
  concat,
  type Expected,
  flipBit,
  hex,
  invalid,
  replaceAt,
  type VectorCase,
  type VectorFile,
  valid,
} from './file.ts';
import {
  bob,
  choicesOf,
  HEADER_LEN,
  INFO,
  keypair,
  LOW_ORDER,
  littleEndian,
  schedule,
  seal,
  smallCoefficient,
  withCoefficient,
} from './hybrid-scheme.ts';

const open = (
  id: string,
  comment: string,
  flags: string[],
  envelope: Uint8Array,
  expected: Expected,
  seed = bob.seed,
): VectorCase => ({
  id: `hybrid-open-${id}`,
  comment,
  flags,
  input: { seed: hex(seed), envelope: hex(envelope) },
  expected,
});

const plaintext = bytesOf('hybrid plaintext', 24);
const sample = seal(bob.publicKey, plaintext, choicesOf('hybrid sample'));

const keys = (): VectorCase[] =>
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

const LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 255, 1024];

function opened(): VectorCase[] {
  const cases = LENGTHS.map((length) => {
    const text = bytesOf(`hybrid plaintext ${length}`, length);
    return open(
      `length-${length}`,
      `a plaintext of ${length} bytes`,
      [],
      seal(bob.publicKey, text, choicesOf(`hybrid length ${length}`)),
      valid({ plaintext: hex(text) }),
    );
  });
  for (let i = 1; i <= 4; i += 1) {
    const other = keypair(bytesOf(`hybrid seed ${i}`, 96));
    const text = bytesOf(`hybrid to ${i}`, 30);
    cases.push(
      open(
        `key-${i}`,
        `for seed ${i}`,
        [],
        seal(other.publicKey, text, choicesOf(`hybrid to ${i}`)),
        valid({ plaintext: hex(text) }),
        other.seed,
      ),
    );
  }
  const zeros = { ephemeral: bytesOf('hybrid zeros', 32), coins: new Uint8Array(32), nonce: new Uint8Array(12) };
  cases.push(
    open(
      'zero-nonce',
      'coins and nonce of zero bytes',
      [],
      seal(bob.publicKey, plaintext, zeros),
      valid({ plaintext: hex(plaintext) }),
    ),
  );
  return cases;
}

/** Ephemeral keys that RFC 7748 wants taken as another: the header holds what was sent. */
function nonCanonicalEphemeral(): VectorCase[] {
  const cases: VectorCase[] = [];
  const choices = choicesOf('hybrid top bit');
  const own = sealedEphemeral(choices);
  const topBit = flipBit(own, 255);
  cases.push(
    open(
      'ephemeral-top-bit',
      'the ignored top bit of the ephemeral key is set, and the tag is right for it',
      ['NonCanonicalX25519'],
      seal(bob.publicKey, plaintext, choices, { ephemeralPublicKey: topBit }),
      acceptable({ plaintext: hex(plaintext) }),
    ),
  );
  return cases;
}
const sealedEphemeral = (choices: ReturnType<typeof choicesOf>): Uint8Array =>
  seal(bob.publicKey, plaintext, choices).slice(1, 33);

function refusedHeaders(): VectorCase[] {
  const versions = [0, 2, 3, 127, 128, 129, 255].map((version) =>
    open(
      `version-${version}`,
      `version ${version}, and a tag that is right for it`,
      ['Version'],
      seal(bob.publicKey, plaintext, choicesOf('hybrid version'), { version }),
      invalid('version'),
    ),
  );
  const cuts = [0, 1, 2, 32, 33, 34, 600, 1120, 1121, 1132, HEADER_LEN, 1134, 1148].map((length) =>
    open(`cut-${length}`, `cut after ${length} bytes`, ['Short'], sample.subarray(0, length), invalid('short')),
  );
  return [
    ...versions,
    ...cuts,
    open(
      'version-2-short',
      'one byte: version 2. Both are wrong, so either answer is right',
      ['Version', 'Short'],
      Uint8Array.of(2),
      invalid('version', 'short'),
    ),
    open(
      'version-2-cut',
      'version 2, cut after 100 bytes',
      ['Version', 'Short'],
      replaceAt(sample.subarray(0, 100), 0, [2]),
      invalid('version', 'short'),
    ),
  ];
}

function changed(): VectorCase[] {
  const tag = (id: string, comment: string, envelope: Uint8Array, flag = 'Changed', seed = bob.seed): VectorCase =>
    open(id, comment, [flag], envelope, invalid('tag'), seed);
  // Bits of every part; the ephemeral key's top bit is the one that X25519 itself does not see.
  const bits = [8, 9, 15, 16, 100, 200, 262, 263, 264, 265, 1000, 4000, 8000, 8967, 8968, 9000, 9063, 9064, 9100, 9255];
  const last = sample.length * 8;
  const flips = [...bits, last - 128, last - 100, last - 1].map((bit) =>
    tag(`flip-${bit}`, `bit ${bit} of the envelope flipped: ${partOf(bit)}`, flipBit(sample, bit), 'FlippedBit'),
  );
  const versionFlips = [1, 2, 7].map((bit) =>
    open(
      `flip-${bit}`,
      `bit ${bit} of the envelope flipped: version`,
      ['FlippedBit'],
      flipBit(sample, bit),
      invalid('version'),
    ),
  );
  const other = seal(bob.publicKey, plaintext, choicesOf('hybrid other'));
  const spliced = (from: number, to: number): Uint8Array => replaceAt(sample, from, other.subarray(from, to));
  const choices = choicesOf('hybrid deviation');
  const deviating = (id: string, comment: string, deviation: Parameters<typeof seal>[3]): VectorCase =>
    tag(id, comment, seal(bob.publicKey, plaintext, choices, deviation), 'WrongConstruction');
  const hkdf = (ikm: Uint8Array, info: Uint8Array, salt: Uint8Array = new Uint8Array(32)): { key: Uint8Array } => {
    const hmac = (key: Uint8Array, bytes: Uint8Array) => createHmac('sha256', key).update(bytes).digest();
    return { key: Uint8Array.from(hmac(hmac(salt, ikm), concat(info, [1]))) };
  };
  return [
    ...versionFlips,
    ...flips,
    tag('extra-byte', 'a byte behind the tag', concat(sample, [0])),
    tag('last-byte-gone', 'the last byte of the tag is gone', sample.subarray(0, -1)),
    tag('ciphertext-gone', 'nothing but header and tag', concat(sample.subarray(0, HEADER_LEN), sample.subarray(-16))),
    tag('tag-zero', 'a tag of zero bytes', replaceAt(sample, sample.length - 16, new Uint8Array(16))),
    tag('ephemeral-of-another', 'the ephemeral key of another envelope', spliced(1, 33), 'Spliced'),
    tag('ml-kem-of-another', 'the ML-KEM ciphertext of another envelope', spliced(33, 1121), 'Spliced'),
    tag('nonce-of-another', 'the nonce of another envelope', spliced(1121, 1133), 'Spliced'),
    tag('body-of-another', 'ciphertext and tag of another envelope', spliced(1133, sample.length), 'Spliced'),
    tag('ml-kem-zero', 'an ML-KEM ciphertext of zero bytes', replaceAt(sample, 33, new Uint8Array(1088))),
    tag('all-zero', 'a version and zero bytes: the ephemeral key 9', concat([1, 9], new Uint8Array(1200))),
    tag('other-recipient', 'for somebody else', sample, 'OtherRecipient', bytesOf('hybrid seed 1', 96)),
    tag(
      'other-x25519',
      'the recipient has another X25519 key',
      sample,
      'OtherRecipient',
      concat(bytesOf('hybrid half', 32), bob.seed.subarray(32)),
    ),
    tag(
      'other-ml-kem',
      'the recipient has another ML-KEM key',
      sample,
      'OtherRecipient',
      concat(bob.seed.subarray(0, 32), bytesOf('hybrid half', 64)),
    ),
    deviating('aad-empty', 'made without associated data', { aad: () => new Uint8Array() }),
    deviating('aad-no-version', 'the associated data begins behind the version', {
      aad: (header) => header.subarray(1),
    }),
    deviating('aad-no-nonce', 'the associated data ends before the nonce', {
      aad: (header) => header.subarray(0, 1121),
    }),
    deviating('ikm-swapped', 'ikm has ML-KEM first', { ikm: (x, m) => schedule(m, x) }),
    deviating('ikm-x25519-only', 'ikm is the X25519 secret alone', { ikm: (x) => hkdf(x, INFO) }),
    deviating('ikm-ml-kem-only', 'ikm is the ML-KEM secret alone', { ikm: (_, m) => hkdf(m, INFO) }),
    deviating('info-empty', 'HKDF without info', { ikm: (x, m) => hkdf(concat(x, m), new Uint8Array()) }),
    deviating('info-nul', 'HKDF with a NUL behind the info', { ikm: (x, m) => hkdf(concat(x, m), concat(INFO, [0])) }),
    deviating('salt-info', 'HKDF with the info as salt', { ikm: (x, m) => hkdf(concat(x, m), INFO, INFO) }),
    deviating('no-hkdf', 'the X25519 secret is the key', { ikm: (x) => ({ key: x }) }),
  ];
}

const partOf = (bit: number): string => {
  const byte = bit >> 3;
  if (byte < 33) return bit === 263 ? 'ephemeral key, the bit that X25519 ignores' : 'ephemeral key';
  if (byte < 1121) return 'ML-KEM ciphertext';
  if (byte < HEADER_LEN) return 'nonce';
  return byte < sample.length - 16 ? 'ciphertext' : 'tag';
};

/** Envelopes that would open for anybody who knows that the X25519 secret is zero, were it not refused. */
const lowOrderEphemeral = (): VectorCase[] =>
  LOW_ORDER.map(([name, point], i) =>
    open(
      `low-order-${i + 1}`,
      `the ephemeral key has low order (${name}), and the tag is right for a secret of zero`,
      ['LowOrder'],
      seal(bob.publicKey, plaintext, choicesOf('hybrid low order'), {
        ephemeralPublicKey: point,
        x25519Secret: new Uint8Array(32),
      }),
      invalid('low-order'),
    ),
  );

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

function encrypted(): VectorCase[] {
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

function refusedKeys(): VectorCase[] {
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

const sealed = (): VectorCase[] =>
  LENGTHS.map((length) => {
    const choices = choicesOf(`hybrid seal ${length}`);
    const text = bytesOf(`hybrid seal plaintext ${length}`, length);
    return {
      id: `hybrid-seal-${length}`,
      comment: `${length} bytes, with the random choices given`,
      flags: ['Deterministic'],
      input: {
        publicKey: hex(bob.publicKey),
        plaintext: hex(text),
        ephemeral: hex(choices.ephemeral),
        coins: hex(choices.coins),
        nonce: hex(choices.nonce),
      },
      expected: valid({ envelope: hex(seal(bob.publicKey, text, choices)) }),
    };
  });

export function hybridFile(): VectorFile {
  return {
    name: 'hybrid-v1',
    description:
      'The hybrid envelope v1: keys, right envelopes, and every way of being wrong with the error that it gives.',
    flags: {
      Version: 'A version that is not known.',
      Short: 'Shorter than header and tag.',
      FlippedBit: 'One bit of a right envelope flipped.',
      Changed: 'A right envelope, changed.',
      Spliced: 'A part of another right envelope.',
      OtherRecipient: 'A right envelope for another key.',
      WrongConstruction: 'Made in another way than the specification says: whoever opens it makes such ones, too.',
      LowOrder: 'An X25519 key whose shared secret is zero, whatever the other key: everybody knows it.',
      NonCanonicalKey: 'An ML-KEM encapsulation key with a coefficient of 3,329 or more (FIPS 203, section 7.2).',
      NonCanonicalX25519: 'RFC 7748 takes it for another encoding of a key; stricter libraries refuse it.',
      KeyLength: 'A public key of another length than 1,216 bytes.',
      Deterministic:
        'The random choices are given. Only for implementations that have a seam for tests; others answer "unsupported".',
    },
    groups: [
      {
        kind: 'hybrid-key',
        requirements: ['HYB-002'],
        description: 'Seed (X25519 secret 32, ML-KEM d | z 64) → public key.',
        cases: keys(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-001', 'HYB-003', 'HYB-004'],
        description: 'Envelopes that open.',
        cases: [...opened(), ...nonCanonicalEphemeral()],
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-006', 'HYB-007', 'HYB-011'],
        description: 'Versions and lengths that are refused.',
        cases: refusedHeaders(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-003', 'HYB-004', 'HYB-008'],
        description: 'Envelopes that were changed, are for another key, or were made wrongly.',
        cases: changed(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-005'],
        description: 'Ephemeral keys of low order.',
        cases: lowOrderEphemeral(),
      },
      {
        kind: 'hybrid-encrypt',
        requirements: ['HYB-001'],
        description: 'Plaintexts to be encrypted; the suite opens what comes back.',
        cases: encrypted(),
      },
      {
        kind: 'hybrid-encrypt',
        requirements: ['HYB-002', 'HYB-005', 'HYB-009'],
        description: 'Public keys that nothing may be encrypted to, and ones at the edge.',
        cases: refusedKeys(),
      },
      {
        kind: 'hybrid-seal',
        requirements: ['HYB-001', 'HYB-003', 'HYB-004'],
        description: 'The whole envelope, with the random choices given.',
        cases: sealed(),
      },
    ],
  };
}
