import { hash } from 'node:crypto';
import { concat } from './contents.ts';

/** What others may know of the login that returned a token. */
export interface Issued {
  token: Uint8Array;
  username: string;
  /** 32 bytes. */
  identityKey: Uint8Array;
  /** When the login was finished: before and after the call, in ms since 1970. */
  from: number;
  until: number;
}

/** A digest of which fewer bytes are the same is one by chance: 2^-96, for some hundred thousand tries. */
const LEAST_BYTES = 12;
const COUNTERS = 256;
/** How far the clock of the server may be from ours, in ms. */
const CLOCK_MS = 1_000;
const SEPARATORS = ['', ':', '-'];
const HASHES = ['sha256', 'sha512', 'sha1', 'md5', 'blake2b512'];

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A token as it is, and what it says when it is text in hex or Base64. */
function forms(token: Uint8Array): Uint8Array[] {
  const text = Buffer.from(token).toString('latin1');
  const all = [token];
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) all.push(Buffer.from(text, 'hex'));
  if (/^[A-Za-z0-9+/_-]+=*$/.test(text)) all.push(Buffer.from(text, 'base64'));
  return all;
}

interface Part {
  name: string;
  bytes: Uint8Array;
  isBinary?: boolean;
}

const NOTHING = new Uint8Array();
const NONE: Part = { name: '', bytes: NOTHING };

function publicParts({ username, identityKey }: Issued): Part[] {
  return [
    NONE,
    { name: 'the user name', bytes: bytesOf(username) },
    { name: 'the identity key', bytes: identityKey },
    { name: 'the identity key in hex', bytes: bytesOf(hexOf(identityKey)) },
    { name: 'the user name and the identity key', bytes: concat(bytesOf(username), identityKey) },
  ];
}

/** A number in the ways in which programs write one. */
function spellings(name: string, number: bigint): Part[] {
  const wide = new Uint8Array(8);
  new DataView(wide.buffer).setBigUint64(0, number);
  const binary = [wide, wide.slice().reverse(), wide.slice(4), wide.slice(4).reverse()];
  return [{ name, bytes: bytesOf(String(number)) }, ...binary.map((bytes) => ({ name, bytes, isBinary: true }))];
}

/** Everything that `parts` and a changing part make together. */
function* inputs(parts: readonly Part[], changing: readonly Part[]): Generator<Part> {
  for (const part of parts) {
    for (const change of changing) {
      const name = [part.name, change.name].filter(Boolean).join(' and ');
      if (part === NONE || change === NONE) yield { name, bytes: part === NONE ? change.bytes : part.bytes };
      else
        for (const separator of change.isBinary ? [NOTHING] : SEPARATORS.map(bytesOf)) {
          yield { name, bytes: concat(part.bytes, separator, change.bytes) };
          yield { name, bytes: concat(change.bytes, separator, part.bytes) };
        }
    }
  }
}

/**
 * Looks whether a token is one of the names and keys, or a digest of them, of a counter or of the time, in the ways that
 * come to mind. A random token is found with a chance below 2^-75.
 * @returns what it is made of, or undefined
 */
export function originOf(issued: Issued): string | undefined {
  const wanted = forms(issued.token).filter(({ length }) => length >= LEAST_BYTES);
  const isWanted = (bytes: Uint8Array): boolean =>
    bytes.length >= LEAST_BYTES &&
    // One that goes on after it may hold a secret there.
    wanted.some(
      (form) =>
        form[0] === bytes[0] &&
        form.length <= bytes.length &&
        Buffer.compare(form, bytes.subarray(0, form.length)) === 0,
    );
  const parts = publicParts(issued);
  for (const { name, bytes } of parts) if (isWanted(bytes)) return name;
  const counters = Array.from({ length: COUNTERS }, (_, count) => spellings('a counter', BigInt(count))).flat();
  const seconds = range(issued.from - CLOCK_MS, issued.until + CLOCK_MS, 1_000).flatMap((ms) =>
    spellings('the time', BigInt(Math.floor(ms / 1_000))),
  );
  const times = range(issued.from - CLOCK_MS, issued.until + CLOCK_MS, 1).map((ms) => ({
    name: 'the time',
    bytes: bytesOf(String(ms)),
  }));
  const tries: [string[], readonly Part[]][] = [
    [HASHES, [NONE, ...seconds]],
    [['sha256', 'md5'], counters],
    [['sha256'], times],
  ];
  for (const [hashes, changing] of tries)
    for (const { name, bytes } of inputs(parts, changing))
      for (const algorithm of hashes)
        if (isWanted(hash(algorithm, bytes, 'buffer'))) return `${algorithm} of ${name || 'nothing'}`;
  return undefined;
}

function range(from: number, until: number, step: number): number[] {
  return Array.from({ length: Math.ceil((until - from) / step) + 1 }, (_, index) => from + index * step);
}

/** The token without what is public in it: what is left has to be the secret. */
function blanked({ token, username, identityKey }: Issued): Uint8Array {
  const key = Buffer.from(identityKey);
  const known = [bytesOf(username), identityKey, bytesOf(key.toString('hex')), bytesOf(key.toString('base64url'))];
  const left = Buffer.from(token);
  for (const part of known)
    for (let at = left.indexOf(part); at >= 0; at = left.indexOf(part)) left.fill(0, at, at + part.length);
  return left;
}

/** In how many bits at least two of the tokens differ, names and keys apart. */
export function varyingBits(all: readonly Issued[]): number {
  const tokens = all.map(blanked);
  const [first] = tokens;
  if (!first) return 0;
  const length = Math.max(...tokens.map((token) => token.length));
  let bits = 0;
  for (let at = 0; at < length; at += 1) {
    let varying = 0;
    for (const token of tokens) varying |= (token[at] ?? 0) ^ (first[at] ?? 0);
    bits += varying.toString(2).replaceAll('0', '').length;
  }
  return bits;
}
