import { CoreError } from '../errors.ts';
import type { HybridKeypair, HybridPublicKey } from './keys.ts';
import {
  HEADER_LEN,
  HKDF_INFO,
  HYBRID_OVERHEAD,
  HYBRID_VERSION,
  KEY_LEN,
  MLKEM_CIPHERTEXT_AT,
  NONCE_AT,
  X25519_LEN,
} from './layout.ts';
import type { HybridPrimitives, X25519Keypair } from './primitive-types.ts';

/** What an envelope must never share with another one. */
export interface Ephemerals {
  /** Wiped when the envelope is done. */
  keypair: X25519Keypair;
  /** 12 bytes. */
  nonce: Uint8Array;
}

/** @throws CoreError `HYBRID_LOW_ORDER` */
export function sealEnvelope(
  p: HybridPrimitives,
  recipient: HybridPublicKey,
  plaintext: Uint8Array,
  { keypair, nonce }: Ephemerals,
): Uint8Array {
  const used: Uint8Array[] = [];
  try {
    const x25519Secret = keypair.agree(recipient.x25519);
    if (!x25519Secret) throw lowOrder('of the recipient');
    used.push(x25519Secret);
    const { ciphertext, sharedSecret } = p.mlKemEncapsulate(recipient.encapsulationKey);
    used.push(sharedSecret);

    const envelope = new Uint8Array(HYBRID_OVERHEAD + plaintext.length);
    envelope[0] = HYBRID_VERSION;
    envelope.set(keypair.publicKey, 1);
    envelope.set(ciphertext, MLKEM_CIPHERTEXT_AT);
    envelope.set(nonce, NONCE_AT);
    const key = deriveKey(p, x25519Secret, sharedSecret);
    used.push(key);
    envelope.set(p.seal(key, nonce, envelope.subarray(0, HEADER_LEN), plaintext), HEADER_LEN);
    return envelope;
  } finally {
    keypair.wipe();
    for (const bytes of used) bytes.fill(0);
  }
}

/** @throws CoreError `HYBRID_SHORT`, `HYBRID_VERSION`, `HYBRID_LOW_ORDER` or `HYBRID_TAG` */
export function openEnvelope(
  p: HybridPrimitives,
  recipient: Pick<HybridKeypair, 'agree' | 'decapsulate'>,
  envelope: Uint8Array,
): Uint8Array {
  // The version comes first: only it says how long an envelope has to be.
  if (envelope.length === 0) throw new CoreError('HYBRID_SHORT', 'a hybrid envelope is empty');
  if (envelope[0] !== HYBRID_VERSION)
    throw new CoreError('HYBRID_VERSION', `version ${envelope[0]} of the hybrid envelope is unknown`);
  if (envelope.length < HYBRID_OVERHEAD)
    throw new CoreError(
      'HYBRID_SHORT',
      `a hybrid envelope has ${HYBRID_OVERHEAD} bytes or more, not ${envelope.length}`,
    );
  const header = envelope.subarray(0, HEADER_LEN);
  const x25519Secret = recipient.agree(header.subarray(1, 1 + X25519_LEN));
  if (!x25519Secret) throw lowOrder('of the sender');
  const used = [x25519Secret];
  try {
    const mlKemSecret = recipient.decapsulate(header.subarray(MLKEM_CIPHERTEXT_AT, NONCE_AT));
    used.push(mlKemSecret);
    const key = deriveKey(p, x25519Secret, mlKemSecret);
    used.push(key);
    const plaintext = p.open(key, header.subarray(NONCE_AT), header, envelope.subarray(HEADER_LEN));
    if (!plaintext) throw new CoreError('HYBRID_TAG', 'a hybrid envelope was changed, or is for another key');
    return plaintext;
  } finally {
    for (const bytes of used) bytes.fill(0);
  }
}

/** HKDF-SHA256(X25519 secret | ML-KEM secret, no salt, "quicnprotochat-hybrid-v1", 32) (spec: HYB-004). */
export function deriveKey(p: HybridPrimitives, x25519Secret: Uint8Array, mlKemSecret: Uint8Array): Uint8Array {
  const ikm = new Uint8Array(x25519Secret.length + mlKemSecret.length);
  ikm.set(x25519Secret);
  ikm.set(mlKemSecret, x25519Secret.length);
  try {
    return p.hkdf(ikm, HKDF_INFO, KEY_LEN);
  } finally {
    ikm.fill(0);
  }
}

const lowOrder = (whose: string): CoreError =>
  new CoreError('HYBRID_LOW_ORDER', `the X25519 key ${whose} has low order: its secrets are known to everybody`);
