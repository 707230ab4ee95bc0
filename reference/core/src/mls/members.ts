import type { ClientState } from '../../vendor/ts-mls/index.js';
import { equalBytes } from '../crypto/primitives.ts';
import { CoreError } from '../errors.ts';
import { identityOf } from './config.ts';

type Tree = ClientState['ratchetTree'];

/** A member: its leaf (0 …) and identity key of 32 bytes. */
export interface Member {
  leaf: number;
  identityKey: Uint8Array;
}

/**
 * @returns the members of a ratchet tree by leaf (RFC 9420, 7)
 * @throws CoreError `MESSAGE_REFUSED` when a leaf has a credential that is none of ours
 */
export function membersOf(tree: Tree): Member[] {
  const members: Member[] = [];
  for (let node = 0; node < tree.length; node += 2) {
    const entry = tree[node];
    if (entry?.nodeType !== 'leaf') continue;
    const identityKey = identityOf(entry.leaf.credential, entry.leaf.signaturePublicKey);
    if (!identityKey)
      throw new CoreError('MESSAGE_REFUSED', 'a member has no basic credential that is its signature key');
    members.push({ leaf: node / 2, identityKey });
  }
  return members;
}

/** @returns the identity key at a leaf, 32 bytes, undefined when nobody is there */
export function memberAt(tree: Tree, leaf: number): Uint8Array | undefined {
  const entry = tree[leaf * 2];
  return entry?.nodeType === 'leaf' ? identityOf(entry.leaf.credential, entry.leaf.signaturePublicKey) : undefined;
}

/** @returns the leaf of an identity key, undefined when it is no member's */
export const leafOf = (tree: Tree, identityKey: Uint8Array): number | undefined =>
  membersOf(tree).find((member) => equalBytes(member.identityKey, identityKey))?.leaf;

/** Copies for callers, who may do with them what they like. */
export const copies = (keys: Uint8Array[]): Uint8Array[] => keys.map((key) => Uint8Array.from(key));

const without = (some: Uint8Array[], others: Uint8Array[]): Uint8Array[] =>
  some.filter((key) => !others.some((other) => equalBytes(key, other)));

/** @returns the identity keys that came and that went between two trees */
export function changes(before: Tree, after: Tree): { added: Uint8Array[]; removed: Uint8Array[] } {
  const old = membersOf(before).map(({ identityKey }) => identityKey);
  const now = membersOf(after).map(({ identityKey }) => identityKey);
  return { added: copies(without(now, old)), removed: copies(without(old, now)) };
}

/** Whether two lists hold the same identity keys, in any order. */
export const sameKeys = (a: Uint8Array[], b: Uint8Array[]): boolean =>
  a.length === b.length && without(a, b).length === 0 && without(b, a).length === 0;
