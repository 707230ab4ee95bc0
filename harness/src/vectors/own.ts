import { createHash } from 'node:crypto';
import {
  CoreError,
  type CoreErrorCode,
  fingerprintOf,
  HybridKeypair,
  HybridPublicKey,
  hybridDecrypt,
  hybridEncrypt,
  IdentityKeypair,
} from '@quicnprotochat/core';
import { encapsulateWith, hybridKey, hybridPrimitives, sealWith } from '@quicnprotochat/core/testing';
import { buildEnvelope, MsgType, ProtoError, parseEnvelope, parseReason } from '@quicnprotochat/proto';
import { type Frame, FrameReader, ProtocolError, type RpcMessage, readMessage, splitFrame } from '@quicnprotochat/rpc';
import type { Fields } from './format.ts';

/** A kind of wrongness, as vectors name it. */
export class Refused extends Error {}

export const fromHex = (value: unknown): Uint8Array => Uint8Array.from(Buffer.from(String(value), 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const typeName = (value: number): string | undefined =>
  Object.entries(MsgType).find(([, number]) => number === value)?.[0];

/** An envelope as vectors write it. @throws Refused */
export function readEnvelope(bytes: Uint8Array): Fields {
  const { msgType, groupId, senderId, payload, timestampMs } = envelopeErrors(() => parseEnvelope(bytes));
  return {
    msgType: typeName(msgType),
    groupId: toHex(groupId),
    senderId: toHex(senderId),
    payload: toHex(payload),
    timestampMs: String(timestampMs),
  };
}

function envelopeErrors<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
    if (error.code !== 'RANGE') throw new Refused('malformed');
    if (/^(?:groupId|senderId)/.test(error.message))
      throw new Refused(error.message.startsWith('groupId') ? 'group-id' : 'sender-id');
    throw new Refused('msg-type');
  }
}

const HYBRID_ERRORS: Partial<Record<CoreErrorCode, string>> = {
  HYBRID_PUBLIC_KEY: 'public-key',
  HYBRID_LOW_ORDER: 'low-order',
  HYBRID_VERSION: 'version',
  HYBRID_SHORT: 'short',
  HYBRID_TAG: 'tag',
};

function hybridErrors<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    const kind = error instanceof CoreError ? HYBRID_ERRORS[error.code] : undefined;
    throw kind === undefined ? error : new Refused(kind);
  }
}

function rpcErrors<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof ProtocolError ? new Refused('malformed') : error;
  }
}

const segmentWords = ({ segments }: Frame): number[] => segments.map(({ byteLength }) => byteLength / 8);

function splitStream(stream: Uint8Array): number[][] {
  const reader = new FrameReader();
  const frames = rpcErrors(() => [...reader.push(stream)]);
  if (reader.buffered > 0) throw new Refused('incomplete');
  return frames.map(segmentWords);
}

function summary(message: RpcMessage): Fields {
  switch (message.kind) {
    case 'bootstrap':
      return { type: 'bootstrap', questionId: message.questionId };
    case 'call': {
      const { questionId, target, interfaceId, methodId } = message;
      const to =
        target.kind === 'importedCap'
          ? { importedCap: target.id }
          : { promisedAnswer: { questionId: target.questionId, transform: target.transform } };
      return { type: 'call', questionId, target: to, interfaceId: String(interfaceId), methodId };
    }
    case 'return': {
      const { answerId, releaseParamCaps, value } = message;
      const head = { type: 'return', answerId, releaseParamCaps, value: value.kind };
      return value.kind === 'exception' ? { ...head, exception: value.exception } : head;
    }
    case 'finish':
      return { type: 'finish', questionId: message.questionId, releaseResultCaps: message.releaseResultCaps };
    case 'release':
      return { type: 'release', id: message.id, referenceCount: message.referenceCount };
    case 'disembargo': {
      const { context } = message;
      return { type: 'disembargo', context: context.kind, ...(context.kind === 'accept' ? {} : { id: context.id }) };
    }
    case 'abort':
      return { type: 'abort', exception: message.exception };
    case 'unimplemented':
      return { type: 'unimplemented' };
    case 'resolve':
      return { type: 'resolve', promiseId: message.promiseId };
    case 'other':
      return { type: 'other', which: message.which };
  }
}

