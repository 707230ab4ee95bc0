import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOW_ORDER_POINTS } from '../../test/low-order-points.ts';
import { CoreError, type CoreErrorCode } from '../errors.ts';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import { hybridDecrypt, hybridEncrypt } from './hybrid.ts';
import { HybridKeypair, HybridPublicKey } from './keys.ts';
import { HEADER_LEN, HYBRID_OVERHEAD, HYBRID_SEED_LEN } from './layout.ts';
import { noble } from './noble.ts';
import type { HybridPrimitives, X25519Keypair } from './primitive-types.ts';

const bob = HybridKeypair.fromSeed(Uint8Array.from({ length: HYBRID_SEED_LEN }, (_, i) => i + 1));
const plaintext = new TextEncoder().encode('hello, Bob');
const refuses = (code: CoreErrorCode, act: () => unknown): void =>
  assert.throws(act, (error) => error instanceof CoreError && error.code === code);

describe('hybrid envelope', () => {
  it('is read by its recipient, whatever the length', () => {
    for (const length of [0, 1, 1023, 65_535, 300_000]) {
      const bytes = new Uint8Array(length).fill(length);
      const envelope = hybridEncrypt(bob.publicKey, bytes);
      assert.equal(envelope.length, length + HYBRID_OVERHEAD);
      assert.deepEqual(hybridDecrypt(bob, envelope), bytes);
    }
  });

  it('never looks the same twice', () => {
    const [a, b] = [hybridEncrypt(bob.publicKey, plaintext), hybridEncrypt(bob.publicKey, plaintext)];
    for (const [from, to] of [
      [1, 33],
      [33, 1121],
      [1121, 1133],
      [1133, a.length],
    ])
      assert.notDeepEqual(a.slice(from, to), b.slice(from, to));
  });

  it('is nobody else’s to read', () => {
    using eve = HybridKeypair.generate();
    refuses('HYBRID_TAG', () => hybridDecrypt(eve, hybridEncrypt(bob.publicKey, plaintext)));
  });

  it('is refused with any bit of it flipped', () => {
    const envelope = hybridEncrypt(bob.publicKey, plaintext);
    const bits = [...Array(envelope.length * 8).keys()].filter((bit) => {
      const byte = bit >> 3;
      // Every bit of version, ephemeral key, nonce, ciphertext and tag; of the ML-KEM ciphertext each seventh.
      return byte < 33 || byte >= 1121 || bit % 7 === 0;
    });
    for (const bit of bits) {
      const flipped = Uint8Array.from(envelope);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      refuses(bit < 8 ? 'HYBRID_VERSION' : 'HYBRID_TAG', () => hybridDecrypt(bob, flipped));
    }
  });

  it('is refused when it is cut', () => {
    const envelope = hybridEncrypt(bob.publicKey, plaintext);
    for (const length of [0, 1, 32, 33, 1120, HEADER_LEN, HYBRID_OVERHEAD - 1])
      refuses('HYBRID_SHORT', () => hybridDecrypt(bob, envelope.subarray(0, length)));
    for (const length of [HYBRID_OVERHEAD, envelope.length - 1])
      refuses('HYBRID_TAG', () => hybridDecrypt(bob, envelope.subarray(0, length)));
    refuses('HYBRID_TAG', () => hybridDecrypt(bob, Uint8Array.from([...envelope, 0])));
  });

  it('tells a version that it does not know, however long', () => {
    const envelope = hybridEncrypt(bob.publicKey, plaintext);
    for (const version of [0, 2, 255]) {
      envelope[0] = version;
      refuses('HYBRID_VERSION', () => hybridDecrypt(bob, envelope));
      refuses('HYBRID_VERSION', () => hybridDecrypt(bob, envelope.subarray(0, 1)));
    }
  });

  it('refuses X25519 keys of low order on both sides', () => {
    assert.equal(LOW_ORDER_POINTS.length, 14);
    const envelope = hybridEncrypt(bob.publicKey, plaintext);
    for (const point of LOW_ORDER_POINTS) {
      const forged = Uint8Array.from(envelope);
      forged.set(point, 1);
      refuses('HYBRID_LOW_ORDER', () => hybridDecrypt(bob, forged));
      const key = bob.publicKey.toBytes();
      key.set(point);
      const weak = HybridPublicKey.fromBytes(key);
      refuses('HYBRID_LOW_ORDER', () => hybridEncrypt(weak, plaintext));
    }
  });

  it('leaves neither ephemeral secret nor shared secrets behind', () => {
    const seen: Uint8Array[] = [];
    const watch = <T extends Uint8Array | undefined>(bytes: T): T => {
      if (bytes) seen.push(bytes);
      return bytes;
    };
    const watched: HybridPrimitives = {
      ...noble,
      mlKemEncapsulate: (key) => {
        const made = noble.mlKemEncapsulate(key);
        watch(made.sharedSecret);
        return made;
      },
      hkdf: (ikm, info, length) => {
        watch(ikm);
        return watch(noble.hkdf(ikm, info, length));
      },
    };
    const keypair = noble.x25519Generate();
    let isWiped = false;
    const ephemeral: X25519Keypair = {
      publicKey: keypair.publicKey,
      agree: (peer) => watch(keypair.agree(peer)),
      wipe: () => {
        isWiped = true;
      },
    };
    const envelope = sealEnvelope(watched, bob.publicKey, plaintext, { keypair: ephemeral, nonce: new Uint8Array(12) });
    assert.ok(isWiped);
    assert.equal(seen.length, 4);
    const recipient = {
      agree: (peer: Uint8Array) => watch(bob.agree(peer)),
      decapsulate: (ciphertext: Uint8Array) => watch(bob.decapsulate(ciphertext)),
    };
    openEnvelope(watched, recipient, envelope);
    envelope[1140] = (envelope[1140] as number) ^ 1;
    refuses('HYBRID_TAG', () => openEnvelope(watched, recipient, envelope));
    assert.equal(seen.length, 12);
    for (const bytes of seen) assert.ok(bytes.every((byte) => byte === 0));
    keypair.wipe();
    // What is left of the ephemeral secret is the secret of zero bytes.
    assert.deepEqual(
      keypair.agree(bob.publicKey.x25519),
      noble.x25519Keypair(new Uint8Array(32)).agree(bob.publicKey.x25519),
    );
  });
});

