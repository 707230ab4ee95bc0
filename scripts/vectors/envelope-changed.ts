// Envelopes of which a pointer was changed.
import { layOut, message } from './capnp.ts';
import { CHANGED_FLAGS, changedFarPointers, changedPointers, type Family, shortened } from './capnp-changed.ts';
import { base, type Fields, node, parse } from './envelope-fields.ts';
import { ENVELOPE } from './envelope-model.ts';
import { bytesOf, invalid, type VectorCase, type VectorFile, withFlags } from './file.ts';

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

const has = (result: string) => (one: VectorCase) => one.expected.result === result;

export function envelopeChangedFile(): VectorFile {
  const all = families();
  return withFlags(
    {
      name: 'envelope-changed',
      schema: 'envelope',
      description:
        'Right Envelope messages of which one word was changed, or that were cut, and how a receiver must judge them.',
      groups: [
        {
          kind: 'envelope-parse',
          requirements: ['ENV-001', 'ENV-007'],
          description: 'One word is changed, and it is a right Envelope all the same.',
          cases: all.filter(has('valid')),
        },
        {
          kind: 'envelope-parse',
          requirements: ['ENV-006'],
          description: 'One pointer is changed, and the message is malformed, or its values are wrong.',
          cases: all.filter(has('invalid')),
        },
        {
          kind: 'envelope-parse',
          requirements: ['ENV-006', 'ENV-010'],
          description: 'One pointer is changed so that right readers differ: they refuse it, or read the same of it.',
          cases: all.filter(has('acceptable')),
        },
        {
          kind: 'envelope-parse',
          requirements: ['ENV-006'],
          description: 'Cut at each byte.',
          cases: cuts(),
        },
      ],
    },
    { ...CHANGED_FLAGS, Truncated: 'The message is cut.' },
  );
}
