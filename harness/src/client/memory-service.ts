import { createHash, randomBytes } from 'node:crypto';
import {
  AUTH_VERSION_NONE,
  AUTH_VERSION_TOKEN,
  type Auth,
  CHANNEL_ID_LEN,
  type Delivery,
  HYBRID_PUBLIC_KEY_LEN,
  IDENTITY_KEY_LEN,
  type NodeServiceMethod,
  WIRE_VERSION,
} from '@quicnprotochat/proto';
import type { Handlers, Params } from './handlers.ts';
import { MemoryOpaque } from './memory-opaque.ts';
import { refuse } from './refuse.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const NOTHING = new Uint8Array();
const POLL_MS = 10;

/** A method that a scenario names, and what does the same. */
export const alike = (method: NodeServiceMethod): NodeServiceMethod[] =>
  ALIKE.find((methods) => methods.includes(method)) ?? [method];

const ALIKE: NodeServiceMethod[][] = [
  ['enqueue', 'batchEnqueue'],
  ['fetchHybridKey', 'fetchHybridKeys'],
  ['peek', 'fetch', 'fetchWait'],
];

/** Who a token stands for; bound to an identity by its first use for one, as accounts are made for states. */
interface Account {
  identityKey: Uint8Array | undefined;
}

/**
 * A right NodeService in memory, as small as can be: what a client under test talks to, and what a scenario looks into. */
export class MemoryService {
  /** Whether callers without a token are let in. */
  isOpen = false;
  /** Messages that an answer holds at most, whatever was asked for (spec: DS-016). */
  answerMessages = 1_000;
  /** What logins have returned. */
  readonly sessionTokens: Uint8Array[] = [];
  readonly opaque = new MemoryOpaque((token, identityKey) => {
    this.sessionTokens.push(token);
    this.admit(token, identityKey);
  });
  readonly keyPackages = new Map<string, Uint8Array[]>();
  readonly hybridKeys = new Map<string, Uint8Array>();
  readonly #queues = new Map<string, Delivery[]>();
  readonly #accounts = new Map<string, Account>();
  readonly #channels = new Map<string, readonly [string, string]>();
  readonly #endpoints = new Map<string, Uint8Array>();
  #seq = 0n;

  /** A token for somebody, bound to the identity given, or to the one that first uses it. */
  admit(token: Uint8Array, identityKey?: Uint8Array): void {
    this.#accounts.set(hex(token), { identityKey });
  }

  queue(recipientKey: Uint8Array, channelId: Uint8Array = NOTHING): Delivery[] {
    const name = `${hex(channelId)}/${hex(recipientKey)}`;
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return queue;
  }

