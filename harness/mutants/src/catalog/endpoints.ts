import { mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';

const endpoint = mutantsOf('endpoints');
const atSomebody = new Uint8Array(32);

export const ENDPOINTS = [
  endpoint('EP-001', 'odd-keys-have-none', 'answers a key of another length with no endpoint', {
    ...inMethod('resolveEndpoint', async ({ params, next }) =>
      params.identityKey.length === 32 ? next() : { nodeAddr: NOTHING },
    ),
  }),
  endpoint('EP-002', 'as-text', 'takes endpoints for UTF-8 text', {
    ...inResults('resolveEndpoint', ({ nodeAddr }) => ({ nodeAddr: Buffer.from(Buffer.from(nodeAddr).toString()) })),
  }),
  endpoint('EP-002', 'cuts-zeros', 'keeps endpoints as C strings', {
    ...inResults('resolveEndpoint', ({ nodeAddr }) => {
      const end = nodeAddr.indexOf(0);
      return { nodeAddr: end < 0 ? nodeAddr : nodeAddr.slice(0, end) };
    }),
  }),
  endpoint('EP-003', 'first-wins', 'keeps the first endpoint', {
    ...inStore((store) => ({
      putEndpoint: async (key, nodeAddr) => {
        if (!(await store.getEndpoint(key))) await store.putEndpoint(key, nodeAddr);
      },
    })),
  }),
  endpoint('EP-003', 'appends', 'appends to what was published before', {
    ...inStore((store) => ({
      putEndpoint: async (key, nodeAddr) =>
        store.putEndpoint(key, Buffer.concat([(await store.getEndpoint(key)) ?? NOTHING, nodeAddr]).subarray(-8_000)),
    })),
  }),
  endpoint('EP-004', 'given-out-once', 'gives an endpoint out once', {
    ...inStore((store) => ({
      getEndpoint: async (key) => {
        const found = await store.getEndpoint(key);
        if (found) await store.putEndpoint(key, NOTHING);
        return found;
      },
    })),
  }),
  endpoint('EP-005', 'none-is-an-error', 'refuses to resolve who has published none', {
    ...inMethod('resolveEndpoint', async ({ next }) => {
      const results = await next();
      if (results.nodeAddr.length === 0) throw refuse('E020');
      return results;
    }),
  }),
  endpoint('EP-006', 'one-for-all', 'keeps one endpoint', {
    ...inStore((store) => ({
      putEndpoint: (_key, nodeAddr) => store.putEndpoint(atSomebody, nodeAddr),
      getEndpoint: () => store.getEndpoint(atSomebody),
    })),
  }),
  endpoint('EP-007', 'limit-is-exclusive', 'refuses an endpoint of exactly the limit', {
    limits: { nodeAddrBytes: 4_095 },
  }),
  endpoint('EP-007', 'wants-host-and-port', 'wants endpoints to be HOST:PORT', {
    ...inMethod('publishEndpoint', ({ params, next }) => {
      if (params.auth.version === 1 && !/^\S+:\d+$/.test(Buffer.from(params.nodeAddr).toString())) throw refuse('E020');
      return next();
    }),
  }),
  endpoint('EP-008', 'no-limit', 'takes endpoints of any size', { limits: { nodeAddrBytes: 1 << 24 } }),
  endpoint('EP-008', 'cuts-long-ones', 'cuts endpoints at its limit', {
    ...inParams('publishEndpoint', ({ nodeAddr }) => ({ nodeAddr: nodeAddr.slice(0, 4_096) })),
  }),
  endpoint('AUTH-012', 'publish-for-anybody', 'lets anybody publish for any identity', {
    ...inParams('publishEndpoint', ({ identityKey, auth }, around) => {
      const owner = around.authOf(identityKey);
      return auth.version === 1 && owner.version === 1 ? { auth: owner } : {};
    }),
  }),
];
