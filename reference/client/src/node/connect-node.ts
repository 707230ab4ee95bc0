import { X509Certificate } from 'node:crypto';
import { ALPN } from '@quicnprotochat/proto';
import { type ConnectOptions, connect, normalizePin, type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { ClientError } from '../errors.ts';
import { type Address, formatAddress } from './address.ts';
import { KnownHosts } from './known-hosts.ts';

/** How the server is told from somebody who pretends to be it. */
export type Trust =
  /** Its certificate leads to one of these (PEM or DER), and is for `serverName`, else for the host. */
  | { kind: 'ca'; certificates: Uint8Array; serverName?: string | undefined }
  /** Hex of the SHA-256 of its certificate. */
  | { kind: 'pin'; sha256: string }
  /** Believed when first seen, and held to that from then on. */
  | { kind: 'first-use'; knownHosts: string };

/** What `connectNode` needs to know. */
export interface ConnectNodeOptions {
  /** Host and UDP port. */
  address: Address;
  /** How it is told from others. */
  trust: Trust;
  /** For the handshake, in ms; default 10,000. */
  timeoutMs?: number | undefined;
  /** Gives up the attempt. */
  signal?: AbortSignal | undefined;
  /** Told when a certificate is trusted because the server was never seen before. */
  onFirstUse?: ((address: string, sha256: string) => void) | undefined;
}

const KEEP_ALIVE_MS = 10_000;

/**
 * Connects to a NodeService, QUIC with ALPN `capnp`, and is sure of who it is before a byte of RPC is sent.
 * @throws ClientError `connection`, `certificate`, `usage`; the signal's reason
 */
export async function connectNode(options: ConnectNodeOptions): Promise<QuicConnection> {
  const { address, trust } = options;
  if (trust.kind === 'ca') {
    const caPem = toPem(trust.certificates);
    return attempt(options, { kind: 'ca', caPem, serverName: trust.serverName });
  }
  if (trust.kind === 'pin') return attempt(options, { kind: 'pin', sha256: checkedPin(trust.sha256) });
  const hosts = new KnownHosts(trust.knownHosts);
  const name = formatAddress(address);
  const known = await hosts.find(name);
  if (known !== undefined) return attempt(options, { kind: 'pin', sha256: known }, hosts.path);
  const connection = await attempt(options, { kind: 'none' });
  const sha256 = connection.peerCertificateSha256;
  if ((await hosts.add(name, sha256)) !== sha256) {
    await connection.close();
    throw changed(name, hosts.path);
  }
  options.onFirstUse?.(name, sha256);
  return connection;
}

async function attempt(
  { address, timeoutMs, signal }: ConnectNodeOptions,
  verify: ConnectOptions['verify'],
  knownHosts?: string,
): Promise<QuicConnection> {
  try {
    return await connect({
      ...address,
      alpn: [ALPN],
      verify,
      handshakeTimeoutMs: timeoutMs,
      keepAliveMs: KEEP_ALIVE_MS,
      signal,
    });
  } catch (error) {
    if (!(error instanceof QuicError)) throw error;
    throw explained(error, formatAddress(address), knownHosts);
  }
}

function explained(error: QuicError, at: string, knownHosts: string | undefined): ClientError {
  const options = { cause: error };
  switch (error.code) {
    case 'CERTIFICATE_REJECTED':
      if (knownHosts !== undefined) return changed(at, knownHosts, error);
      return new ClientError('certificate', `the certificate of ${at} is not trusted: ${error.message}`, options);
    case 'UNREACHABLE':
      return new ClientError('connection', `nothing listens on UDP ${at}: is the server running? (--server)`, options);
    case 'HANDSHAKE_TIMEOUT':
      return new ClientError('connection', `${at} does not answer (firewall? not a QUIC server?)`, options);
    case 'ALPN_MISMATCH':
      return new ClientError('connection', `${at} is a QUIC server, but no NodeService (ALPN capnp)`, options);
    case 'CONFIGURATION':
      return new ClientError('usage', `the certificates given cannot be used: ${error.message}`, options);
    default:
      return new ClientError('connection', `no connection to ${at}: ${error.message}`, options);
  }
}

function changed(at: string, knownHosts: string, cause?: QuicError): ClientError {
  const was = cause === undefined ? '' : ` (${cause.message})`;
  return new ClientError(
    'certificate',
    `THE CERTIFICATE OF ${at} HAS CHANGED${was}. Either its operator renewed it, or somebody is in between. ` +
      `Ask the operator for the SHA-256; if it is right, remove the line of ${at} from ${knownHosts}`,
    { cause },
  );
}

/** @throws ClientError `usage` */
function checkedPin(sha256: string): string {
  try {
    return normalizePin(sha256);
  } catch {
    throw new ClientError('usage', '--pin is the SHA-256 of the server’s certificate: 64 hex digits');
  }
}

/** @throws ClientError `usage` unless these are certificates, PEM or DER */
function toPem(certificates: Uint8Array): string {
  const text = Buffer.from(certificates).toString('latin1');
  try {
    if (text.includes('-----BEGIN CERTIFICATE-----')) {
      new X509Certificate(text);
      return text;
    }
    return new X509Certificate(certificates).toString();
  } catch {
    throw new ClientError('usage', '--ca-cert holds no certificate (PEM or DER)');
  }
}
