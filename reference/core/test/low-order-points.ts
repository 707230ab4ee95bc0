const P = 2n ** 255n - 19n;

/** u coordinates of the points of order 1, 2, 4 and 8, on the curve and its twist. */
const COORDINATES = [
  0n,
  1n,
  P - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];

const littleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

/**
 * Every encoding of 32 bytes that X25519 maps to zero (RFC 7748, sections 5 and 6.1): the five coordinates, two of them
 * also over the modulus, where they fit into 255 bits; each with and without the ignored top bit, where that makes another.
 */
export const LOW_ORDER_POINTS: readonly Uint8Array[] = [...COORDINATES, P, P + 1n]
  .flatMap((u) => [u, u + 2n ** 255n])
  .map(littleEndian);
