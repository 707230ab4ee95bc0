// What enqueue takes, and how it comes back.
import { RpcException } from '@quicnprotochat/rpc';
import { mutantsOf, NOTHING } from '../../fault.ts';
import { inMethod, inParams, inResults } from '../../seams/methods.ts';
import { ALL } from '../../seams/queues.ts';
import { swapCode } from '../authentication.ts';

const mutant = mutantsOf('delivery');
const DELIVERY = ['enqueue', 'fetch', 'fetchWait'] as const;

/** The payloads of an answer, each changed. */
const payloads = (change: (payload: Uint8Array) => Uint8Array) =>
  inResults(['fetch', 'fetchWait', 'peek'], (results) => ({
    payloads: results.payloads.map(({ seq, payload }) => ({ seq, payload: change(payload) })),
  }));

export const PAYLOADS = [
  mutant('DS-001', 'short-keys', 'makes queues for keys of any length', {
    ...inMethod(['enqueue', 'fetch'], async ({ params, next, name }) => {
      if (params.auth.version !== 1 || params.recipientKey.length === 32) return next();
      return (name === 'enqueue' ? { seq: 1n } : { payloads: [] }) as never;
    }),
  }),
  mutant(
    'DS-001',
    'length-code',
    'refuses a key of another length as bad parameters',
    swapCode(DELIVERY, 'E004', 'E020'),
  ),
  ...DELIVERY.map((name) =>
    mutant('DS-002', `any-version-of-${name}`, `${name} does not look at the version`, {
      ...inParams([name], () => ({ version: 1 })),
    }),
  ),
  mutant('DS-002', 'newer-versions', 'takes version 2 and later', {
    ...inParams([...DELIVERY], ({ version }) => (version > 1 ? { version: 1 } : {})),
  }),
  mutant('DS-002', 'version-0', 'takes version 0, as if it were left out', {
    ...inParams([...DELIVERY], ({ version }) => (version === 0 ? { version: 1 } : {})),
  }),
  mutant('DS-002', 'version-by-its-low-byte', 'reads the version as a byte', {
    ...inParams([...DELIVERY], ({ version }) => ({ version: version & 0xff })),
  }),
  mutant('DS-002', 'version-code', 'refuses another version as bad parameters', swapCode(DELIVERY, 'E012', 'E020')),
  mutant('DS-003', 'empty-payloads', 'takes empty payloads', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const isEmpty = params.payload.length === 0 && params.version === 1 && params.recipientKey.length === 32;
      if (!isEmpty || !(await around.identityOf(params.auth))) return next();
      return { seq: await around.store.enqueue(params, params.payload, ALL) };
    }),
  }),
  mutant('DS-003', 'empty-code', 'refuses an empty payload as bad parameters', swapCode(['enqueue'], 'E005', 'E020')),
  mutant('DS-004', 'limit-is-exclusive', 'refuses a payload of exactly the limit', {
    limits: { payloadBytes: 5 * 1024 * 1024 - 1 },
  }),
  mutant('DS-004', 'any-size', 'takes payloads of any size', { limits: { payloadBytes: 1 << 30 } }),
  mutant('DS-004', 'limit-of-1-mib', 'refuses what is larger than 1 MiB', { limits: { payloadBytes: 1 << 20 } }),
  mutant(
    'DS-004',
    'limit-code',
    'refuses a payload that is too large as a full queue',
    swapCode(['enqueue'], 'E006', 'E015'),
  ),
  mutant(
    'DS-005',
    'as-text',
    'keeps payloads as UTF-8 text',
    payloads((payload) => Buffer.from(Buffer.from(payload).toString())),
  ),
  mutant(
    'DS-005',
    'cuts-at-64-kib',
    'a length of 16 bits cuts large payloads',
    payloads((payload) => (payload.length > 65_535 ? payload.slice(0, payload.length & 0xffff) : payload)),
  ),
  mutant(
    'DS-005',
    'pieces-of-64-kib',
    'loses the last byte of a payload that fills its pieces of 64 KiB',
    payloads((payload) => (payload.length > 0 && payload.length % 65_536 === 0 ? payload.slice(0, -1) : payload)),
  ),
  mutant(
    'DS-005',
    'cuts-trailing-zeros',
    'keeps payloads as C strings',
    payloads((payload) => {
      let end = payload.length;
      while (end > 0 && payload[end - 1] === 0) end -= 1;
      return payload.slice(0, end);
    }),
  ),
  mutant(
    'DS-005',
    'pads-to-words',
    'gives payloads back padded to words',
    payloads((payload) => {
      const padded = new Uint8Array((payload.length + 7) & ~7);
      padded.set(payload);
      return padded;
    }),
  ),
  mutant(
    'DS-005',
    'line-ends',
    'turns CR LF into LF',
    payloads((payload) => Buffer.from(Buffer.from(payload).toString('latin1').replaceAll('\r\n', '\n'), 'latin1')),
  ),
  mutant('DS-007', 'odd-ids-are-none', 'a channel id of another length leads to the default queue', {
    ...inParams([...DELIVERY], ({ channelId }) => (channelId.length === 16 ? {} : { channelId: NOTHING })),
  }),
  mutant('DS-007', 'peeks-under-odd-ids', 'a peek takes a channel id of another length for none', {
    ...inParams('peek', ({ channelId }) => (channelId.length === 16 ? {} : { channelId: NOTHING })),
  }),
  mutant('DS-007', 'cuts-longer-ids', 'takes the first 16 bytes of a longer channel id', {
    ...inParams([...DELIVERY], ({ channelId }) => (channelId.length > 16 ? { channelId: channelId.slice(0, 16) } : {})),
  }),
  mutant('DS-018', 'stores-then-checks', 'stores the payload before it finds it too large', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        const isLate = error instanceof RpcException && /^E006|^E012/.test(error.reason);
        if (isLate && params.recipientKey.length === 32)
          await around.store.enqueue(params, params.payload.slice(0, 100), ALL);
        throw error;
      }
    }),
  }),
];
