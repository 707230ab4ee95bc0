import { ALPN, type NodeServiceMethod, nodeService } from '@quicnprotochat/proto';
import { listen, type QuicConnection, type QuicServer, type QuicStream } from '@quicnprotochat/quic';
import { type BoundMethod, bind, serveVat } from '@quicnprotochat/rpc';
import { makeNodeCertificate, type NodeCertificate } from './certificate.ts';
import type { Handlers } from './handlers.ts';
import { MemoryService } from './memory-service.ts';

/** A call as it came. */
export interface ObservedCall {
  method: NodeServiceMethod;
  params: Record<string, unknown>;
}

export interface NodeOptions {
  /** By default one is made. */
  certificate?: NodeCertificate | undefined;
  /** UDP; by default a free one. */
  port?: number | undefined;
  /** Protocols that it speaks; by default `capnp`. */
  alpn?: string[] | undefined;
  service?: MemoryService | undefined;
  /** Told of each call, of its results, and of what it was refused with. */
  onCall?: ((method: string, params: unknown) => void) | undefined;
  onAnswer?: ((method: string, answer: { results: unknown } | { error: unknown }) => void) | undefined;
}

/** A NodeService that keeps everything a client sends, and lies, refuses or falls silent where a scenario says so. */
export class ObservingNode {
  readonly service: MemoryService;
  readonly certificate: NodeCertificate;
  /** Every call, in the order in which they came. */
  readonly calls: ObservedCall[] = [];
  /** Take the place of what the service does; `undefined` makes a method unimplemented. */
  readonly lies: Handlers = {};
  /** Called when a method is called, before it takes its effect. */
  readonly before: { [M in NodeServiceMethod]?: () => void } = {};
  /** ALPN protocol of each connection. */
  readonly protocols: string[] = [];
  /** What came on each stream, byte for byte. */
  readonly #streams: Uint8Array[][] = [];
  readonly #connections = new Set<QuicConnection>();
  readonly #options: NodeOptions;
  #server!: QuicServer;

  private constructor(options: NodeOptions, certificate: NodeCertificate) {
    this.#options = options;
    this.certificate = certificate;
    this.service = options.service ?? new MemoryService();
  }

  static async start(options: NodeOptions = {}): Promise<ObservingNode> {
    const node = new ObservingNode(options, options.certificate ?? (await makeNodeCertificate()));
    node.#server = await listen({
      ...{ host: '127.0.0.1', port: options.port ?? 0, alpn: options.alpn ?? [ALPN], tls: node.certificate },
      onConnection: (connection) => node.#accept(connection),
    });
    return node;
  }

  get port(): number {
    return this.#server.address.port;
  }

  /** HOST:PORT */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** What came on all streams so far, one after the other. */
  get received(): Buffer {
    return Buffer.concat(this.#streams.flat());
  }

  of<M extends NodeServiceMethod>(...methods: M[]): ObservedCall[] {
    return this.calls.filter(({ method }) => methods.some((wanted) => wanted === method));
  }

  /** Ends every connection, as a server that is restarted does. */
  async dropConnections(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close(0, 'restart')));
  }

  async stop(): Promise<void> {
    await this.#server.close({ code: 0, reason: '' });
  }

  #accept(connection: QuicConnection): void {
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    this.protocols.push(connection.alpn);
    connection.onStream = (stream) => {
      this.#tap(stream);
      serveVat(stream, { dispatch: (_interfaceId, methodId) => this.#method(methodId) });
    };
  }

  #tap(stream: QuicStream): void {
    const chunks: Uint8Array[] = [];
    this.#streams.push(chunks);
    const { read } = stream;
    stream.read = async () => {
      const chunk = await read.call(stream);
      if (chunk) chunks.push(Uint8Array.from(chunk));
      return chunk;
    };
  }

  #method(methodId: number): BoundMethod | undefined {
    const method = Object.values(nodeService).find((known) => known.methodId === methodId);
    if (!method) return undefined;
    const name = method.name as NodeServiceMethod;
    const handler = Object.hasOwn(this.lies, name) ? this.lies[name] : this.service.handlers[name];
    const { onCall, onAnswer } = this.#options;
    if (!handler) return undefined;
    return bind(method as never, async (params: Record<string, unknown>, signal: AbortSignal) => {
      this.calls.push({ method: name, params });
      onCall?.(name, params);
      this.before[name]?.();
      try {
        const results = await (handler as (params: unknown, signal: AbortSignal) => unknown)(params, signal);
        onAnswer?.(name, { results });
        return results as never;
      } catch (error) {
        onAnswer?.(name, { error });
        throw error;
      }
    });
  }
}
