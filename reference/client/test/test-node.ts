import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import {
  ALPN,
  type Auth,
  type Delivery,
  formatReason,
  type NodeServiceMethod,
  nodeService,
  type ParamsOf,
  type ResultsOf,
} from '@quicnprotochat/proto';
import { listen, type QuicConnection, type QuicServer, type TlsFiles } from '@quicnprotochat/quic';
import { type BoundMethod, bind, RpcException, serveVat } from '@quicnprotochat/rpc';

type Methods = typeof nodeService;
export type Handlers = {
  [M in NodeServiceMethod]: (p: ParamsOf<Methods[M]>) => ResultsOf<Methods[M]> | Promise<ResultsOf<Methods[M]>>;
};

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A self-signed certificate for localhost and 127.0.0.1. */
export async function makeTls(): Promise<TlsFiles> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = (await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: hex(randomBytes(8)),
    name: 'CN=test',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    signingAlgorithm: ECDSA,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certPem: certificate.toString('pem'), keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

export const fail = (code: Parameters<typeof formatReason>[0], text = 'as planned'): never => {
  throw new RpcException('failed', formatReason(code, text));
};

/** A NodeService in this process, without any checks of its own: tests make it lie, refuse, and lose connections. */
export class TestNode {
  readonly keyPackages = new Map<string, Uint8Array[]>();
  readonly hybridKeys = new Map<string, Uint8Array>();
  readonly queues = new Map<string, Delivery[]>();
  /** Every call, in order. */
  readonly calls: { method: string; params: Record<string, unknown> }[] = [];
  /** Takes the place of a handler; `undefined` makes the method unimplemented. */
  readonly overrides: { [M in NodeServiceMethod]?: Handlers[M] | undefined } = {};
  tls!: TlsFiles;
  #server!: QuicServer;
  #seq = 0n;
  readonly connections = new Set<QuicConnection>();

  static async start(tls?: TlsFiles, port = 0): Promise<TestNode> {
    const node = new TestNode();
    node.tls = tls ?? (await makeTls());
    node.#server = await listen({
      ...{ host: '127.0.0.1', port, alpn: [ALPN], tls: node.tls },
      onConnection: (connection) => {
        node.connections.add(connection);
        connection.onStream = (stream) => serveVat(stream, { dispatch: (_id, method) => node.#method(method) });
      },
    });
    return node;
  }

  get port(): number {
    return this.#server.address.port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Hex of the certificate's SHA-256. */
  get pin(): string {
    const der = Buffer.from(this.tls.certPem.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64');
    return createHash('sha256').update(der).digest('hex');
  }

  queue(recipientKey: Uint8Array, channelId: Uint8Array = new Uint8Array()): Delivery[] {
    const key = `${hex(channelId)}/${hex(recipientKey)}`;
    const queue = this.queues.get(key) ?? [];
    this.queues.set(key, queue);
    return queue;
  }

  put(recipientKey: Uint8Array, payload: Uint8Array, channelId?: Uint8Array): bigint {
    this.#seq += 1n;
    this.queue(recipientKey, channelId).push({ seq: this.#seq, payload });
    return this.#seq;
  }

  async stop(): Promise<void> {
    await this.#server.close({ code: 0, reason: '' });
  }

  readonly handlers: Handlers = {
    health: () => ({ status: 'ok' }),
    uploadKeyPackage: ({ identityKey, package: keyPackage }) => {
      const kept = this.keyPackages.get(hex(identityKey)) ?? [];
      this.keyPackages.set(hex(identityKey), [...kept, keyPackage]);
      return { fingerprint: createHash('sha256').update(keyPackage).digest() };
    },
    fetchKeyPackage: ({ identityKey }) => ({
      package: this.keyPackages.get(hex(identityKey))?.shift() ?? new Uint8Array(),
    }),
    enqueue: ({ recipientKey, payload, channelId }) => ({ seq: this.put(recipientKey, payload, channelId) }),
    fetch: ({ recipientKey, channelId, limit }) => ({ payloads: this.#take(recipientKey, channelId, limit) }),
    fetchWait: async ({ recipientKey, channelId, limit, timeoutMs }) => {
      const end = Date.now() + Number(timeoutMs);
      while (this.queue(recipientKey, channelId).length === 0 && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return { payloads: this.#take(recipientKey, channelId, limit) };
    },
    uploadHybridKey: ({ identityKey, hybridPublicKey }) => {
      this.hybridKeys.set(hex(identityKey), hybridPublicKey);
      return {};
    },
    fetchHybridKey: ({ identityKey }) => ({
      hybridPublicKey: this.hybridKeys.get(hex(identityKey)) ?? new Uint8Array(),
    }),
    fetchHybridKeys: ({ identityKeys }) => ({
      keys: identityKeys.map((key) => this.hybridKeys.get(hex(key)) ?? new Uint8Array()),
    }),
    peek: ({ recipientKey, channelId, limit }) => ({
      payloads: this.queue(recipientKey, channelId).slice(0, limit === 0 ? undefined : limit),
    }),
    ack: ({ recipientKey, channelId, seqUpTo }) => {
      const queue = this.queue(recipientKey, channelId);
      queue.splice(0, queue.filter(({ seq }) => seq <= seqUpTo).length);
      return {};
    },
    batchEnqueue: ({ recipientKeys, payload, channelId }) => ({
      seqs: recipientKeys.map((key) => this.put(key, payload, channelId)),
    }),
    createChannel: () => ({ channelId: randomBytes(16) }),
    publishEndpoint: () => ({}),
    resolveEndpoint: () => ({ nodeAddr: new Uint8Array() }),
    opaqueRegisterStart: () => fail('E010'),
    opaqueRegisterFinish: () => fail('E010'),
    opaqueLoginStart: () => fail('E010'),
    opaqueLoginFinish: () => fail('E010'),
  };

  #take(recipientKey: Uint8Array, channelId: Uint8Array, limit: number): Delivery[] {
    const queue = this.queue(recipientKey, channelId);
    return queue.splice(0, limit === 0 ? queue.length : limit);
  }

  #method(methodId: number): BoundMethod | undefined {
    const found = Object.values(nodeService).find((method) => method.methodId === methodId);
    if (!found) return undefined;
    const name = found.name as NodeServiceMethod;
    const isOverridden = Object.hasOwn(this.overrides, name);
    const handler = isOverridden ? this.overrides[name] : this.handlers[name];
    if (!handler) return undefined;
    return bind(found as never, (params: Record<string, unknown>) => {
      this.calls.push({ method: name, params });
      return (handler as (p: unknown) => never)(params);
    });
  }
}

/** The `auth` of the last call of a method. */
export const lastAuth = (node: TestNode, method: string): Auth =>
  node.calls.findLast((call) => call.method === method)?.params.auth as Auth;
