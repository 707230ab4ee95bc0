import { built } from './envelope-built.ts';
import { malformed, refusedValues } from './envelope-refused.ts';
import { idLengths, newerFields, payloads, present, scattered, sizes, times, unknownTypes } from './envelope-values.ts';
import { oddLayouts, otherSchemas, wellFormed } from './envelope-well-formed.ts';
import type { VectorFile } from './file.ts';

export function envelopeFile(): VectorFile {
  const broken = malformed();
  return {
    name: 'envelope',
    description: 'Envelope messages (schemas/envelope.capnp), and how a receiver must judge them.',
    flags: {
      OddLayout: 'Well-formed, laid out in a way that the usual encoders do not choose.',
      OtherSchema: 'A struct as a newer or older schema has it: further fields are ignored, absent ones are defaults.',
      UnknownType: 'msgType is no value of the enum.',
      IdLength: 'groupId or senderId has neither 32 bytes nor none.',
      Truncated: 'The message is cut.',
      LeftOver: 'Something lies behind the message.',
      BadTable: 'The segment table does not fit the bytes.',
      BadPointer: 'A pointer leads out of the message, or is encoded in a way that is reserved.',
      WrongKind:
        'A pointer leads to another kind of value than the schema says. To refuse it is right, and to read the field as absent.',
    },
    groups: [
      {
        kind: 'envelope-parse',
        requirements: ['ENV-001', 'ENV-002', 'ENV-005'],
        description: 'Envelopes as they are.',
        cases: [...wellFormed(), ...present(), ...times(), ...payloads()],
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-001'],
        description: 'Envelopes in unusual layouts.',
        cases: [...oddLayouts(), ...scattered()],
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-007'],
        description: 'Envelopes of newer and older schemas.',
        cases: [...otherSchemas(), ...sizes(), ...newerFields()],
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-002', 'ENV-003', 'ENV-004'],
        description: 'Values that a receiver refuses.',
        cases: [...refusedValues(), ...unknownTypes(), ...idLengths()],
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-006'],
        description: 'Bytes that are no envelope.',
        cases: broken.filter(({ flags }) => !flags.includes('WrongKind')),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-010'],
        description: 'Pointers to another kind of value than the schema says.',
        cases: broken.filter(({ flags }) => flags.includes('WrongKind')),
      },
      {
        kind: 'envelope-build',
        requirements: ['ENV-001', 'ENV-003', 'ENV-004'],
        description: 'Envelopes to be built; the suite reads what comes back.',
        cases: built(),
      },
    ],
  };
}
