import type { Primitives } from './primitive-types.ts';

/** PKCS #8 (RFC 8410) of an Ed25519 seed without the seed itself, which follows: 16 bytes. */
const PKCS8_PREFIX = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
const TAG_LEN = 16;

/** @returns the primitives of node:crypto, undefined where there is none (a browser, another runtime) */
export function nodePrimitives(): Primitives | undefined {
  const crypto = globalThis.process?.getBuiltinModule?.('node:crypto');
  if (crypto === undefined) return undefined;
  const bytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
  const publicKeyObject = (publicKey: Uint8Array) =>
    crypto.createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
      format: 'jwk',
    });

  return {
    sha256: (data) => bytes(crypto.createHash('sha256').update(data).digest()),
    hmac: (key, data) => bytes(crypto.createHmac('sha256', key).update(data).digest()),
    seal(key, nonce, aad, plaintext) {
      const cipher = crypto.createCipheriv('aes-128-gcm', key, nonce);
      cipher.setAAD(aad);
      return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
    },
    open(key, nonce, aad, sealed) {
      if (sealed.length < TAG_LEN) throw new RangeError('shorter than a tag');
      const decipher = crypto.createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: TAG_LEN });
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(-TAG_LEN));
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_LEN)), decipher.final()]));
    },
    verify(publicKey, message, signature) {
      if (publicKey.length !== 32) return false;
      try {
        return crypto.verify(null, message, publicKeyObject(publicKey), signature);
      } catch {
        return false;
      }
    },
    signer(seed) {
      const der = Buffer.concat([PKCS8_PREFIX, seed]);
      const key = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      der.fill(0);
      const { x } = crypto.createPublicKey(key).export({ format: 'jwk' });
      return {
        publicKey: new Uint8Array(Buffer.from(x as string, 'base64url')),
        sign: (message) => bytes(crypto.sign(null, message, key)),
        // OpenSSL clears the key when the KeyObject is collected.
        dispose: () => {},
      };
    },
  };
}