  put(recipientKey: Uint8Array, payload: Uint8Array, channelId?: Uint8Array): bigint {
    this.#seq += 1n;
    this.queue(recipientKey, channelId).push({ seq: this.#seq, payload });
    return this.#seq;
  }

  /** The channel of two, made when there is none. @returns 16 bytes */
  channel(one: Uint8Array, other: Uint8Array): Uint8Array {
    const members = [hex(one), hex(other)].sort() as [string, string];
    for (const [id, known] of this.#channels) if (known.join() === members.join()) return Buffer.from(id, 'hex');
    const id = randomBytes(CHANNEL_ID_LEN);
    this.#channels.set(hex(id), members);
    return id;
  }

  readonly handlers: Handlers = {
    ...this.opaque.handlers,
    health: () => ({ status: 'ok' }),
    uploadKeyPackage: ({ identityKey, package: keyPackage, auth }) => {
      this.#own(auth, 'identityKey', identityKey);
      if (keyPackage.length === 0) refuse('E007', 'the package is empty');
      const name = hex(identityKey);
      this.keyPackages.set(name, [...(this.keyPackages.get(name) ?? []), keyPackage]);
      return { fingerprint: createHash('sha256').update(keyPackage).digest() };
    },
    fetchKeyPackage: ({ identityKey, auth }) => {
      this.#caller(auth);
      requireKey('identityKey', identityKey);
      return { package: this.keyPackages.get(hex(identityKey))?.shift() ?? NOTHING };
    },
    uploadHybridKey: ({ identityKey, hybridPublicKey, auth }) => {
      this.#own(auth, 'identityKey', identityKey);
      if (hybridPublicKey.length !== HYBRID_PUBLIC_KEY_LEN) refuse('E013', 'a hybrid key has 1,216 bytes');
      this.hybridKeys.set(hex(identityKey), hybridPublicKey);
      return {};
    },
    fetchHybridKey: ({ identityKey, auth }) => {
      this.#caller(auth);
      requireKey('identityKey', identityKey);
      return { hybridPublicKey: this.hybridKeys.get(hex(identityKey)) ?? NOTHING };
    },
    fetchHybridKeys: ({ identityKeys, auth }) => {
      this.#caller(auth);
      for (const key of identityKeys) requireKey('identityKeys', key);
      return { keys: identityKeys.map((key) => this.hybridKeys.get(hex(key)) ?? NOTHING) };
    },
    enqueue: ({ recipientKey, payload, channelId, version, auth }) => {
      this.#delivery(auth, [recipientKey], channelId, version);
      if (payload.length === 0) refuse('E005', 'the payload is empty');
      return { seq: this.put(recipientKey, payload, channelId) };
    },
    batchEnqueue: ({ recipientKeys, payload, channelId, version, auth }) => {
      if (recipientKeys.length === 0) refuse('E020', 'there are no recipients');
      this.#delivery(auth, recipientKeys, channelId, version);
      if (payload.length === 0) refuse('E005', 'the payload is empty');
      return { seqs: recipientKeys.map((key) => this.put(key, payload, channelId)) };
    },
    fetch: (params) => ({ payloads: this.#take(params) }),
    fetchWait: async (params, signal) => {
      const end = Date.now() + Math.min(60_000, Number(params.timeoutMs));
      const queue = this.#ownQueue(params);
      while (queue.length === 0 && Date.now() < end && !signal.aborted)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      return { payloads: signal.aborted ? [] : this.#take(params) };
    },
    peek: (params) => ({ payloads: this.#ownQueue(params).slice(0, this.#limit(params.limit)) }),
    ack: (params) => {
      const queue = this.#ownQueue(params);
      queue.splice(0, queue.filter(({ seq }) => seq <= params.seqUpTo).length);
      return {};
    },
    createChannel: ({ peerKey, auth }) => {
      const { identityKey } = this.#caller(auth);
      requireKey('peerKey', peerKey);
      if (!identityKey) return refuse('E001', 'a channel needs a caller with an identity');
      if (hex(identityKey) === hex(peerKey)) refuse('E020', 'a channel needs two members');
      return { channelId: this.channel(identityKey, peerKey) };
    },
    publishEndpoint: ({ identityKey, nodeAddr, auth }) => {
      this.#own(auth, 'identityKey', identityKey);
      this.#endpoints.set(hex(identityKey), nodeAddr);
      return {};
    },
    resolveEndpoint: ({ identityKey, auth }) => {
      this.#caller(auth);
      return { nodeAddr: this.#endpoints.get(hex(identityKey)) ?? NOTHING };
    },
  };

  #caller({ version, accessToken }: Auth): Account {
    if (version === AUTH_VERSION_NONE) {
      if (!this.isOpen) refuse('E001', 'this server wants a token');
      return { identityKey: undefined };
    }
    if (version !== AUTH_VERSION_TOKEN) refuse('E001', `auth version ${version} is not known`);
    if (accessToken.length === 0) refuse('E002', 'the token is empty');
    return this.#accounts.get(hex(accessToken)) ?? refuse('E003', 'the token is not valid');
  }

  #own(auth: Auth, field: string, key: Uint8Array): void {
    const account = this.#caller(auth);
    requireKey(field, key);
    if (auth.version === AUTH_VERSION_NONE) return;
    account.identityKey ??= key;
    if (hex(account.identityKey) !== hex(key)) refuse('E016', `the token is bound to another ${field}`);
  }

  #delivery(auth: Auth, recipientKeys: readonly Uint8Array[], channelId: Uint8Array, version: number): void {
    const { identityKey } = this.#caller(auth);
    for (const key of recipientKeys) requireKey('recipientKey', key);
    if (version !== WIRE_VERSION) refuse('E012', `wire version ${version} is not known`);
    if (channelId.length === 0) return;
    if (channelId.length !== CHANNEL_ID_LEN) refuse('E020', 'a channelId has 0 or 16 bytes');
    const members = this.#channels.get(hex(channelId)) ?? refuse('E023', 'there is no such channel');
    const isMember = (key: Uint8Array | undefined): boolean => key !== undefined && members.includes(hex(key));
    if (![identityKey, ...recipientKeys].every(isMember)) refuse('E022', 'not all are members of the channel');
  }

  #ownQueue({ recipientKey, channelId, version, auth }: Omit<Params<'peek'>, 'limit'>): Delivery[] {
    this.#own(auth, 'recipientKey', recipientKey);
    this.#delivery(auth, [recipientKey], channelId, version);
    return this.queue(recipientKey, channelId);
  }

  #take(params: Params<'peek'>): Delivery[] {
    return this.#ownQueue(params).splice(0, this.#limit(params.limit));
  }

  #limit = (limit: number): number => Math.min(limit === 0 ? Number.POSITIVE_INFINITY : limit, this.answerMessages);
}

function requireKey(field: string, key: Uint8Array): void {
  if (key.length !== IDENTITY_KEY_LEN) refuse('E004', `${field} has ${key.length} bytes instead of 32`);
}
