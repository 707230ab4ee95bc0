import { createHash, createHmac, getHashes } from 'node:crypto';
import { concat } from './contents.ts';

const XOR = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  one.map((byte, index) => byte ^ (other[index] as number));

/**
 * Ids of 16 bytes that a server could derive from two identity keys in a simple way: the first and the last half of each
 * digest that node:crypto knows over the keys in either order, their hex, or their XOR; HMACs of one with the other; pieces.
 * @returns the ids as hex, with the name of the way
 */
export function derivedIds(one: Uint8Array, other: Uint8Array): Map<string, string> {
  const hex = (bytes: Uint8Array): Uint8Array => Buffer.from(Buffer.from(bytes).toString('hex'));
  const inputs: [string, Uint8Array][] = [
    ['the keys', concat(one, other)],
    ['the keys, the other way round', concat(other, one)],
    ['the hex of the keys', concat(hex(one), hex(other))],
    ['the hex of the keys, the other way round', concat(hex(other), hex(one))],
    ['the XOR of the keys', XOR(one, other)],
  ];
  const ids = new Map<string, string>();
  const add = (name: string, bytes: Uint8Array): void => {
    if (bytes.length < 16) return;
    ids.set(Buffer.from(bytes.subarray(0, 16)).toString('hex'), `the first 16 bytes of ${name}`);
    ids.set(Buffer.from(bytes.subarray(-16)).toString('hex'), `the last 16 bytes of ${name}`);
  };
  for (const [name, input] of inputs) {
    add(name, input);
    for (const hash of getHashes()) {
      try {
        add(`${hash} of ${name}`, createHash(hash).update(input).digest());
      } catch {
        // Listed, but not offered by this build of OpenSSL.
      }
    }
  }
  for (const hash of ['sha256', 'sha512']) {
    add(`HMAC-${hash} of the keys`, createHmac(hash, one).update(other).digest());
    add(`HMAC-${hash} of the keys, the other way round`, createHmac(hash, other).update(one).digest());
  }
  return ids;
}
