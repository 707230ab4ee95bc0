/**
 * The error registry (spec: ERR). An application error travels as a Cap'n Proto exception whose reason is
 * `E0NN: NAME: text`; only the leading `E0NN` is for machines.
 */
export const ERROR_CODES = {
  E001: 'AUTH_VERSION',
  E002: 'AUTH_TOKEN_EMPTY',
  E003: 'AUTH_TOKEN_INVALID',
  E004: 'IDENTITY_KEY_LENGTH',
  E005: 'PAYLOAD_EMPTY',
  E006: 'PAYLOAD_TOO_LARGE',
  E007: 'PACKAGE_EMPTY',
  E008: 'PACKAGE_TOO_LARGE',
  E009: 'STORAGE_ERROR',
  E010: 'OPAQUE_ERROR',
  E011: 'USERNAME_EMPTY',
  E012: 'WIRE_VERSION',
  E013: 'HYBRID_KEY_EMPTY',
  E014: 'RATE_LIMITED',
  E015: 'QUEUE_FULL',
  E016: 'IDENTITY_MISMATCH',
  E017: 'TOKEN_EXPIRED',
  E018: 'USER_EXISTS',
  E019: 'NO_PENDING_LOGIN',
  E020: 'BAD_PARAMS',
  E021: 'RESERVED',
  E022: 'CHANNEL_ACCESS_DENIED',
  E023: 'CHANNEL_NOT_FOUND',
} as const;

/** `E001` … `E023`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** @returns the reason of an exception, `E0NN: NAME: text` (spec: ERR) */
export function formatReason(code: ErrorCode, text: string): string {
  return `${code}: ${ERROR_CODES[code]}: ${text}`;
}

/**
 * Reads the code that a reason begins with; names and texts are free, so nothing after it matters.
 * @returns undefined when the reason does not begin with a code of the registry
 */
export function parseReason(reason: string): ErrorCode | undefined {
  const code = /^E\d{3}(?![0-9A-Za-z])/.exec(reason)?.[0];
  return code !== undefined && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : undefined;
}
