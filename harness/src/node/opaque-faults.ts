import type { RandomSource } from '../world/random.ts';
import { concat } from './contents.ts';
import type { OpaqueMethod, OpaqueParams } from './opaque-scenario.ts';

/** The parameter that holds each method's OPAQUE message. */
const MESSAGE_OF = {
  opaqueRegisterStart: 'request',
  opaqueRegisterFinish: 'upload',
  opaqueLoginStart: 'request',
  opaqueLoginFinish: 'finalization',
} as const satisfies Record<OpaqueMethod, keyof OpaqueParams>;

type Change = (right: Uint8Array, random: RandomSource) => Uint8Array;
const withHead = (right: Uint8Array, head: Uint8Array): Uint8Array => concat(head, right.subarray(head.length));

/** How a right message is changed. A group element is at the front of each but the finalization; ff…ff and 0 are none (RFC 9496). */
const MESSAGE_FAULTS: Record<string, Change> = {
  'no message': () => new Uint8Array(),
  'a message without its last byte': (right) => right.slice(0, -1),
  'a message and one more byte': (right) => concat(right, Uint8Array.of(0)),
  'a message twice': (right) => concat(right, right),
  'a message that begins with no group element': (right) => withHead(right, new Uint8Array(32).fill(0xff)),
  'a message that begins with the identity element': (right) => withHead(right, new Uint8Array(32)),
  'a message of random bytes': (right, random) => random.bytes(right.length),
  'a message of zeros': (right) => new Uint8Array(right.length),
  'a message with its last bit flipped': (right) => flipped(right, right.length - 1, 0x01),
  'a message with its first bit flipped': (right) => flipped(right, 0, 0x80),
};

const flipped = (bytes: Uint8Array, at: number, mask: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ mask : byte));

/** What a scenario calls a fault of an OPAQUE call. */
export const OPAQUE_FAULT_PATTERN: string = [
  'an empty username',
  'an identityKey of \\d+ bytes',
  ...Object.keys(MESSAGE_FAULTS),
].join('|');

/** Puts a fault into right parameters. @throws on a fault that is not in the vocabulary */
export function applyOpaqueFault(
  fault: string,
  method: OpaqueMethod,
  params: Partial<OpaqueParams>,
  random: RandomSource,
): void {
  const length = /^an identityKey of (\d+) bytes$/.exec(fault)?.[1];
  const change = MESSAGE_FAULTS[fault];
  const field = MESSAGE_OF[method];
  if (fault === 'an empty username') params.username = '';
  else if (length !== undefined) {
    // Cut from, or longer than, the right key: a server that looks at 32 bytes only would take it.
    const key = params.identityKey as Uint8Array;
    params.identityKey = concat(key, key).subarray(0, Number(length));
  } else if (change) params[field] = change(params[field] as Uint8Array, random);
  else throw new Error(`no such fault: ${fault}`);
}
