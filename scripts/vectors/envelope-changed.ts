// Envelopes of which a pointer was changed.
import { layOut, message } from './capnp.ts';
import { changedFarPointers, changedFile, changedPointers, type Family, shortened } from './capnp-changed.ts';
import { base, type Fields, node, parse } from './envelope-fields.ts';
import { ENVELOPE } from './envelope-model.ts';
import { bytesOf, invalid, type VectorCase, type VectorFile } from './file.ts';

const POINTERS = { '': 'root', '0': 'groupId', '1': 'senderId', '2': 'payload' };
const fields: Fields = { ...base, payload: bytesOf('changed payload', 13) };

function families(): VectorCase[] {
  const seen = new Set<string>();
  const family = (prefix: string, title: string): Family => ({ prefix, title, schema: ENVELOPE, make: parse, seen });
  const root = node(fields);
  return [
    ...changedPointers(family('near', 'an Envelope'), layOut(root), POINTERS),
    ...changedPointers(family('spaced', 'an Envelope with unused words'), layOut(root, { gap: 1 }), POINTERS),
    ...changedFarPointers(
      family('far', 'an Envelope of far pointers'),
      layOut(root, { reach: 'far', gap: 1 }),
      POINTERS,
    ),
    ...changedFarPointers(
      family('double-far', 'an Envelope of double-far pointers'),
      layOut(root, { reach: 'double-far' }),
      POINTERS,
    ),
    ...shortened(family('short', 'an Envelope'), layOut(root)),
  ];
}

/** At each byte; the segment table goes on to say what there was. */
function cuts(): VectorCase[] {
  const bytes = message(node({ ...fields, timestampMs: 77n }));
  return Array.from({ length: bytes.length }, (_, length) =>
    parse(
      `ends-${length}`,
      `an Envelope that ends after ${length} of ${bytes.length} bytes`,
      ['Truncated'],
      bytes.subarray(0, length),
      invalid('malformed'),
    ),
  ).slice(1);
}

export const envelopeChangedFile = (): VectorFile =>
  changedFile(
    {
      name: 'envelope-changed',
      schema: 'envelope',
      description:
        'Right Envelope messages of which one word was changed, or that were cut, and how a receiver must judge them.',
    },
    'envelope-parse',
    { changed: families(), cut: cuts() },
    {
      valid: {
        requirements: ['ENV-001', 'ENV-007'],
        description: 'One word is changed, and it is a right Envelope all the same.',
      },
      invalid: {
        requirements: ['ENV-006'],
        description: 'One pointer is changed, and the message is malformed, or its values are wrong.',
      },
      acceptable: ['ENV-006', 'ENV-010'],
      cut: { requirements: ['ENV-006'], description: 'Cut at each byte.' },
    },
  );
