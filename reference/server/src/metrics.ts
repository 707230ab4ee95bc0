import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CallObserver } from './service/observe.ts';
import type { StoreStats } from './store/store.ts';

/** What is looked at when the metrics are asked for. */
export interface MetricsSources {
  /** Connections that stand or are being made. */
  connections(): number;
  /** RPC sessions that are open. */
  sessions(): number;
  /** Calls that wait for a message. */
  waiters(): number;
  /** End of the certificate in use, ms since 1970. */
  certificateEndMs(): number;
  stats(): Promise<StoreStats>;
}

const PREFIX = 'quicnprotochat_';
/** From a call in memory to a fetchWait of a minute, in seconds. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metrics of one server, in the text format of Prometheus. Labels are names of methods and codes, never of people. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: MetricsSources;
  readonly #calls: Counter;
  readonly #latency: Histogram;
  readonly #gauges: Record<
    'connections' | 'sessions' | 'waiters' | 'certificateEnd' | 'storeUp' | 'bytes' | 'keyPackageBytes',
    Gauge
  >;
  readonly #items: Gauge;

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    const registers = [this.#registry];
    const gauge = (name: string, help: string): Gauge => new Gauge({ name: PREFIX + name, help, registers });
    this.#calls = new Counter({
      name: `${PREFIX}calls_total`,
      help: 'Calls that are over, by method and by how they ended: ok, a code of the error registry, cancelled, error.',
      labelNames: ['method', 'code'],
      registers,
    });
    this.#latency = new Histogram({
      name: `${PREFIX}call_duration_seconds`,
      help: 'Time from the parameters to the answer. That of fetchWait is mostly waiting.',
      labelNames: ['method'],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#gauges = {
      connections: gauge('connections', 'QUIC connections that stand or are being made.'),
      sessions: gauge('sessions', 'RPC sessions that are open.'),
      waiters: gauge('waiters', 'Calls of fetchWait that wait for a message.'),
      certificateEnd: gauge('certificate_end_timestamp_seconds', 'End of the certificate in use, seconds since 1970.'),
      storeUp: gauge('store_up', 'Whether the store answers: 1 or 0. At 0 the other figures of the store are missing.'),
      keyPackageBytes: gauge('store_key_package_bytes', 'Bytes of all KeyPackages.'),
      bytes: gauge('store_message_bytes', 'Payload bytes of all messages that are queued.'),
    };
    this.#items = new Gauge({
      name: `${PREFIX}store_items`,
      help: 'What the store holds: queues with a message in them, messages, KeyPackages and so on.',
      labelNames: ['kind'],
      registers,
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Counts a call. */
  readonly observe: CallObserver = (method, code, seconds) => {
    this.#calls.inc({ method, code });
    this.#latency.observe({ method }, seconds);
  };

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Looks at everything. @returns the page that Prometheus reads */
  async page(): Promise<string> {
    const { connections, sessions, waiters, certificateEnd } = this.#gauges;
    connections.set(this.#sources.connections());
    sessions.set(this.#sources.sessions());
    waiters.set(this.#sources.waiters());
    certificateEnd.set(this.#sources.certificateEndMs() / 1000);
    await this.#lookAtStore();
    return this.#registry.metrics();
  }

  async #lookAtStore(): Promise<void> {
    const gauges = this.#gauges;
    try {
      const { messageBytes, keyPackageBytes, ...items } = await this.#sources.stats();
      for (const [kind, count] of Object.entries(items)) this.#items.set({ kind }, count);
      gauges.bytes.set(messageBytes);
      gauges.keyPackageBytes.set(keyPackageBytes);
      gauges.storeUp.set(1);
    } catch {
      // The rest is worth the more when the store is down.
      this.#items.reset();
      gauges.bytes.remove();
      gauges.keyPackageBytes.remove();
      gauges.storeUp.set(0);
    }
  }
}

/** The page of the metrics on HTTP. */
export interface MetricsPage {
  /** http://HOST:PORT/metrics */
  url: string;
  close(): Promise<void>;
}

/** Serves the metrics at /metrics. @param port 0 for a free one. @throws the system's error when the address is taken */
export async function serveMetrics(
  metrics: Metrics,
  { host, port }: { host: string; port: number },
): Promise<MetricsPage> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path !== '/metrics') return void response.writeHead(404).end('see /metrics\n');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET' }).end();
    metrics.page().then(
      (page) => response.writeHead(200, { 'content-type': metrics.contentType }).end(page),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { url: urlOf(server), close: () => close(server) };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