/** What this project's libraries answer, by the kind of the case. */
const KINDS: Record<string, (input: Fields) => Fields> = {
  'envelope-parse': ({ bytes }) => readEnvelope(fromHex(bytes)),
  'envelope-build': ({ msgType, groupId, senderId, payload, timestampMs }) => ({
    bytes: toHex(
      envelopeErrors(() =>
        buildEnvelope({
          msgType: MsgType[msgType as keyof typeof MsgType],
          groupId: fromHex(groupId),
          senderId: fromHex(senderId),
          payload: fromHex(payload),
          timestampMs: BigInt(timestampMs as string),
        }),
      ),
    ),
  }),
  'frame-split': ({ stream }) => ({ frames: splitStream(fromHex(stream)) }),
  'rpc-message': ({ bytes }) => ({ message: rpcErrors(() => summary(readMessage(splitFrame(fromHex(bytes))))) }),
  'identity-key': ({ seed }) => {
    using identity = IdentityKeypair.fromSeed(fromHex(seed));
    const senderId = createHash('sha256').update(identity.publicKey).digest('hex');
    return { publicKey: toHex(identity.publicKey), senderId };
  },
  'identity-sign': ({ seed, message }) => {
    using identity = IdentityKeypair.fromSeed(fromHex(seed));
    return { signature: toHex(identity.sign(fromHex(message))) };
  },
  'identity-verify': ({ publicKey, message, signature }) => {
    if (!IdentityKeypair.verify(fromHex(publicKey), fromHex(message), fromHex(signature)))
      throw new Refused('signature');
    return {};
  },
  fingerprint: (input) => ({ fingerprint: toHex(fingerprintOf(fromHex(input.package))) }),
  'hybrid-key': ({ seed }) => {
    using pair = HybridKeypair.fromSeed(fromHex(seed));
    return { publicKey: toHex(pair.publicKey.toBytes()) };
  },
  'hybrid-open': ({ seed, envelope }) => ({ plaintext: toHex(openHybrid(fromHex(seed), fromHex(envelope))) }),
  'hybrid-encrypt': ({ publicKey, plaintext }) => ({
    envelope: toHex(
      hybridErrors(() => hybridEncrypt(HybridPublicKey.fromBytes(fromHex(publicKey)), fromHex(plaintext))),
    ),
  }),
  'hybrid-seal': ({ publicKey, plaintext, ephemeral, coins, nonce }) => ({
    envelope: toHex(
      sealWith(HybridPublicKey.fromBytes(fromHex(publicKey)), fromHex(plaintext), {
        ephemeral: fromHex(ephemeral),
        coins: fromHex(coins),
        nonce: fromHex(nonce),
      }),
    ),
  }),
  x25519: ({ secret, publicKey }) => {
    const shared = x25519Of(fromHex(secret)).agree(fromHex(publicKey));
    if (!shared) throw new Refused('low-order');
    return { sharedSecret: toHex(shared) };
  },
  'ml-kem-768-decapsulate': ({ seed, ciphertext }) => ({
    sharedSecret: toHex(mlKemOf(fromHex(seed)).decapsulate(fromHex(ciphertext))),
  }),
  'ml-kem-768-encapsulate': ({ encapsulationKey, coins }) => {
    const key = new Uint8Array(1216);
    key.set(fromHex(encapsulationKey), 32);
    const checked = hybridErrors(() => HybridPublicKey.fromBytes(key)).encapsulationKey;
    const { ciphertext, sharedSecret } = encapsulateWith(checked, fromHex(coins));
    return { ciphertext: toHex(ciphertext), sharedSecret: toHex(sharedSecret) };
  },
  'hybrid-schedule': ({ x25519Secret, mlKemSecret }) => ({
    key: toHex(hybridKey(fromHex(x25519Secret), fromHex(mlKemSecret))),
  }),
  'error-reason': ({ reason }) => ({ code: parseReason(String(reason)) ?? null }),
};

/** Makes a value of bytes, and keeps the last one: many cases in a row are for one key, which takes most of their time. */
function lastOf<T>(make: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  let last: { hex: string; value: T } | undefined;
  return (bytes) => {
    const hex = toHex(bytes);
    if (last?.hex !== hex) last = { hex, value: make(bytes) };
    return last.value;
  };
}
const keypairOf = lastOf((seed) => HybridKeypair.fromSeed(seed));
const mlKemOf = lastOf((seed) => hybridPrimitives.mlKemKeypair(seed));
const x25519Of = lastOf((secret) => hybridPrimitives.x25519Keypair(secret));

/** @throws Refused */
export const openHybrid = (seed: Uint8Array, envelope: Uint8Array): Uint8Array =>
  hybridErrors(() => hybridDecrypt(keypairOf(seed), envelope));

/** The project's own libraries as a verifier. @returns what it answers; undefined for a kind that it does not know */
export function ownAnswer(kind: string, input: Fields): Fields | undefined {
  const answer = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!answer) return undefined;
  try {
    return { output: answer(input) };
  } catch (error) {
    if (error instanceof Refused) return { error: error.message };
    throw error;
  }
}
