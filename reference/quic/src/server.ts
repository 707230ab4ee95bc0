import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { quiche } from '@matrixai/quic/native/index.js';
import type { Config, Header, Host } from '@matrixai/quic/native/types.js';
import { CONNECTION_ID_LEN, serverConfig, type TlsFiles, type TransportOptions } from './config.ts';
import { QuicConnection } from './connection.ts';
import { RetryTokens } from './retry-token.ts';
import { bindSocket, localAddress, resolveHost } from './socket.ts';
import { versionNegotiation } from './version-negotiation.ts';

/** Options of a listening endpoint. */
export interface ListenOptions extends TransportOptions {
  /** IP address or name; `0.0.0.0` and `::` listen everywhere. */
  host: string;
  /** UDP port; 0 takes a free one. */
  port: number;
  /** The certificate that it shows. */
  tls: TlsFiles;
  /** Called with each connection once its handshake is through. */
  onConnection(connection: QuicConnection): void;
  /** Handshakes under way from which on a client must first show that it receives at its address (Retry). Default 64; 0 = always. */
  retryThreshold?: number | undefined;
  /** Connections at once, in all. Default 10,000; a further one is refused (CONNECTION_REFUSED). */
  maxConnections?: number | undefined;
  /** Connections at once from one IP address. Default: as many as in all. */
  maxConnectionsPerAddress?: number | undefined;
}

const CONNECTION_REFUSED = 0x2;
const idKey = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

/**
 * Binds a socket and accepts QUIC connections on it.
 * @throws QuicError `CONFIGURATION` for unusable certificates; the system's error when the address is taken
 */
export async function listen(options: ListenOptions): Promise<QuicServer> {
  const config = serverConfig(options.tls, options);
  const { address, family } = await resolveHost(options.host);
  const socket = await bindSocket(address, options.port, family);
  return new QuicServer(socket, config, options);
}

/** A listening endpoint: one socket, many connections. */
export class QuicServer {
  /** Where it listens, with the real port. */
  readonly address: Host;
  readonly #socket: Socket;
  readonly #options: ListenOptions;
  readonly #tokens = new RetryTokens();
  readonly #byId = new Map<string, QuicConnection>();
  readonly #connections = new Set<QuicConnection>();
  readonly #perAddress = new Map<string, number>();
  #config: Config;
  #handshakes = 0;
  #isAccepting = true;
  #isClosed = false;

