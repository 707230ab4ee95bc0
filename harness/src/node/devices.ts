import type { RandomSource } from '../world/random.ts';
import { concat } from './contents.ts';
import { asLossyText, inAnotherCase, inHex } from './tokens.ts';

/** What a caller gives as device, made of the one that the token is bound to. */
const DEVICES: Record<string, (bound: Uint8Array, random: RandomSource) => Uint8Array> = {
  'that device': (bound) => bound,
  'no device': () => new Uint8Array(),
  'another device': (bound, random) => random.bytes(bound.length),
  'that device and one more byte': (bound) => concat(bound, Uint8Array.of(0)),
  'that device without its last byte': (bound) => bound.slice(0, -1),
  'that device in hex': inHex,
  'that device in letters of another case': inAnotherCase,
  'that device, as lossy text': asLossyText,
};

/** Longest first, for the parameter type. */
export const DEVICE_NAMES: string[] = Object.keys(DEVICES).reverse();

/** @throws on a name that is not in the vocabulary */
export function deviceNamed(name: string, bound: Uint8Array, random: RandomSource): Uint8Array {
  const make = DEVICES[name];
  if (!make) throw new Error(`no such device: ${name}`);
  return make(bound, random);
}
