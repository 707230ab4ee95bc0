// Numbers and lengths that are kept in too few bits, or compared as something else than numbers.
import type { Delivery } from '@quicnprotochat/proto';
import { combine } from '../combine.ts';
import { type Fault, mutantsOf } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';

const batch = mutantsOf('batch');
const channels = mutantsOf('channels');
const delivery = mutantsOf('delivery');
const endpoints = mutantsOf('endpoints');
const hybrid = mutantsOf('hybrid-keys');
const keys = mutantsOf('key-packages');

const READING = ['fetch', 'fetchWait', 'peek'] as const;
const ON_QUEUES = ['enqueue', ...READING, 'ack'] as const;
const BEYOND_64_BITS = 1n << 64n;

/** What is longer than that, and as long in 8 bits, is cut. */
const cutTo = (bytes: Uint8Array, length: number): Uint8Array =>
  bytes.length > length && bytes.length % 256 === length ? bytes.slice(0, length) : bytes;
const identityKeys = (names: readonly ('uploadKeyPackage' | 'uploadHybridKey' | 'publishEndpoint')[]): Fault =>
  inParams(names, ({ identityKey }) => ({ identityKey: cutTo(identityKey, 32) }));
const lookUps = (names: readonly ('fetchKeyPackage' | 'fetchHybridKey' | 'resolveEndpoint')[]): Fault =>
  inParams(names, ({ identityKey }) => ({ identityKey: cutTo(identityKey, 32) }));
const inOrderOf = (compare: (a: bigint, b: bigint) => number): Fault =>
  inResults([...READING], ({ payloads }) => ({ payloads: [...payloads].sort((a, b) => compare(a.seq, b.seq)) }));
const lowByte = ({ seq, payload }: Delivery): Delivery => ({ seq: seq & 0xffn, payload });

export const WIDTHS = [
  delivery('DS-009', 'numbers-of-8-bits', 'numbers messages in 8 bits', {
    ...combine([
      inResults('enqueue', ({ seq }) => ({ seq: seq & 0xffn })),
      inResults([...READING], ({ payloads }) => ({ payloads: payloads.map(lowByte) })),
    ]),
  }),
  delivery(
    'DS-008',
    'in-order-of-text',
    'sorts numbers as text: 10 before 9',
    inOrderOf((a, b) => (String(a) < String(b) ? -1 : 1)),
  ),
  delivery(
    'DS-008',
    'in-order-of-low-bytes',
    'sorts by the bytes of a number, the lowest first: 256 before 1',
    inOrderOf((a, b) => Number((a & 0xffn) - (b & 0xffn)) || Number(a - b)),
  ),
  delivery('DS-001', 'length-of-8-bits', 'measures a recipient key in 8 bits, and cuts it', {
    ...inParams([...ON_QUEUES], ({ recipientKey }) => ({ recipientKey: cutTo(recipientKey, 32) })),
  }),
  delivery('DS-007', 'id-length-of-8-bits', 'measures a channel id in 8 bits, and cuts it', {
    ...inParams([...ON_QUEUES], ({ channelId }) => ({ channelId: cutTo(channelId, 16) })),
  }),
  delivery('DS-007', 'ids-of-256-bytes-are-none', 'measures a channel id in 8 bits: 256 bytes are none', {
    ...inParams([...ON_QUEUES], ({ channelId }) => ({
      channelId: channelId.length === 256 ? new Uint8Array() : channelId,
    })),
  }),
  delivery('DS-032', 'signed-number', 'reads seqUpTo as signed: a great one is below all', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo >= BEYOND_64_BITS / 2n ? 0n : seqUpTo })),
  }),
  delivery('DS-032', 'number-and-one', 'removes what is below seqUpTo and 1, which is 0 for the greatest number', {
    ...inParams('ack', ({ seqUpTo }) => (seqUpTo + 1n === BEYOND_64_BITS ? { seqUpTo: 0n } : {})),
  }),
  delivery('DS-032', 'number-and-one-overflows', 'adds 1 to seqUpTo, and panics at the greatest number', {
    ...inMethod('ack', ({ params, next }) => {
      if (params.seqUpTo + 1n === BEYOND_64_BITS) throw new Error('attempt to add with overflow');
      return next();
    }),
  }),
  delivery('DS-023', 'signed-time-out', 'reads a time-out as signed: a great one is over at once', {
    ...inParams('fetchWait', ({ timeoutMs }) => ({ timeoutMs: timeoutMs >= BEYOND_64_BITS / 2n ? 0n : timeoutMs })),
  }),
  delivery('DS-023', 'signed-time-out-of-32-bits', 'reads the low half of a time-out as signed', {
    ...inParams('fetchWait', ({ timeoutMs }) => ({ timeoutMs: BigInt.asIntN(32, timeoutMs) < 0n ? 0n : timeoutMs })),
  }),
  keys('KP-001', 'length-of-8-bits', 'measures an identity key in 8 bits, and cuts it', {
    ...combine([identityKeys(['uploadKeyPackage']), lookUps(['fetchKeyPackage'])]),
  }),
  keys('KP-007', 'in-order-of-text', 'gives out the tenth package before the second', packagesInOrderOfText()),
  hybrid('HK-001', 'length-of-8-bits', 'measures an identity key in 8 bits, and cuts it', {
    ...combine([identityKeys(['uploadHybridKey']), lookUps(['fetchHybridKey'])]),
  }),
  hybrid('HK-003', 'length-of-16-bits', 'measures a key in 16 bits, and cuts it', {
    ...inParams('uploadHybridKey', ({ hybridPublicKey }) => ({
      hybridPublicKey: hybridPublicKey.slice(0, hybridPublicKey.length & 0xffff),
    })),
  }),
  endpoints('EP-001', 'length-of-8-bits', 'measures an identity key in 8 bits, and cuts it', {
    ...combine([identityKeys(['publishEndpoint']), lookUps(['resolveEndpoint'])]),
  }),
  channels('CH-005', 'length-of-8-bits', 'measures a peer key in 8 bits, and cuts it', {
    ...inParams('createChannel', ({ peerKey }) => ({ peerKey: cutTo(peerKey, 32) })),
  }),
  batch('BAT-003', 'length-of-8-bits', 'measures identity keys in 8 bits, and cuts them', {
    ...inParams('fetchHybridKeys', (params) => ({ identityKeys: params.identityKeys.map((key) => cutTo(key, 32)) })),
  }),
];

function packagesInOrderOfText(): Fault {
  const lists = new Map<string, { name: string; keyPackage: Uint8Array }[]>();
  let count = 0;
  return inStore(() => ({
    addKeyPackage: async (identityKey, keyPackage) => {
      const key = Buffer.from(identityKey).toString('hex');
      count += 1;
      const list = [...(lists.get(key) ?? []), { name: String(count), keyPackage }];
      lists.set(
        key,
        list.sort((a, b) => (a.name < b.name ? -1 : 1)),
      );
    },
    takeKeyPackage: async (identityKey) => lists.get(Buffer.from(identityKey).toString('hex'))?.shift()?.keyPackage,
  }));
}