describe('hybrid keys', () => {
  it('have 1,216 bytes', () => {
    const bytes = bob.publicKey.toBytes();
    assert.deepEqual(HybridPublicKey.fromBytes(bytes).toBytes(), bytes);
    for (const wrong of [new Uint8Array(), bytes.subarray(1), Uint8Array.from([...bytes, 0])])
      refuses('HYBRID_PUBLIC_KEY', () => HybridPublicKey.fromBytes(wrong));
  });

  it('are refused when a coefficient is 3,329 or more, at any place', () => {
    for (let i = 0; i < 768; i += 1) {
      for (const [value, isRight] of [
        [3328, true],
        [3329, false],
        [4095, false],
      ] as const) {
        const bytes = bob.publicKey.toBytes();
        const at = 32 + Math.floor(i / 2) * 3;
        const [a, b, c] = bytes.subarray(at, at + 3) as unknown as [number, number, number];
        const packed =
          i % 2 === 0
            ? [value & 0xff, (b & 0xf0) | (value >> 8), c]
            : [a, (b & 0x0f) | ((value & 0x0f) << 4), value >> 4];
        bytes.set(packed, at);
        if (isRight) HybridPublicKey.fromBytes(bytes);
        else refuses('HYBRID_PUBLIC_KEY', () => HybridPublicKey.fromBytes(bytes));
        if (i % 96 === 0 && !isRight) assert.throws(() => noble.mlKemEncapsulate(bytes.subarray(32)));
      }
    }
  });

  it('come back from their seed', () => {
    using pair = HybridKeypair.generate();
    const seed = pair.exportSeed();
    assert.equal(seed.length, HYBRID_SEED_LEN);
    using again = HybridKeypair.fromSeed(seed);
    assert.deepEqual(again.publicKey.toBytes(), pair.publicKey.toBytes());
    assert.deepEqual(hybridDecrypt(again, hybridEncrypt(pair.publicKey, plaintext)), plaintext);
    for (const wrong of [new Uint8Array(), seed.subarray(1), Uint8Array.from([...seed, 0])])
      refuses('HYBRID_SEED', () => HybridKeypair.fromSeed(wrong));
  });

  it('do nothing once they are wiped, and are not shared with the caller', () => {
    const seed = new Uint8Array(HYBRID_SEED_LEN).fill(7);
    const pair = HybridKeypair.fromSeed(seed);
    const envelope = hybridEncrypt(pair.publicKey, plaintext);
    pair.exportSeed().fill(0);
    pair.publicKey.toBytes().fill(0);
    assert.deepEqual(hybridDecrypt(pair, envelope), plaintext);
    pair.dispose();
    assert.ok(seed.every((byte) => byte === 7));
    refuses('DISPOSED', () => hybridDecrypt(pair, envelope));
    refuses('DISPOSED', () => pair.exportSeed());
  });
});
