import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { quiche } from '@matrixai/quic/native/index.js';
import { certificateFault, normalizePin, tlsServerName, type Verify } from './certificate.ts';
import { CONNECTION_ID_LEN, clientConfig, type TransportOptions } from './config.ts';
import { QuicConnection } from './connection.ts';
import { CRYPTO_ERROR_BAD_CERTIFICATE, handshakeError, QuicError } from './errors.ts';
import { bindSocket, localAddress, resolveHost } from './socket.ts';

/** Options of an outgoing connection. */
export interface ConnectOptions extends TransportOptions {
  /** IP address or name. */
  host: string;
  /** UDP port. */
  port: number;
  /** How the server's certificate is checked. */
  verify: Verify;
  /** Default 10,000 ms. */
  handshakeTimeoutMs?: number | undefined;
  /** Probe the peer after this silence, in ms; off by default. */
  keepAliveMs?: number | undefined;
  /** Gives up the attempt; the connection made is not bound to it. */
  signal?: AbortSignal | undefined;
}

/**
 * Connects, and resolves once the handshake is through and the certificate is accepted.
 * @throws QuicError `UNREACHABLE`, `HANDSHAKE_TIMEOUT`, `ALPN_MISMATCH`, `CERTIFICATE_REJECTED`,
 *   `HANDSHAKE_FAILED`, `CONFIGURATION`; the signal's reason when it is aborted; RangeError for a pin that is none
 */
export async function connect(options: ConnectOptions): Promise<QuicConnection> {
  const { verify, signal } = options;
  signal?.throwIfAborted();
  if (verify.kind === 'pin' || verify.kind === 'key-pin') normalizePin(verify.sha256);
  // TLS for QUIC sends no ClientHello without one (RFC 9001 section 8.1).
  if (options.alpn.length === 0) throw new QuicError('CONFIGURATION', 'no application protocol (ALPN) is given');
  const config = clientConfig(verify.kind === 'ca' ? verify.caPem : undefined, options);
  const { address, family } = await resolveHost(options.host);
  const socket = await connectedSocket(address, options.port, family);
  if (signal?.aborted) socket.close();
  signal?.throwIfAborted();

  const local = localAddress(socket);
  const remote = { host: address, port: options.port };
  const name = tlsServerName(verify, options.host);
  const quicheConnection = quiche.Connection.connect(name, randomBytes(CONNECTION_ID_LEN), local, remote, config);

  return new Promise<QuicConnection>((resolve, reject) => {
    let isSocketOpen = true;
    let fault: string | undefined;
    const connection: QuicConnection = new QuicConnection(quicheConnection, 'client', local, remote, {
      transmit: (packet) => {
        if (isSocketOpen) socket.send(packet, (error) => error && connection.lose(error.message));
      },
      onEstablished: () => {
        fault = certificateFault(connection.peerCertificate, connection.peerCertificateSha256, verify, options.host);
        if (fault !== undefined) {
          void connection.closeTransport(CRYPTO_ERROR_BAD_CERTIFICATE, 'certificate not accepted');
          return;
        }
        settle();
        if (options.keepAliveMs !== undefined) connection.keepAlive(options.keepAliveMs);
        resolve(connection);
      },
      onGone: () => {
        isSocketOpen = false;
        socket.close();
      },
    });

    const timer = setTimeout(() => {
      settle();
      const limit = options.handshakeTimeoutMs ?? 10_000;
      reject(
        new QuicError('HANDSHAKE_TIMEOUT', `no answer from ${remote.host} port ${remote.port} within ${limit} ms`),
      );
      connection.abandon();
    }, options.handshakeTimeoutMs ?? 10_000);
    const onAbort = (): void => {
      settle();
      reject(signal?.reason);
      connection.abandon();
    };
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });

    socket.on('message', (packet) => connection.receive(packet, remote));
    // The system says that nobody listens (ICMP port unreachable).
    socket.on('error', (error) => connection.lose(error.message));
    void connection.closed.then((info) => {
      settle();
      reject(fault === undefined ? handshakeError(info) : new QuicError('CERTIFICATE_REJECTED', fault));
      // A client answers nobody once it is over; the close frame is out by then.
      connection.abandon();
    });
  });
}

/** Connected, so that the system reports a port where nobody listens. */
async function connectedSocket(address: string, port: number, family: 4 | 6): Promise<Socket> {
  const socket = await bindSocket(family === 6 ? '::' : '0.0.0.0', 0, family);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, address, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  }).catch((cause) => {
    socket.close();
    throw new QuicError('UNREACHABLE', `no way to ${address} port ${port}`, { cause });
  });
  return socket;
}
