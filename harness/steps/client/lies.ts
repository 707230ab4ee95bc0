import { randomBytes } from 'node:crypto';
import { Given, When } from '@cucumber/cucumber';
import { misnamedKeyPackage } from '@quicnprotochat/core/testing';
import { HYBRID_PUBLIC_KEY_LEN, type NodeServiceMethod, type parseReason } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { alike } from '../../src/client/memory-service.ts';
import { refuse } from '../../src/client/refuse.ts';

type Code = NonNullable<ReturnType<typeof parseReason>>;

Given('the server refuses {word} with {word}', async function (this: ClientWorld, method: string, code: string) {
  const { lies } = await this.node();
  const name = method as NodeServiceMethod;
  for (const each of alike(name)) lies[each] = () => refuse(code as Code, 'as the scenario wants it');
});

When('the server refuses nothing any more', async function (this: ClientWorld) {
  const { lies } = await this.node();
  for (const method of Object.keys(lies)) delete lies[method as NodeServiceMethod];
});

Given('the server drops all connections at the next {word}', async function (this: ClientWorld, method: string) {
  const node = await this.node();
  const name = method as NodeServiceMethod;
  const all = alike(name);
  const drop = async (): Promise<never> => {
    for (const each of all) delete node.lies[each];
    await node.dropConnections();
    return refuse('E009', 'nobody hears that');
  };
  for (const each of all) node.lies[each] = drop;
});

const FINGERPRINTS: Record<string, (right: Uint8Array) => Uint8Array> = {
  'the fingerprint of another package': () => randomBytes(32),
  'the fingerprint with its last bit flipped': (right) => withLastBitFlipped(right),
  'no fingerprint': () => new Uint8Array(),
};

Given('the server answers uploads with {}', async function (this: ClientWorld, what: string) {
  const lie = named(FINGERPRINTS, what);
  const upload = this.service.handlers.uploadKeyPackage as NonNullable<typeof this.service.handlers.uploadKeyPackage>;
  (await this.node()).lies.uploadKeyPackage = async (params, signal) => {
    const { fingerprint } = await upload(params, signal);
    return { fingerprint: lie(fingerprint) };
  };
});

const YEAR_DAYS = 365;
const PACKAGES: Record<string, (world: ClientWorld) => Promise<Uint8Array>> = {
  "Mallory's KeyPackage": async (world) => (await world.peer('Mallory')).oldKeyPackage(0),
  'a KeyPackage of Bob with a bit flipped': async (world) =>
    withLastBitFlipped(await (await world.peer('Bob')).oldKeyPackage(0)),
  'a KeyPackage of Bob that has expired': async (world) => (await world.peer('Bob')).oldKeyPackage(YEAR_DAYS),
  'a KeyPackage of Bob of next month': async (world) => (await world.peer('Bob')).oldKeyPackage(-30),
  'a KeyPackage that names Bob and that Mallory has signed': async (world) =>
    misnamedKeyPackage((await world.peer('Bob')).key, (await world.peer('Mallory')).identity),
  'some text': async () => Buffer.from('no KeyPackage at all'),
};

Given(/^the server gives (.+) as everybody's$/, async function (this: ClientWorld, what: string) {
  const keyPackage = await named(PACKAGES, what)(this);
  (await this.node()).lies.fetchKeyPackage = () => ({ package: keyPackage });
});

/** An X25519 key of low order: the point of order 1. */
const LOW_ORDER = Buffer.alloc(32);
const KEYS: Record<string, (world: ClientWorld) => Promise<Uint8Array>> = {
  "Mallory's": async (world) => {
    const mallory = await world.peer('Mallory');
    mallory.publishHybridKey();
    return (mallory.hybrid as NonNullable<typeof mallory.hybrid>).publicKey.toBytes();
  },
  '1,215 bytes': async () => randomBytes(HYBRID_PUBLIC_KEY_LEN - 1),
  'a key that is beyond the modulus': async () => Buffer.alloc(HYBRID_PUBLIC_KEY_LEN, 255),
  'a key of low order': async (world) => {
    const key = await named(KEYS, "Mallory's")(world);
    return Buffer.concat([LOW_ORDER, key.subarray(LOW_ORDER.length)]);
  },
};

Given(/^the server gives (.+) as everybody's hybrid key$/, async function (this: ClientWorld, what: string) {
  const hybridPublicKey = await named(KEYS, what)(this);
  const { lies } = await this.node();
  lies.fetchHybridKey = () => ({ hybridPublicKey });
  lies.fetchHybridKeys = ({ identityKeys }) => ({ keys: identityKeys.map(() => hybridPublicKey) });
});

function named<T>(table: Record<string, T>, name: string): T {
  const found = table[name];
  if (!found) throw new TypeError(`there is no "${name}"; there are ${Object.keys(table).join(', ')}`);
  return found;
}

function withLastBitFlipped(bytes: Uint8Array): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const last = flipped.length - 1;
  flipped[last] = (flipped[last] as number) ^ 1;
  return flipped;
}
