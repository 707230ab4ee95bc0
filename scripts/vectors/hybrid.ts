import type { VectorFile } from './file.ts';
import { encrypted, keys, refusedKeys, sealed } from './hybrid-encrypted.ts';
import { nonCanonicalEphemeral, opened } from './hybrid-opened.ts';
import { changed, lowOrderEphemeral, refusedHeaders } from './hybrid-refused.ts';

/** What the flags of these files mean. */
export const HYBRID_FLAGS: Record<string, string> = {
  Version: 'A version that is not known.',
  Short: 'Shorter than header and tag.',
  FlippedBit: 'One bit of a right envelope flipped.',
  Changed: 'A right envelope, changed.',
  Spliced: 'A part of another right envelope.',
  OtherRecipient: 'A right envelope for another key.',
  WrongConstruction: 'Made in another way than the specification says: whoever opens it makes such ones, too.',
  LowOrder: 'An X25519 key whose shared secret is zero, whatever the other key: everybody knows it.',
  NonCanonicalKey: 'An ML-KEM encapsulation key with a coefficient of 3,329 or more (FIPS 203, section 7.2).',
  NonCanonicalX25519: 'RFC 7748 takes it for another encoding of a key; stricter libraries refuse it.',
  KeyLength: 'A public key of another length than 1,216 bytes.',
  Deterministic:
    'The random choices are given. Only for implementations that have a seam for tests; others answer "unsupported".',
};

export function hybridFile(): VectorFile {
  return {
    name: 'hybrid-v1',
    description:
      'The hybrid envelope v1: keys, right envelopes, and every way of being wrong with the error that it gives.',
    flags: HYBRID_FLAGS,
    groups: [
      {
        kind: 'hybrid-key',
        requirements: ['HYB-002'],
        description: 'Seed (X25519 secret 32, ML-KEM d | z 64) → public key.',
        cases: keys(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-001', 'HYB-003', 'HYB-004'],
        description: 'Envelopes that open.',
        cases: [...opened(), ...nonCanonicalEphemeral()],
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-006', 'HYB-007', 'HYB-011'],
        description: 'Versions and lengths that are refused.',
        cases: refusedHeaders(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-003', 'HYB-004', 'HYB-008'],
        description: 'Envelopes that were changed, are for another key, or were made wrongly.',
        cases: changed(),
      },
      {
        kind: 'hybrid-open',
        requirements: ['HYB-005'],
        description: 'Ephemeral keys of low order.',
        cases: lowOrderEphemeral(),
      },
      {
        kind: 'hybrid-encrypt',
        requirements: ['HYB-001'],
        description: 'Plaintexts to be encrypted; the suite opens what comes back.',
        cases: encrypted(),
      },
      {
        kind: 'hybrid-encrypt',
        requirements: ['HYB-002', 'HYB-005', 'HYB-009'],
        description: 'Public keys that nothing may be encrypted to, and ones at the edge.',
        cases: refusedKeys(),
      },
      {
        kind: 'hybrid-seal',
        requirements: ['HYB-001', 'HYB-003', 'HYB-004'],
        description: 'The whole envelope, with the random choices given.',
        cases: sealed(),
      },
    ],
  };
}
