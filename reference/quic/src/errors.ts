/**
 * What ended a connection, a stream or an attempt:
 * `CONFIGURATION` certificate, key or option unusable · `UNREACHABLE` nothing listens there (ICMP), or the name does not
 * resolve · `HANDSHAKE_TIMEOUT` no answer in time · `ALPN_MISMATCH` no common protocol (TLS alert 120, 0x178) ·
 * `CERTIFICATE_REJECTED` not the certificate that was asked for · `HANDSHAKE_FAILED` any other failure before the
 * connection stood · `CLOSED` the connection is over ·
 * `IDLE_TIMEOUT` nothing was heard for too long · `STREAM_RESET` / `STREAM_STOPPED` by the peer, with its code ·
 * `STREAM_LIMIT` the peer allows no further stream.
 */
export type QuicErrorCode =
  | 'CONFIGURATION'
  | 'UNREACHABLE'
  | 'HANDSHAKE_TIMEOUT'
  | 'ALPN_MISMATCH'
  | 'CERTIFICATE_REJECTED'
  | 'HANDSHAKE_FAILED'
  | 'CLOSED'
  | 'IDLE_TIMEOUT'
  | 'STREAM_RESET'
  | 'STREAM_STOPPED'
  | 'STREAM_LIMIT';

/** The one error of this package. */
export class QuicError extends Error {
  /** What happened. */
  readonly code: QuicErrorCode;
  /** Error code on the wire: of the application for streams, of the close frame for connections. */
  readonly errorCode: number | undefined;

  constructor(code: QuicErrorCode, message: string, options: ErrorOptions & { errorCode?: number } = {}) {
    super(message, options);
    this.name = 'QuicError';
    this.code = code;
    this.errorCode = options.errorCode;
  }
}

/** How a connection ended. */
export interface CloseInfo {
  /** `local` closed here · `peer` by the other side · `timeout` nothing was heard · `lost` no end was heard of. */
  by: 'local' | 'peer' | 'timeout' | 'lost';
  /** Whether `code` is the application's (CONNECTION_CLOSE 0x1d) or the transport's (0x1c, RFC 9000 section 20.1). */
  isApplication: boolean;
  /** Error code on the wire, 62 bits at most; 0 where nobody closed it. */
  code: number;
  /** The closer's own words; untrusted. */
  reason: string;
}

/** What a call on a connection that has ended fails with: `IDLE_TIMEOUT`, or `CLOSED` with the code on the wire. */
export function closedError(info: CloseInfo): QuicError {
  const options = { errorCode: info.code };
  if (info.by === 'timeout') return new QuicError('IDLE_TIMEOUT', 'the connection timed out', options);
  const who = { local: 'closed here', peer: 'closed by the peer', lost: 'lost' }[info.by];
  const why = info.reason ? `: ${info.reason}` : '';
  return new QuicError('CLOSED', `the connection was ${who} (code ${info.code})${why}`, options);
}

/** TLS alerts travel as CRYPTO_ERROR 0x100 + alert (RFC 9001 section 4.8). */
const CRYPTO_ERROR_NO_APPLICATION_PROTOCOL = 0x178;
export const CRYPTO_ERROR_BAD_CERTIFICATE = 0x12a;
/** Alerts about the certificate: bad, unsupported, revoked, expired, unknown, unknown CA, access denied, bad signature. */
const CERTIFICATE_ALERTS = new Set([0x12a, 0x12b, 0x12c, 0x12d, 0x12e, 0x130, 0x131, 0x133]);

/** The error of an attempt that ended before the handshake was through. */
export function handshakeError(info: CloseInfo): QuicError {
  const options = { errorCode: info.code };
  const why = info.reason ? `: ${info.reason}` : '';
  if (info.by === 'timeout') return new QuicError('HANDSHAKE_TIMEOUT', 'no answer within the time allowed', options);
  if (info.by === 'lost') return new QuicError('UNREACHABLE', `nothing listens there${why}`, options);
  if (!info.isApplication) {
    if (info.code === CRYPTO_ERROR_NO_APPLICATION_PROTOCOL) {
      return new QuicError('ALPN_MISMATCH', 'the two sides have no application protocol (ALPN) in common', options);
    }
    if (CERTIFICATE_ALERTS.has(info.code)) {
      return new QuicError('CERTIFICATE_REJECTED', `the certificate is not accepted${why}`, options);
    }
  }
  return new QuicError('HANDSHAKE_FAILED', `the handshake failed with code ${info.code}${why}`, options);
}
