import { createHash } from 'node:crypto';
import type { RandomSource } from '../world/random.ts';

/** What a scenario calls the bytes of a payload or a KeyPackage, and what they are. `limit`: the target's, in bytes. */
const CONTENTS: Record<string, (random: RandomSource, limit: number) => Uint8Array> = {
  // With line ends of every kind: a store of text may change them.
  'some text': () => new TextEncoder().encode('Grüße an alle,\r\nbis morgen ✓\n\r'),
  nothing: () => new Uint8Array(0),
  'one zero byte': () => new Uint8Array(1),
  'every byte value': () => Uint8Array.from({ length: 256 }, (_, value) => value),
  'bytes that begin in zeros': (random) => concat(new Uint8Array(9), random.bytes(24)),
  'bytes that end in zeros': (random) => concat(random.bytes(24), new Uint8Array(9)),
  '64 zero bytes': () => new Uint8Array(64),
  // Around a word of Cap'n Proto, and around what a length of 16 bits can say.
  '7 random bytes': (random) => random.bytes(7),
  '8 random bytes': (random) => random.bytes(8),
  '9 random bytes': (random) => random.bytes(9),
  '5,000 random bytes': (random) => random.bytes(5_000),
  '65,535 random bytes': (random) => random.bytes(65_535),
  '65,536 random bytes': (random) => random.bytes(65_536),
  '70,000 random bytes': (random) => random.bytes(70_000),
  'bytes whose SHA-256 begins with a zero': hashedTo((digest) => digest[0] === 0),
  'bytes whose SHA-256 ends with a zero': hashedTo((digest) => digest[31] === 0),
  'as many bytes as are allowed': (random, limit) => random.bytes(limit),
  'one byte more than is allowed': (random, limit) => random.bytes(limit + 1),
};

/** Some bytes of which that holds. */
function hashedTo(isRight: (digest: Uint8Array) => boolean) {
  return (random: RandomSource): Uint8Array => {
    for (;;) {
      const bytes = random.bytes(40);
      if (isRight(createHash('sha256').update(bytes).digest())) return bytes;
    }
  };
}

export const CONTENT_NAMES: string[] = Object.keys(CONTENTS);

/** Whether that content is meant to be refused for its length. */
export function isTooLong(name: string): boolean {
  return name === 'one byte more than is allowed';
}

/** @throws on a name that is not in the vocabulary */
export function contentNamed(name: string, limit: number, random: RandomSource): Uint8Array {
  const make = CONTENTS[name];
  if (!make) throw new Error(`no such content: ${name}`);
  return new Uint8Array(make(random, limit));
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The bytes with the bits of `mask` flipped in the one at that place. */
export function flip(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ mask : byte));
}

/** A public key of the right form: 32 bytes, then 768 coefficients below 3,329 in 12 bits each, then 32 bytes (FIPS 203). */
export function hybridPublicKey(random: RandomSource, ending: 'any' | 'zeros' = 'any'): Uint8Array {
  const key = random.bytes(1216);
  const coefficients = new Uint16Array(random.bytes(2 * 768).buffer).map((value) => value % 3329);
  for (let i = 0, at = 32; at < 1184; i += 2, at += 3) {
    const [low, high] = coefficients.subarray(i, i + 2) as unknown as [number, number];
    key.set([low & 0xff, (low >> 8) | ((high & 0xf) << 4), high >> 4], at);
  }
  // A bit that X25519 itself does not look at (RFC 7748 section 5), and that is to come back nevertheless.
  key[31] = (key[31] as number) | 0x80;
  if (ending === 'zeros') key.fill(0, 1200);
  return key;
}
