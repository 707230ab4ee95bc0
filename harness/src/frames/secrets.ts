import { spellings } from '../redact.ts';
import type { AccountData } from '../target/accounts.ts';

/** Fewer bytes of a token than these are found anywhere by chance. */
const MIN_LENGTH = 8;
const STAR = 0x2a;

/**
 * @returns a function that copies bytes with every token of the accounts, in any of its spellings, overwritten by `*`; also
 * one of which only the beginning is there, as where a record is cut off
 */
export function byteBlanker(accounts: readonly AccountData[]): (bytes: Uint8Array) => Uint8Array {
  const needles = accounts.flatMap(({ token }) => {
    if (token === undefined) return [];
    const raw = Buffer.from(token, 'hex');
    return [raw, ...spellings(raw).map((text) => Buffer.from(text, 'utf8'))].filter(
      ({ length }) => length >= MIN_LENGTH,
    );
  });
  return (bytes) => {
    const copy = Buffer.from(bytes);
    for (const needle of needles) {
      // What begins like the token, as far as it goes on like it: a part is as good as a hint.
      const start = needle.subarray(0, MIN_LENGTH);
      for (let at = copy.indexOf(start); at >= 0; at = copy.indexOf(start, at + 1)) {
        let end = at + MIN_LENGTH;
        while (end < copy.length && end - at < needle.length && copy[end] === needle[end - at]) end += 1;
        copy.fill(STAR, at, end);
      }
    }
    return copy;
  };
}
