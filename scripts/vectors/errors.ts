import { acceptable, type VectorCase, type VectorFile, valid } from './file.ts';

const NAMES = [
  'AUTH_VERSION',
  'AUTH_TOKEN_EMPTY',
  'AUTH_TOKEN_INVALID',
  'IDENTITY_KEY_LENGTH',
  'PAYLOAD_EMPTY',
  'PAYLOAD_TOO_LARGE',
  'PACKAGE_EMPTY',
  'PACKAGE_TOO_LARGE',
  'STORAGE_ERROR',
  'OPAQUE_ERROR',
  'USERNAME_EMPTY',
  'WIRE_VERSION',
  'HYBRID_KEY_EMPTY',
  'RATE_LIMITED',
  'QUEUE_FULL',
  'IDENTITY_MISMATCH',
  'TOKEN_EXPIRED',
  'USER_EXISTS',
  'NO_PENDING_LOGIN',
  'BAD_PARAMS',
  'RESERVED',
  'CHANNEL_ACCESS_DENIED',
  'CHANNEL_NOT_FOUND',
];
const codes = NAMES.map((name, i) => ({ code: `E${String(i + 1).padStart(3, '0')}`, name })).filter(
  ({ name }) => name !== 'RESERVED',
);

const one = (id: string, comment: string, flags: string[], reason: string, code: string | null): VectorCase => ({
  id: `error-reason-${id}`,
  comment,
  flags,
  input: { reason },
  expected: valid({ code }),
});

function withCode(): VectorCase[] {
  const cases = codes.flatMap(({ code, name }) => [
    one(code, `${code} as the reference writes it`, [], `${code}: ${name}: what happened`, code),
    one(`${code}-alone`, `${code} and nothing more`, [], code, code),
  ]);
  const tails: [string, string, string][] = [
    ['space', 'a space', ' too long'],
    ['colon', 'a colon alone', ':'],
    ['bracket', 'a bracket', '] too long'],
    ['dash', 'a dash', '-too-long'],
    ['newline', 'a line break', '\ntoo long'],
    ['tab', 'a tab', '\ttoo long'],
    ['comma', 'a comma, and another code', ', E005'],
    ['other-name', 'another name than the registry has', ': TOO_MUCH: 5 MiB are allowed'],
    ['unicode-text', 'a text that is not ASCII', ': zu groß – 5 MiB'],
  ];
  for (const [id, comment, tail] of tails)
    cases.push(one(`tail-${id}`, `behind the code: ${comment}`, ['FreeText'], `E006${tail}`, 'E006'));
  return cases;
}

const withoutCode = (): VectorCase[] =>
  (
    [
      ['empty', 'nothing', ''],
      ['text', 'a text', 'payload too large'],
      ['later', 'a code that is not at the front', 'error E006: PAYLOAD_TOO_LARGE'],
      ['space-first', 'a space before the code', ' E006: x'],
      ['lower', 'a small e', 'e006: x'],
      ['two-digits', 'two digits', 'E06: x'],
      ['four-digits', 'four digits', 'E0060: x'],
      ['letter-behind', 'a letter behind the code', 'E006x'],
      ['letter-e', 'only an E', 'E'],
      ['no-e', 'only digits', '006: x'],
      ['other-digits', 'digits of another script', 'E٠٠٦: x'],
      ['zero-letter', 'the letter O in place of a zero', 'EO06: x'],
    ] as const
  ).map(([id, comment, reason]) => one(`none-${id}`, comment, ['NoCode'], reason, null));

const unknown = (): VectorCase[] =>
  ['E000', 'E021', 'E024', 'E099', 'E999'].map((code) => ({
    ...one(`unknown-${code}`, `${code} is in no registry, or reserved`, ['UnknownCode'], `${code}: NEW: text`, null),
    // A client may hand an unknown code on, or take it for none.
    expected: acceptable({ code: null }),
    judge: { anyOf: [{ code: null }, { code }] },
  }));

export function errorsFile(): VectorFile {
  return {
    name: 'errors',
    description: 'Reasons of exceptions, and the code that a client reads from them.',
    flags: {
      FreeText: 'Names and texts behind the code are a server’s own.',
      NoCode: 'The reason does not begin with a code.',
      UnknownCode: 'A code of a later registry, or none: a client may tell it, or take it for none.',
    },
    groups: [
      {
        kind: 'error-reason',
        requirements: ['ERR-002', 'ERR-003'],
        description: 'Reasons that begin with a code.',
        cases: withCode(),
      },
      { kind: 'error-reason', requirements: ['ERR-002'], description: 'Reasons without a code.', cases: withoutCode() },
      {
        kind: 'error-reason',
        requirements: ['ERR-002'],
        description: 'Codes that are not in the registry.',
        cases: unknown(),
      },
    ],
  };
}
