// Envelopes that do not open: cut, changed, for another key, or made wrongly.
import { createHmac } from 'node:crypto';
import { bytesOf, concat, flipBit, invalid, replaceAt, type VectorCase } from './file.ts';
import { open } from './hybrid-opened.ts';
import { plaintext, sample } from './hybrid-samples.ts';
import { bob, choicesOf, HEADER_LEN, INFO, LOW_ORDER, schedule, seal } from './hybrid-scheme.ts';

export function refusedHeaders(): VectorCase[] {
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

export function changed(): VectorCase[] {
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
export const lowOrderEphemeral = (): VectorCase[] =>
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
