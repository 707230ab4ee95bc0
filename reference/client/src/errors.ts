import { parseReason } from '@quicnprotochat/proto';
import { QuicError } from '@quicnprotochat/quic';
import { RpcException, SessionEndedError } from '@quicnprotochat/rpc';

/**
 * What went wrong, from the side of whoever has to do something about it (spec: CLI-004):
 * `usage` the command line · `connection` no way to the server, or it was lost · `refused` the server answered with an
 * error · `certificate` the server's certificate is not the one trusted · `absent` what was asked for is not there ·
 * `untrusted` what the server or a peer sent does not hold · `state` the state file cannot be used · `failed` the rest.
 */
export type ErrorKind =
  | 'usage'
  | 'connection'
  | 'refused'
  | 'certificate'
  | 'absent'
  | 'untrusted'
  | 'state'
  | 'failed';

/** Exit code of the process for each kind (spec: CLI-004). */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  failed: 1,
  usage: 2,
  connection: 3,
  refused: 4,
  certificate: 5,
  absent: 6,
  untrusted: 7,
  state: 8,
};

/** 128 + SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130;

/** The one error of this package: a line that says what happened and what to do next. Never holds a secret. */
export class ClientError extends Error {
  /** Who has to do something about it. */
  readonly kind: ErrorKind;
  /** `E0NN`, or undefined where the server gave none. */
  readonly code: string | undefined;

  constructor(kind: ErrorKind, message: string, options: ErrorOptions & { code?: string | undefined } = {}) {
    super(message, options);
    this.name = 'ClientError';
    this.kind = kind;
    this.code = options.code;
  }
}

/** What to do about the errors of the registry that a user can do something about. */
const HINTS: Readonly<Record<string, string>> = {
  E001: 'this server wants a token: log in (quicnprotochat login), or give --access-token',
  E002: 'the token is empty: log in (quicnprotochat login), or give --access-token',
  E003: 'the server does not know this token, or it is for another device (--device-id): log in again',
  E010: 'the username or the password is wrong',
  E014: 'the server limits the rate: try again later',
  E015: 'the queue is full: the recipient has to fetch first',
  E016: 'the token belongs to another identity than the one of this state file',
  E017: 'the token has expired: log in again',
  E018: 'that username is taken: choose another, or log in without --register',
  E022: 'you, or the recipient, are no member of this channel: use its id (--channel-id) for the two of it only',
  E023: 'there is no such channel: make one with "quicnprotochat channel create", or leave --channel-id out',
};

/** Text of a stranger for a terminal: one line, no control characters, of bounded length. */
export function printable(text: string, length = 300): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return clean.length > length ? `${clean.slice(0, length)}…` : clean;
}

/** Whether another try on a new connection may help. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof SessionEndedError) return true;
  if (error instanceof RpcException) return error.type === 'disconnected';
  return (
    error instanceof QuicError && ['UNREACHABLE', 'HANDSHAKE_TIMEOUT', 'CLOSED', 'IDLE_TIMEOUT'].includes(error.code)
  );
}

/** Whether the method is not one of the server's. */
export function isUnimplemented(error: unknown): boolean {
  return (
    (error instanceof RpcException && error.type === 'unimplemented') ||
    (error instanceof ClientError && isUnimplemented(error.cause))
  );
}

/** @returns what any error means to a user */
export function toClientError(error: unknown, doing: string): ClientError {
  if (error instanceof ClientError) return error;
  if (error instanceof RpcException) return refusal(error, doing);
  if (error instanceof QuicError) {
    const kind = error.code === 'CERTIFICATE_REJECTED' ? 'certificate' : 'connection';
    return new ClientError(kind, `${doing}: ${printable(error.message)}`, { cause: error });
  }
  if (error instanceof SessionEndedError) {
    return new ClientError('connection', `${doing}: the connection was lost (${printable(error.end.reason)})`, {
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === 'CoreError')
    return new ClientError(coreKind((error as Error & { code?: string }).code), `${doing}: ${message}`, {
      cause: error,
    });
  return new ClientError('failed', `${doing}: ${printable(message)}`, { cause: error });
}

const STATE_CODE = /^(?:PASSPHRASE|STORE|STATE)_/;
const UNTRUSTED_CODE = /^(?:KEY_PACKAGE|WELCOME|MESSAGE|HYBRID)_|^IDENTITY_MISMATCH$/;

/** A CoreError is told by its name: to load its package for that would cost every command. */
function coreKind(code = ''): ErrorKind {
  if (STATE_CODE.test(code)) return 'state';
  return UNTRUSTED_CODE.test(code) ? 'untrusted' : 'failed';
}

function refusal(error: RpcException, doing: string): ClientError {
  if (error.type === 'unimplemented') {
    return new ClientError('refused', `${doing}: this server does not offer that`, { cause: error });
  }
  const code = parseReason(error.reason);
  const hint = code === undefined ? undefined : HINTS[code];
  const text = `${doing}: the server refused: ${printable(error.reason)}${hint === undefined ? '' : ` (${hint})`}`;
  return new ClientError('refused', text, { cause: error, code });
}
