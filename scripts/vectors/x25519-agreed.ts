// X25519 with keys of every kind (RFC 7748): at random, on the twist, at the edges of the field, written otherwise.
import { x25519 } from '@noble/curves/ed25519.js';
import { acceptable, bytesOf, hex, range, type VectorCase, valid } from './file.ts';
import { littleEndian } from './hybrid-scheme.ts';

const P = 2n ** 255n - 19n;

function one(id: string, comment: string, secret: Uint8Array, publicKey: Uint8Array, flags: string[] = []): VectorCase {
  const output = { sharedSecret: hex(x25519.getSharedSecret(secret, publicKey)) };
  return {
    id: `x25519-${id}`,
    comment,
    flags,
    input: { secret: hex(secret), publicKey: hex(publicKey) },
    expected: flags.includes('NonCanonicalX25519') ? acceptable(output) : valid(output),
  };
}

/** Whether u is the coordinate of a point of the curve, and not of its twist: v^2 = u^3 + 486662 u^2 + u. */
function isOnCurve(u: bigint): boolean {
  let [base, exponent, power] = [(u * u * u + 486662n * u * u + u) % P, (P - 1n) / 2n, 1n];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % P;
    base = (base * base) % P;
  }
  return power === 1n;
}

export function moreAgreements(): VectorCase[] {
  const secret = bytesOf('x25519 edge secret', 32);
  const peer = x25519.getPublicKey(bytesOf('x25519 edge peer', 32));
  const points = range(1, 40).map((i) => {
    const key = bytesOf(`x25519 any point ${i}`, 32);
    key[31] = (key[31] as number) & 0x7f;
    const u = BigInt(`0x${hex(key.slice().reverse())}`);
    return one(
      `point-${i}`,
      `any u, which is one of ${isOnCurve(u) ? 'the curve' : 'its twist'}`,
      bytesOf(`x25519 point secret ${i}`, 32),
      key,
      isOnCurve(u) ? [] : ['Twist'],
    );
  });
  const clamped = range(0, 31).map((bits) => {
    const changed = Uint8Array.from(secret);
    changed[0] = ((changed[0] as number) & 0xf8) | (bits & 7);
    changed[31] = ((changed[31] as number) & 0x3f) | ((bits >> 3) << 6);
    return one(
      `fixed-bits-${bits}`,
      `a secret whose five fixed bits are ${bits.toString(2).padStart(5, '0')}: they make no difference`,
      changed,
      peer,
    );
  });
  const edges: [string, bigint][] = [
    ...range(2, 9).map((u): [string, bigint] => [`u-${u}`, BigInt(u)]),
    ['u-2-127', 2n ** 127n],
    ['u-2-128-minus-1', 2n ** 128n - 1n],
    ['u-2-254', 2n ** 254n],
    ['u-p-minus-2', P - 2n],
    ['u-p-minus-3', P - 3n],
    ['u-2-255-minus-20', 2n ** 255n - 21n],
    ['u-alternating', BigInt(`0x${'55'.repeat(32)}`)],
  ];
  const limbs = [51, 102, 153, 204, 26, 77, 128, 179, 230].flatMap((bit): [string, bigint][] => [
    [`u-limb-${bit}`, 2n ** BigInt(bit) - 1n],
  ]);
  const others = range(2, 18).map((u) =>
    one(`non-canonical-${u}`, `p + ${u}, another encoding of ${u}`, secret, littleEndian(P + BigInt(u)), [
      'NonCanonicalX25519',
    ]),
  );
  const top = range(1, 4).map((i) => {
    const key = x25519.getPublicKey(bytesOf(`x25519 top peer ${i}`, 32));
    key[31] = (key[31] as number) | 0x80;
    return one(`top-bit-${i}`, 'the ignored top bit of the public key is set', secret, key, ['NonCanonicalX25519']);
  });
  return [
    ...points,
    ...clamped,
    ...[...edges, ...limbs].map(([id, u]) => one(id, `u = ${u}`, secret, littleEndian(u))),
    ...others,
    ...top,
    one('secret-zero', 'a secret of zero bytes', new Uint8Array(32), peer),
    one('secret-ones', 'a secret of 0xff', new Uint8Array(32).fill(255), peer),
  ];
}
