import { createHash } from 'node:crypto';

/** The number of an advisory lock, 64 bits signed. Two names may share one: they then wait for each other, no more. */
export const lockNumber = (name: string): bigint =>
  createHash('sha256').update(`quicnprotochat ${name}`).digest().readBigInt64BE();

/** Always taken in this order, so that no two transactions wait for each other. */
export const lockOrder = (names: readonly string[]): bigint[] =>
  [...new Set(names.map(lockNumber))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
