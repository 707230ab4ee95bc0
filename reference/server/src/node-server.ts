import { setTimeout as sleep } from 'node:timers/promises';
import { ALPN, formatReason } from '@quicnprotochat/proto';
import { listen, type QuicConnection, type QuicServer, type QuicStream } from '@quicnprotochat/quic';
import { type RpcServerSession, serveVat } from '@quicnprotochat/rpc';
import type { Certificate } from './certificate.ts';
import type { Log } from './log.ts';
import { MemoryGuard } from './memory-guard.ts';
import { DEFAULT_NODE_LIMITS, type NodeLimits } from './node-limits.ts';
import type { NodeService } from './service/node-service.ts';
import type { Store } from './store/store.ts';

/** What a node is put together from. */
export interface NodeServerOptions {
  /** IP address or name to listen at; `0.0.0.0` and `::` listen everywhere. */
  host: string;
  /** UDP port, 0 for a free one. */
  port: number;
  /** What clients are shown. */
  certificate: Certificate;
  /** What answers the calls. */
  service: NodeService;
  /** The one of the service; closed with the server. */
  store: Store;
  /** Told of connections and faults; never of tokens, keys or payloads. */
  log: Log;
  /** What differs from DEFAULT_NODE_LIMITS. */
  limits?: Partial<NodeLimits> | undefined;
}

const BAD_PARAMS = formatReason('E020', 'the parameters are not those of the schema');
/** How long calls in flight get to be answered, and clients to take the answers, in ms. */
const ANSWER_LIMIT_MS = 5_000;
/** How long clients get to close by themselves, in ms. */
const LINGER_MS = 300;
const LINGER_STEP_MS = 20;

/** A NodeService on the network: each bidirectional stream of each connection is an RPC session of its own (spec: TRN). */
export class NodeServer {
  readonly #options: NodeServerOptions;
  readonly #quic: QuicServer;
  readonly #sessions: Set<RpcServerSession>;

  readonly #guard: MemoryGuard;

  private constructor(
    options: NodeServerOptions,
    quic: QuicServer,
    sessions: Set<RpcServerSession>,
    guard: MemoryGuard,
  ) {
    this.#options = options;
    this.#guard = guard;
    this.#quic = quic;
    this.#sessions = sessions;
  }

  /** @throws QuicError for an unusable certificate; the system's error when the address is taken */
  static async start(options: NodeServerOptions): Promise<NodeServer> {
    const { service, log } = options;
    const sessions = new Set<RpcServerSession>();
    const limits = { ...DEFAULT_NODE_LIMITS, ...options.limits };
    const { callsInFlight } = limits;
    const serve = (stream: QuicStream, address: string): void => {
      const session = serveVat(stream, {
        dispatch: service.session(address),
        limits: { callsInFlight },
        badParams: BAD_PARAMS,
        onInternalError: (error) =>
          log.error(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : error}`),
      });
      sessions.add(session);
      void session.closed.then((end) => {
        sessions.delete(session);
        if (end.kind === 'protocol-error') log.info(`a session broke the rules: ${end.reason}`);
      });
    };
    const quic = await listen({
      host: options.host,
      port: options.port,
      alpn: [ALPN],
      tls: options.certificate,
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      initialMaxStreamsBidi: limits.streams,
      maxDatagram: limits.datagramBytes,
      onConnection: (connection: QuicConnection) => {
        connection.onStream = (stream) => serve(stream, connection.remote.host);
        void connection.closed.then(({ by, code, isApplication }) =>
          log.debug('a connection ended', {
            by,
            code,
            isApplication,
            remote: `${connection.remote.host} port ${connection.remote.port}`,
          }),
        );
      },
    });
    const guard = new MemoryGuard(sessions, limits.bufferedBytes, (count, bytes) =>
      log.warn('ended sessions that held too much memory', { sessions: count, bytes }),
    );
    return new NodeServer(options, quic, sessions, guard);
  }

  /** Where it listens, with the real port. */
  get address(): { host: string; port: number } {
    return this.#quic.address;
  }

  /** Connections that stand or are being made. */
  get connections(): number {
    return this.#quic.connections;
  }

  /** RPC sessions that are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** New connections get this certificate; those that stand keep theirs. @throws QuicError `CONFIGURATION`, changing nothing */
  reloadCertificate(certificate: Certificate): void {
    this.#quic.reloadTls(certificate);
  }

  /** Takes nothing new, answers what is in flight (waiting callers get an empty list), and lets go of everything. */
  async stop(): Promise<void> {
    this.#quic.stopAccepting();
    const shutdowns = [...this.#sessions].map((session) => session.shutdown());
    this.#options.service.endWaits();
    // A client that does not take its answers does not hold up the end.
    await Promise.race([Promise.all(shutdowns), sleep(ANSWER_LIMIT_MS, undefined, { ref: false })]);
    await this.#linger();
    await this.#quic.close({ code: 0, reason: 'the server is shutting down' });
    this.#guard.stop();
    await this.#options.store.close();
  }

  /** CONNECTION_CLOSE overtakes what is still on its way: clients that got their FIN close by themselves. */
  async #linger(): Promise<void> {
    for (let waited = 0; this.#quic.connections > 0 && waited < LINGER_MS; waited += LINGER_STEP_MS) {
      await new Promise((resolve) => setTimeout(resolve, LINGER_STEP_MS));
    }
  }
}
