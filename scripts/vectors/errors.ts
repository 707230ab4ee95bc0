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

const TAILS: [string, string][] = [
  ...[...'!"#$%&\'()*+./;<=>?@[\\^_`{|}~'].map((tail): [string, string] => [
    `${tail.charCodeAt(0)}`,
    `the character ${tail}`,
  ]),
  ['0', 'a NUL'],
  ['13', 'a carriage return'],
  ['127', 'the control character 127'],
];

/** Whatever is neither letter nor digit ends a code; an underscore is neither. */
const endings = (): VectorCase[] =>
  TAILS.map(([code, comment]) =>
    one(
      `tail-character-${code}`,
      `behind the code: ${comment}`,
      ['FreeText'],
      `E006${String.fromCharCode(Number(code))}x`,
      'E006',
    ),
  );

/** A letter or digit behind the digits: another code than this registry has, or none. */
const longer = (): VectorCase[] =>
  [...'AMZamz123456789'].map((tail) =>
    one(
      `none-tail-${tail}`,
      `${/\d/.test(tail) ? 'a fourth digit' : 'a letter'} behind the code: ${tail}`,
      ['NoCode'],
      `E006${tail}: x`,
      null,
    ),
  );

/** Each code as a careless writer has it. */
const careless = (): VectorCase[] =>
  codes.flatMap(({ code, name }) => [
    one(`none-bare-${code}`, `${name} without its code`, ['NoCode'], `${name}: what happened`, null),
    one(`none-short-${code}`, `${code} without its zeros`, ['NoCode'], `E${Number(code.slice(1))}: ${name}`, null),
  ]);

const lookAlikes = (): VectorCase[] =>
  (
    [
      ['cyrillic', 'a Cyrillic letter that looks like E', '\u0415006: x'],
      ['greek', 'a Greek letter that looks like E', '\u0395006: x'],
      ['fullwidth-e', 'a full-width E', '\uff25006: x'],
      ['fullwidth-digits', 'full-width digits', 'E\uff10\uff10\uff16: x'],
      ['superscript', 'a superscript digit', 'E00\u2076: x'],
      ['devanagari', 'a Devanagari digit', 'E00\u096c: x'],
      ['combined', 'an E with an accent', 'E\u0301006: x'],
      ['letter-l', 'the letter l in place of a one', 'E0l6: x'],
      ['zero-width', 'a zero-width space before the code', '\u200bE006: x'],
      ['zero-width-inside', 'a zero-width space in the code', 'E\u200b006: x'],
      ['mark', 'a byte order mark before the code', '\ufeffE006: x'],
      ['no-break-space', 'a no-break space before the code', '\u00a0E006: x'],
      ['newline-first', 'a line break before the code', '\nE006: x'],
      ['second-line', 'the code at the front of the second line', 'failed\nE006: x'],
      ['tab-first', 'a tab before the code', '\tE006: x'],
      ['nul-first', 'a NUL before the code', '\0E006: x'],
      ['quoted', 'the code in quotes', '"E006": x'],
      ['bracketed', 'the code in brackets', '[E006] x'],
      ['word-first', 'a word before the code', 'code E006'],
      ['joined', 'a letter before the code', 'XE006: x'],
      ['twice-e', 'two E', 'EE006: x'],
      ['minus', 'a minus', 'E-06: x'],
      ['plus', 'a plus', 'E+06: x'],
      ['space-inside', 'a space behind the E', 'E 006: x'],
      ['hex', 'a hexadecimal digit', 'E00A: x'],
      ['decimal', 'a point', 'E0.6: x'],
      ['exponent', 'a number with an exponent', '1E006'],
      ['long', 'a long text with the code at its end', `${'x'.repeat(2000)} E006`],
    ] as const
  ).map(([id, comment, reason]) => one(`none-${id}`, comment, ['NoCode'], reason, null));

const anyOf = (id: string, comment: string, flag: string, reason: string, code: string): VectorCase => ({
  ...one(id, comment, [flag], reason, null),
  expected: acceptable({ code: null }),
  judge: { anyOf: [{ code: null }, { code }] },
});

/** What some RPC libraries put in front of a reason that came from a peer, and characters that not all take for letters. */
const open = (): VectorCase[] => [
  ...(
    [
      ['remote', 'remote exception: E006: x'],
      ['remote-twice', 'remote exception: remote exception: E006: x'],
      ['rpc', 'rpc: E006: x'],
    ] as const
  ).map(([id, reason]) =>
    anyOf(`prefix-${id}`, 'in front of the code: what a library puts there', 'Prefix', reason, 'E006'),
  ),
  ...(
    [
      ['accented', 'é'],
      ['arabic', '\u0661'],
      ['fullwidth', '\uff11'],
      ['combining', '\u0301'],
      ['kanji', '漢'],
      ['emoji', '😀'],
    ] as const
  ).map(([id, tail]) =>
    anyOf(
      `tail-unicode-${id}`,
      `behind the code: ${tail}, a letter or digit in some eyes`,
      'NotAscii',
      `E006${tail}: x`,
      'E006',
    ),
  ),
  ...['E025', 'E030', 'E100', 'E123', 'E200', 'E210', 'E220', 'E500', 'E600'].map((code) =>
    anyOf(`unknown-${code}`, `${code} is in no registry`, 'UnknownCode', `${code}: NEW: text`, code),
  ),
];

const long = (): VectorCase[] => [
  one('long-text', 'a text of 5,000 characters', ['FreeText'], `E006: ${'x'.repeat(5000)}`, 'E006'),
  one('many-lines', 'a text of many lines', ['FreeText'], `E006: ${'line\n'.repeat(50)}`, 'E006'),
  one('other-codes', 'further codes in the text', ['FreeText'], 'E006: E001: E002, E003', 'E006'),
  one(
    'right-to-left',
    'a text from right to left',
    ['FreeText'],
    'E006: \u05d2\u05d3\u05d5\u05dc \u05de\u05d3\u05d9',
    'E006',
  ),
];

export function errorsFile(): VectorFile {
  return {
    name: 'errors',
    description: 'Reasons of exceptions, and the code that a client reads from them.',
    flags: {
      FreeText: 'Names and texts behind the code are a server’s own.',
      NoCode: 'The reason does not begin with a code.',
      Prefix: 'Text that a library puts in front of what a peer said: a client may take it off before it looks.',
      NotAscii: 'A character beyond ASCII behind the code: for some a letter or digit, for others none.',
      UnknownCode: 'A code of a later registry, or none: a client may tell it, or take it for none.',
    },
    groups: [
      {
        kind: 'error-reason',
        requirements: ['ERR-002', 'ERR-003'],
        description: 'Reasons that begin with a code.',
        cases: [...withCode(), ...endings(), ...long()],
      },
      {
        kind: 'error-reason',
        requirements: ['ERR-002'],
        description: 'Reasons without a code.',
        cases: [...withoutCode(), ...longer(), ...careless(), ...lookAlikes()],
      },
      {
        kind: 'error-reason',
        requirements: ['ERR-002'],
        description: 'Codes that are not in the registry.',
        cases: unknown(),
      },
      {
        kind: 'error-reason',
        requirements: ['ERR-002'],
        description: 'Reasons that right readers differ about.',
        cases: open(),
      },
    ],
  };
}
