import type { KeyObject } from 'node:crypto';
import { TAG_LEN, X25519_LEN } from './layout.ts';
import type { HybridPrimitives, X25519Keypair } from './primitive-types.ts';

type NodeCrypto = typeof import('node:crypto');

/** What Node.js has from 24.7 on, and the types of Node.js 20 do not know. */
interface MlKemCrypto {
  encapsulate(key: KeyObject): { sharedKey: Uint8Array; ciphertext: Uint8Array };
  decapsulate(key: KeyObject, ciphertext: Uint8Array): Uint8Array;
}

// DER of everything before the key itself.
/** PrivateKeyInfo of X25519 (RFC 8410), 32 bytes follow. */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** SubjectPublicKeyInfo of ML-KEM-768 (RFC 9935), 1,184 bytes follow. */
const MLKEM_SPKI = Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex');
/** PrivateKeyInfo of ML-KEM-768 (RFC 9935) with the seed alone, 64 bytes follow. */
const MLKEM_PKCS8 = Buffer.from('3054020100300b060960864801650304040204428040', 'hex');

function privateKey(crypto: NodeCrypto, prefix: Uint8Array, secret: Uint8Array): KeyObject {
  const der = Buffer.concat([prefix, secret]);
  try {
    return crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } finally {
    der.fill(0);
  }
}

const publicKey = (crypto: NodeCrypto, prefix: Uint8Array, bytes: Uint8Array): KeyObject =>
  crypto.createPublicKey({ key: Buffer.concat([prefix, bytes]), format: 'der', type: 'spki' });

/** A Buffer without its surroundings: pools must not be wiped with it. */
const own = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  bytes.fill(0);
  return copy;
};

/** The last `length` bytes of a public key in DER. */
const rawPublicKey = (crypto: NodeCrypto, secret: KeyObject, length: number): Uint8Array =>
  own(crypto.createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-length));

/** A public key as a JWK (RFC 8037): read ten times as fast as DER. */
const x25519PublicKey = (crypto: NodeCrypto, bytes: Uint8Array): KeyObject =>
  crypto.createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(bytes).toString('base64url') },
    format: 'jwk',
  });

/** Fast, but not for a key that was generated: see `x25519Generate`. */
const publicKeyThroughJwk = (crypto: NodeCrypto, secret: KeyObject): Uint8Array =>
  Uint8Array.from(Buffer.from(crypto.createPublicKey(secret).export({ format: 'jwk' }).x as string, 'base64url'));

const x25519Keypair = (crypto: NodeCrypto, secret: KeyObject, publicKey: Uint8Array): X25519Keypair => ({
  publicKey,
  agree: (peer) => {
    const keys = { privateKey: secret, publicKey: x25519PublicKey(crypto, peer) };
    let shared: Uint8Array;
    try {
      shared = own(crypto.diffieHellman(keys));
    } catch {
      // OpenSSL refuses a result of zero, and nothing else when both keys have been read.
      return undefined;
    }
    return shared.every((byte) => byte === 0) ? undefined : shared;
  },
  // OpenSSL wipes the key when the object is collected.
  wipe: () => {},
});

const classical = (crypto: NodeCrypto): Omit<HybridPrimitives, 'mlKemKeypair' | 'mlKemEncapsulate'> => ({
  x25519Keypair: (secret) => {
    const key = privateKey(crypto, X25519_PKCS8, secret);
    return x25519Keypair(crypto, key, publicKeyThroughJwk(crypto, key));
  },
  x25519Generate: () => {
    const key = crypto.generateKeyPairSync('x25519').privateKey;
    // No JWK: Node.js 20 locks the key while it makes one, and for good when the garbage collector then takes what generated the key.
    return x25519Keypair(crypto, key, rawPublicKey(crypto, key, X25519_LEN));
  },
  hkdf: (ikm, info, length) => new Uint8Array(crypto.hkdfSync('sha256', ikm, new Uint8Array(), info, length)),
  seal: (key, nonce, aad, plaintext) => {
    const cipher = crypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LEN });
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    return Uint8Array.from(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
  },
  open: (key, nonce, aad, sealed) => {
    const length = sealed.length - TAG_LEN;
    const decipher = crypto.createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: TAG_LEN });
    decipher.setAAD(aad, { plaintextLength: length });
    decipher.setAuthTag(sealed.subarray(length));
    const plaintext = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      return undefined;
    }
    return own(plaintext);
  },
});

const postQuantum = (
  crypto: NodeCrypto & MlKemCrypto,
): Pick<HybridPrimitives, 'mlKemKeypair' | 'mlKemEncapsulate'> => ({
  mlKemKeypair: (seed) => {
    const key = privateKey(crypto, MLKEM_PKCS8, seed);
    return {
      encapsulationKey: rawPublicKey(crypto, key, 1184),
      decapsulate: (ciphertext) => own(crypto.decapsulate(key, ciphertext)),
      // OpenSSL wipes the key when the object is collected.
      wipe: () => {},
    };
  },
  mlKemEncapsulate: (encapsulationKey) => {
    const { ciphertext, sharedKey } = crypto.encapsulate(publicKey(crypto, MLKEM_SPKI, encapsulationKey));
    return { ciphertext: own(ciphertext), sharedSecret: own(sharedKey) };
  },
});

/** Tries an implementation on fixed input: a runtime may have the function, and a library below it without the algorithm. */
function works(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** @returns what this `node:crypto` offers: nothing, the classical functions (X25519, HKDF, ChaCha20-Poly1305), or all */
export function nativePrimitives(crypto: NodeCrypto | undefined): Partial<HybridPrimitives> {
  if (crypto === undefined) return {};
  const found: Partial<HybridPrimitives> = {};
  const functions = classical(crypto);
  const key = new Uint8Array(32).fill(1);
  if (works(() => functions.seal(key, key.subarray(0, 12), key, key) && functions.x25519Keypair(key).agree(key)))
    Object.assign(found, functions);
  if ('encapsulate' in crypto) {
    const kem = postQuantum(crypto as NodeCrypto & MlKemCrypto);
    if (works(() => kem.mlKemEncapsulate(kem.mlKemKeypair(new Uint8Array(64)).encapsulationKey)))
      Object.assign(found, kem);
  }
  return found;
}

/** Asked for by name, so that the package also loads where there is no Node.js. */
export const nodeCrypto: NodeCrypto | undefined = globalThis.process?.getBuiltinModule?.('node:crypto');
export const native: Partial<HybridPrimitives> = nativePrimitives(nodeCrypto);
