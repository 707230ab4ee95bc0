export { normalizePin, type Verify } from './certificate.ts';
export { type ConnectOptions, connect } from './client.ts';
export {
  checkTls,
  DEFAULT_DATAGRAM,
  LARGEST_DATAGRAM,
  LEAST_DATAGRAM,
  type TlsFiles,
  type TransportOptions,
} from './config.ts';
export type { QuicConnection } from './connection.ts';
export { type CloseInfo, QuicError, type QuicErrorCode } from './errors.ts';
export { type ListenOptions, listen, type QuicServer } from './server.ts';
export type { QuicStream } from './stream.ts';
