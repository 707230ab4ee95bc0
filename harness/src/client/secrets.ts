import { IdentityKeypair } from '@quicnprotochat/core';

/** What is shorter is found in any bytes by chance. */
const MIN_LENGTH = 8;
const SEED_LEN = 32;

/**
 * How bytes may stand among others: as they are, as hex in either case, as lists of numbers, and as Base64 or Base64url whatever
 * stands before them.
 * @returns each with what it is called
 */
function waysToWrite(secret: Uint8Array): { way: string; bytes: Buffer }[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < MIN_LENGTH) throw new RangeError(`${bytes.length} bytes are found anywhere by chance`);
  const hex = bytes.toString('hex');
  const ways = [
    { way: 'as it is', bytes },
    { way: 'as hex', bytes: Buffer.from(hex) },
    { way: 'as hex', bytes: Buffer.from(hex.toUpperCase()) },
    // As debuggers show bytes.
    { way: 'as numbers', bytes: Buffer.from(bytes.join(', ')) },
    { way: 'as numbers', bytes: Buffer.from(bytes.join(',')) },
    { way: 'as numbers', bytes: Buffer.from(hex.replace(/..(?=.)/g, '$& ')) },
  ];
  for (const shift of [0, 1, 2]) {
    // The characters at the edges also hold bits of the neighbours.
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = text.slice(shift === 0 ? 0 : shift + 1, (bytes.length + shift) % 3 === 0 ? undefined : -1);
    ways.push({ way: 'as Base64', bytes: Buffer.from(inner) });
    ways.push({ way: 'as Base64', bytes: Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_')) });
  }
  return ways;
}

/** @returns how the secret stands in the bytes, undefined when it does not */
export function findSecret(haystack: Uint8Array, secret: Uint8Array): string | undefined {
  const buffer = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.length);
  return waysToWrite(secret).find(({ bytes }) => buffer.includes(bytes))?.way;
}

/**
 * The Ed25519 seed of an identity, looked for in what a client keeps: bytes, hex or Base64 whose public key is the identity's.
 * @returns 32 bytes; undefined when the files are encrypted or in a form of their own
 */
export function findSeed(files: readonly Uint8Array[], identityKey: Uint8Array): Uint8Array | undefined {
  const tried = new Set<string>();
  for (const candidate of candidates(files)) {
    const name = candidate.toString('hex');
    if (tried.has(name)) continue;
    tried.add(name);
    const identity = IdentityKeypair.fromSeed(candidate);
    const isIt = Buffer.from(identity.publicKey).equals(identityKey);
    identity.dispose();
    if (isIt) return candidate;
  }
  return undefined;
}

/** A state is small; what is bigger is not searched byte by byte. */
const SEARCHED_BYTES = 8_192;

function* candidates(files: readonly Uint8Array[]): Generator<Buffer> {
  for (const file of files) {
    const text = Buffer.from(file).toString('latin1');
    for (const [found] of text.matchAll(/[0-9a-fA-F]{64}/g)) yield Buffer.from(found, 'hex');
    for (const [found] of text.matchAll(/[A-Za-z0-9+/_-]{43}/g)) {
      const bytes = Buffer.from(found, 'base64');
      if (bytes.length === SEED_LEN) yield bytes;
    }
    for (let at = 0; at + SEED_LEN <= Math.min(file.length, SEARCHED_BYTES); at += 1)
      yield Buffer.from(file.subarray(at, at + SEED_LEN));
  }
}