  constructor(socket: Socket, config: Config, options: ListenOptions) {
    this.#socket = socket;
    this.#config = config;
    this.#options = options;
    this.address = localAddress(socket);
    socket.on('message', (packet, { address, port }) => this.#receive(packet, { host: address, port }));
    // Errors of single packets (a peer that is gone) concern nobody else.
    socket.on('error', () => {});
  }

  /** Connections that stand or are being made. */
  get connections(): number {
    return this.#connections.size;
  }

  /** New connections get this certificate; those that stand keep theirs. @throws QuicError `CONFIGURATION`, changing nothing */
  reloadTls(tls: TlsFiles): void {
    this.#config = serverConfig(tls, this.#options);
  }

  /** New connections are refused from now on. */
  stopAccepting(): void {
    this.#isAccepting = false;
  }

  /** Closes every connection with an application code, then the socket. Idempotent. */
  async close({ code = 0, reason = '' }: { code?: number; reason?: string } = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.stopAccepting();
    await Promise.all([...this.#connections].map((connection) => connection.close(code, reason)));
    for (const connection of [...this.#connections]) connection.abandon();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #receive(packet: Buffer, from: Host): void {
    const negotiation = versionNegotiation(packet);
    if (negotiation) {
      this.#transmit(negotiation, from);
      return;
    }
    let header: Header;
    try {
      header = quiche.Header.fromSlice(packet, CONNECTION_ID_LEN);
    } catch {
      return;
    }
    const connection = this.#byId.get(idKey(header.dcid)) ?? this.#open(header, packet, from);
    connection?.receive(packet, from);
  }

  /** What to do with a packet of no connection that stands. */
  #open(header: Header, packet: Buffer, from: Host): QuicConnection | undefined {
    if (header.ty !== quiche.Type.Initial) return undefined;
    // Answers to smaller datagrams could be used to flood a third party (RFC 9000 section 14.1).
    if (packet.length < quiche.MIN_CLIENT_INITIAL_LEN) return undefined;
    const token = header.token ?? new Uint8Array();
    const originalDcid = token.length > 0 ? this.#tokens.verify(token, from, header.dcid) : undefined;
    if (originalDcid === undefined && this.#handshakes >= (this.#options.retryThreshold ?? 64)) {
      this.#retry(header, from);
      return undefined;
    }
    return this.#accept(header, originalDcid, from);
  }

  #retry(header: Header, from: Host): void {
    const newScid = randomBytes(CONNECTION_ID_LEN);
    const token = this.#tokens.mint(from, header.dcid, newScid);
    this.#reply(from, (out) => quiche.retry(header.scid, header.dcid, newScid, token, header.version, out));
  }

  #accept(header: Header, originalDcid: Uint8Array | undefined, from: Host): QuicConnection | undefined {
    // After Retry the client already addresses the id that we chose.
    const scid = originalDcid === undefined ? randomBytes(CONNECTION_ID_LEN) : Buffer.from(header.dcid);
    const keys = [idKey(scid), idKey(header.dcid)];
    const ofAddress = this.#perAddress.get(from.host) ?? 0;
    const refusal = this.#refusal(ofAddress);

    let quicheConnection: ReturnType<typeof quiche.Connection.accept>;
    try {
      quicheConnection = quiche.Connection.accept(scid, originalDcid, this.address, from, this.#config);
    } catch {
      return undefined;
    }
    const connection: QuicConnection = new QuicConnection(quicheConnection, 'server', this.address, from, {
      transmit: (packet, to) => this.#transmit(packet, to),
      onEstablished: () => {
        settleHandshake();
        // Only now: a peer in the middle of its handshake could not read why it is refused.
        if (refusal !== undefined) void connection.closeTransport(CONNECTION_REFUSED, refusal);
        else this.#options.onConnection(connection);
      },
      onGone: () => {
        settleHandshake();
        for (const key of keys) this.#byId.delete(key);
        this.#connections.delete(connection);
        const left = (this.#perAddress.get(from.host) ?? 1) - 1;
        if (left > 0) this.#perAddress.set(from.host, left);
        else this.#perAddress.delete(from.host);
      },
    });
    let isPending = true;
    const settleHandshake = (): void => {
      if (isPending) this.#handshakes -= 1;
      isPending = false;
    };
    this.#handshakes += 1;
    for (const key of keys) this.#byId.set(key, connection);
    this.#connections.add(connection);
    this.#perAddress.set(from.host, ofAddress + 1);
    return connection;
  }

  /** Why a new connection is not taken, if it is not. */
  #refusal(ofAddress: number): string | undefined {
    if (!this.#isAccepting) return 'shutting down';
    const { maxConnections = 10_000, maxConnectionsPerAddress = maxConnections } = this.#options;
    const isFull = this.#connections.size >= maxConnections || ofAddress >= maxConnectionsPerAddress;
    return isFull ? 'too many connections' : undefined;
  }

  #reply(to: Host, write: (out: Uint8Array) => number): void {
    const out = new Uint8Array(quiche.MAX_DATAGRAM_SIZE);
    try {
      this.#transmit(out.subarray(0, write(out)), to);
    } catch {
      // A header that cannot be answered.
    }
  }

  #transmit(packet: Uint8Array, to: Host): void {
    if (this.#isClosed && !this.#connections.size) return;
    this.#socket.send(packet, to.port, to.host, () => {});
  }
}
