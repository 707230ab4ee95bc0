import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOW_ORDER_POINTS } from '../../test/low-order-points.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { HybridPublicKey } from './keys.ts';
import { nativePrimitives, nodeCrypto } from './native.ts';
import { noble } from './noble.ts';
import type { HybridPrimitives } from './primitive-types.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const native = nativePrimitives(nodeCrypto);
const hasMlKem = native.mlKemKeypair !== undefined;
const implementations: [string, HybridPrimitives][] = [
  ['noble', noble],
  ['node:crypto', { ...noble, ...native }],
];

const agree = (p: HybridPrimitives, secret: Uint8Array, peer: Uint8Array) => p.x25519Keypair(secret).agree(peer);
/** Reproducible bytes; nothing is secret here. */
const bytes = (length: number, from: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from * 31 + i * 7 + (i >> 3)) & 0xff);

for (const [name, p] of implementations)
  describe(`primitives of ${name}`, () => {
    it('X25519: RFC 7748, sections 5.2 and 6.1', () => {
      assert.deepEqual(
        agree(
          p,
          hex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4'),
          hex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c'),
        ),
        hex('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552'),
      );
      assert.deepEqual(
        p.x25519Keypair(hex('09'.padEnd(64, '0'))).publicKey,
        hex('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079'),
      );
      for (const point of LOW_ORDER_POINTS) assert.equal(agree(p, bytes(32, 1), point), undefined);
    });

    it('ChaCha20-Poly1305: RFC 8439, section 2.8.2', () => {
      const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
      const nonce = hex('070000004041424344454647');
      const aad = hex('50515253c0c1c2c3c4c5c6c7');
      const text = new TextEncoder().encode(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
      );
      const sealed = p.seal(key, nonce, aad, text);
      assert.deepEqual(sealed.subarray(-16), hex('1ae10b594f09e26a7e902ecbd0600691'));
      assert.deepEqual(p.open(key, nonce, aad, sealed), text);
      for (const wrong of [key, nonce, aad, sealed]) {
        wrong[3] = (wrong[3] as number) ^ 4;
        assert.equal(p.open(key, nonce, aad, sealed), undefined);
        wrong[3] = (wrong[3] as number) ^ 4;
      }
    });

    it('HKDF-SHA256 without salt: RFC 5869, appendix A.3', () => {
      assert.deepEqual(
        p.hkdf(new Uint8Array(22).fill(0x0b), new Uint8Array(), 42),
        hex('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8'),
      );
    });

    it('ML-KEM-768 gives both sides one secret, and another for a changed ciphertext', () => {
      const pair = p.mlKemKeypair(bytes(64, 5));
      const { ciphertext, sharedSecret } = p.mlKemEncapsulate(pair.encapsulationKey);
      assert.deepEqual([ciphertext.length, sharedSecret.length], [1088, 32]);
      assert.deepEqual(pair.decapsulate(ciphertext), sharedSecret);
      ciphertext[99] = (ciphertext[99] as number) ^ 1;
      assert.notDeepEqual(pair.decapsulate(ciphertext), sharedSecret);
    });
  });

describe('noble and node:crypto', () => {
  it('the classical functions are there on every Node.js', () =>
    assert.ok(native.x25519Keypair && native.hkdf && native.seal));

  it('agree on X25519, HKDF and the cipher', () => {
    const own = { ...noble, ...native };
    for (let i = 0; i < 40; i += 1) {
      const [secret, peer] = [bytes(32, i), bytes(32, i + 100)];
      // Any 32 bytes are a public key; the top bit and values over the modulus are ignored (RFC 7748, section 5).
      if (i % 4 === 0) peer.fill(0xff, 1);
      assert.deepEqual(agree(own, secret, peer), agree(noble, secret, peer));
      assert.deepEqual(own.x25519Keypair(secret).publicKey, noble.x25519Keypair(secret).publicKey);
      assert.deepEqual(own.hkdf(bytes(i, 3), bytes(i, 4), i + 1), noble.hkdf(bytes(i, 3), bytes(i, 4), i + 1));
      const sealed = own.seal(secret, bytes(12, i), bytes(i, 1), bytes(i * 9, 2));
      assert.deepEqual(sealed, noble.seal(secret, bytes(12, i), bytes(i, 1), bytes(i * 9, 2)));
      assert.deepEqual(noble.open(secret, bytes(12, i), bytes(i, 1), sealed), bytes(i * 9, 2));
      assert.deepEqual(own.open(secret, bytes(12, i), bytes(i, 1), sealed), bytes(i * 9, 2));
    }
  });

  it('read each other’s envelopes', () => {
    for (const [, from] of implementations)
      for (const [, to] of implementations) {
        const x25519 = to.x25519Keypair(bytes(32, 8));
        const mlKem = to.mlKemKeypair(bytes(64, 9));
        const key = HybridPublicKey.fromBytes(Buffer.concat([x25519.publicKey, mlKem.encapsulationKey]));
        const envelope = sealEnvelope(from, key, bytes(100, 7), {
          keypair: from.x25519Generate(),
          nonce: bytes(12, 11),
        });
        const recipient = { agree: x25519.agree, decapsulate: mlKem.decapsulate };
        assert.deepEqual(openEnvelope(to, recipient, envelope), bytes(100, 7));
      }
  });

  it('agree on ML-KEM-768', { skip: hasMlKem ? false : 'node:crypto has it from Node.js 24.7 on' }, () => {
    const own = { ...noble, ...native };
    for (let i = 0; i < 10; i += 1) {
      const [a, b] = [own.mlKemKeypair(bytes(64, i)), noble.mlKemKeypair(bytes(64, i))];
      assert.deepEqual(a.encapsulationKey, b.encapsulationKey);
      const { ciphertext, sharedSecret } = own.mlKemEncapsulate(a.encapsulationKey);
      assert.deepEqual(b.decapsulate(ciphertext), sharedSecret);
      ciphertext[i] = (ciphertext[i] as number) ^ 1;
      assert.deepEqual(a.decapsulate(ciphertext), b.decapsulate(ciphertext));
    }
  });
});
