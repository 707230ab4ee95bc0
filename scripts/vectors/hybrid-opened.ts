// Envelopes that open.
import { acceptable, bytesOf, type Expected, flipBit, hex, type VectorCase, valid } from './file.ts';
import { LENGTHS, plaintext } from './hybrid-samples.ts';
import { bob, choicesOf, keypair, seal } from './hybrid-scheme.ts';

/** A case of an envelope that is to be opened, by Bob unless another seed is given. */
export const open = (
  id: string,
  comment: string,
  flags: string[],
  envelope: Uint8Array,
  expected: Expected,
  seed = bob.seed,
): VectorCase => ({
  id: `hybrid-open-${id}`,
  comment,
  flags,
  input: { seed: hex(seed), envelope: hex(envelope) },
  expected,
});

export function opened(): VectorCase[] {
  const cases = LENGTHS.map((length) => {
    const text = bytesOf(`hybrid plaintext ${length}`, length);
    return open(
      `length-${length}`,
      `a plaintext of ${length} bytes`,
      [],
      seal(bob.publicKey, text, choicesOf(`hybrid length ${length}`)),
      valid({ plaintext: hex(text) }),
    );
  });
  for (let i = 1; i <= 4; i += 1) {
    const other = keypair(bytesOf(`hybrid seed ${i}`, 96));
    const text = bytesOf(`hybrid to ${i}`, 30);
    cases.push(
      open(
        `key-${i}`,
        `for seed ${i}`,
        [],
        seal(other.publicKey, text, choicesOf(`hybrid to ${i}`)),
        valid({ plaintext: hex(text) }),
        other.seed,
      ),
    );
  }
  const zeros = { ephemeral: bytesOf('hybrid zeros', 32), coins: new Uint8Array(32), nonce: new Uint8Array(12) };
  cases.push(
    open(
      'zero-nonce',
      'coins and nonce of zero bytes',
      [],
      seal(bob.publicKey, plaintext, zeros),
      valid({ plaintext: hex(plaintext) }),
    ),
  );
  return cases;
}

/** Ephemeral keys that RFC 7748 wants taken as another: the header holds what was sent. */
export function nonCanonicalEphemeral(): VectorCase[] {
  const choices = choicesOf('hybrid top bit');
  const own = seal(bob.publicKey, plaintext, choices).slice(1, 33);
  return [
    open(
      'ephemeral-top-bit',
      'the ignored top bit of the ephemeral key is set, and the tag is right for it',
      ['NonCanonicalX25519'],
      seal(bob.publicKey, plaintext, choices, { ephemeralPublicKey: flipBit(own, 255) }),
      acceptable({ plaintext: hex(plaintext) }),
    ),
  ];
}
