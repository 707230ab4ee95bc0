import type { AccountData } from './target/accounts.ts';

/** What is shorter is found in any text by chance. */
const MIN_LENGTH = 8;

/** The ways in which a server may repeat a token, longest first. */
export function spellings(token: Buffer): string[] {
  const hex = token.toString('hex');
  const base64 = token.toString('base64').replace(/=+$/, '');
  const all = [
    hex,
    hex.toUpperCase(),
    base64,
    token.toString('base64url'),
    token.toString('utf8'),
    token.toString('latin1'),
  ];
  return all.filter((text) => text.length >= MIN_LENGTH);
}

/** @returns a function that puts `<token of NAME>` in place of each token: what a server says goes into reports */
export function redactor(accounts: readonly AccountData[]): (text: string) => string {
  const names = new Map<string, string>();
  for (const { name, token } of accounts) {
    if (token === undefined) continue;
    for (const spelling of spellings(Buffer.from(token, 'hex'))) names.set(spelling, `<token of ${name}>`);
  }
  if (names.size === 0) return (text) => text;
  const longestFirst = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, (found) => names.get(found) ?? found);
}
