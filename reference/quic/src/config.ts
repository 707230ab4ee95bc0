import { createPrivateKey, X509Certificate } from 'node:crypto';
import { quiche } from '@matrixai/quic/native/index.js';
import type { Config } from '@matrixai/quic/native/types.js';
import { QuicError } from './errors.ts';

/** Bytes of the connection ids that we give. */
export const CONNECTION_ID_LEN = 20;

/** UDP payload sent at most, in bytes, unless the caller knows the path: fits Ethernet with room for tunnels. The binding discovers no more. */
export const DEFAULT_DATAGRAM = 1350;
/** Of UDP over IPv4, in bytes. */
export const LARGEST_DATAGRAM = 65_507;
/** What every path for QUIC carries, in bytes (RFC 9000 section 14). */
export const LEAST_DATAGRAM = 1200;

/**
 * Addresses from which a peer may come in the life of a connection: its network gives it another now and then. The binding has as many
 * paths as it takes connection ids, and never lets go of one; from an address too many nothing is heard any more.
 */
const PATHS = 256;

/** Named, since BoringSSL offers no Ed25519 certificates by default. */
const SIGNATURE_ALGORITHMS = [
  'ed25519',
  ...['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', 'ecdsa_secp521r1_sha512'],
  ...['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512'],
  ...['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512'],
].join(':');

/** A certificate chain and its private key, PEM. */
export interface TlsFiles {
  /** The own certificate first. */
  certPem: string | Uint8Array;
  /** Of the first certificate; not encrypted. */
  keyPem: string | Uint8Array;
}

/** What both sides may set of a connection. */
export interface TransportOptions {
  /** Protocols offered or accepted, in order of preference. */
  alpn: string[];
  /** Silence after which a connection is given up, in ms. Default 30,000. */
  maxIdleTimeoutMs?: number | undefined;
  /** Streams that the peer may have open at once. Default 100. */
  initialMaxStreamsBidi?: number | undefined;
  /** Default 0: unidirectional streams are not used. */
  initialMaxStreamsUni?: number | undefined;
  /** Bytes that the peer may send before we read, on the connection. Default 10 MiB. */
  initialMaxData?: number | undefined;
  /** Bytes that it may send before we read, on one stream. Default 1 MiB. */
  initialMaxStreamData?: number | undefined;
  /** UDP payload sent at most, in bytes: 1,200 … 65,507. Default 1,350; more only where the whole path is known to carry it. */
  maxDatagram?: number | undefined;
}

const bytesOf = (pem: string | Uint8Array): Uint8Array => (typeof pem === 'string' ? Buffer.from(pem) : pem);

/** @throws QuicError `CONFIGURATION` unless both parse and belong together (the binding would not notice) */
export function checkTls({ certPem, keyPem }: TlsFiles): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(bytesOf(certPem));
  } catch (cause) {
    throw new QuicError('CONFIGURATION', 'the certificate is not readable as PEM', { cause });
  }
  let matches: boolean;
  try {
    matches = certificate.checkPrivateKey(createPrivateKey(Buffer.from(bytesOf(keyPem))));
  } catch {
    // No cause: what OpenSSL says of a private key stays here.
    throw new QuicError('CONFIGURATION', 'the private key is not readable as PEM');
  }
  if (!matches) throw new QuicError('CONFIGURATION', 'the private key does not belong to the certificate');
}

/** @throws QuicError `CONFIGURATION` */
export function serverConfig(tls: TlsFiles, options: TransportOptions): Config {
  checkTls(tls);
  return withTransport(
    () =>
      quiche.Config.withBoringSslCtx(
        false,
        false,
        null,
        [bytesOf(tls.keyPem)],
        [bytesOf(tls.certPem)],
        SIGNATURE_ALGORITHMS,
      ),
    options,
  );
}

/** @param caPem trust anchors; without them the chain is not verified by TLS (the caller pins, or does not care) */
export function clientConfig(caPem: string | Uint8Array | undefined, options: TransportOptions): Config {
  const ca = caPem === undefined ? null : bytesOf(caPem);
  return withTransport(
    () => quiche.Config.withBoringSslCtx(ca !== null, false, ca, null, null, SIGNATURE_ALGORITHMS),
    options,
  );
}

/** @throws QuicError `CONFIGURATION` */
function datagramOf({ maxDatagram = DEFAULT_DATAGRAM }: TransportOptions): number {
  if (Number.isInteger(maxDatagram) && maxDatagram >= LEAST_DATAGRAM && maxDatagram <= LARGEST_DATAGRAM)
    return maxDatagram;
  throw new QuicError(
    'CONFIGURATION',
    `a datagram has ${LEAST_DATAGRAM} to ${LARGEST_DATAGRAM} bytes, not ${maxDatagram}`,
  );
}

function withTransport(make: () => Config, options: TransportOptions): Config {
  let config: Config;
  try {
    config = make();
  } catch (cause) {
    throw new QuicError('CONFIGURATION', 'the certificate, key or trust anchor is not usable', { cause });
  }
  config.setApplicationProtos(options.alpn);
  config.setMaxIdleTimeout(options.maxIdleTimeoutMs ?? 30_000);
  config.setMaxRecvUdpPayloadSize(65_527);
  config.setMaxSendUdpPayloadSize(datagramOf(options));
  const streamData = options.initialMaxStreamData ?? 1 << 20;
  config.setInitialMaxData(options.initialMaxData ?? 10 << 20);
  config.setInitialMaxStreamDataBidiLocal(streamData);
  config.setInitialMaxStreamDataBidiRemote(streamData);
  config.setInitialMaxStreamDataUni(streamData);
  // Windows grow with use, up to these; a peer held small on purpose stays small.
  config.setMaxStreamWindow(Math.max(streamData, options.initialMaxStreamData === undefined ? 16 << 20 : 0));
  config.setMaxConnectionWindow(options.initialMaxData === undefined ? 24 << 20 : options.initialMaxData);
  config.setInitialMaxStreamsBidi(options.initialMaxStreamsBidi ?? 100);
  config.setInitialMaxStreamsUni(options.initialMaxStreamsUni ?? 0);
  config.setActiveConnectionIdLimit(PATHS);
  return config;
}
