import {
  type BoundMethod,
  bind,
  buildContent,
  type CallMessage,
  connectVat,
  FrameReader,
  type Method,
  type RpcClient,
  RpcException,
  type RpcLimits,
  type RpcMessage,
  type RpcServerSession,
  readMessage,
  serveVat,
  writeMessage,
} from '../src/index.ts';
import { type PipeEnd, type PipeOptions, PROBE_INTERFACE, type Probe, pipe, probeMethod } from './support.ts';

export const echo = probeMethod('echo', 0);
export const fail = probeMethod('fail', 1);
export const wait = probeMethod('wait', 2);
export const missing = probeMethod('missing', 9);
export const probe = (number: number | bigint, data: Uint8Array = new Uint8Array()): Probe => ({
  number: BigInt(number),
  data,
});

export interface Served {
  server: RpcServerSession;
  started: bigint[];
  aborted: bigint[];
  internal: unknown[];
  /** Ends the wait of that number, with some data if need be. */
  release(number: number, data?: Uint8Array): void;
}

export function serve(stream: PipeEnd, limits?: Partial<RpcLimits>): Served {
  const waits = new Map<bigint, (data?: Uint8Array) => void>();
  const served: Omit<Served, 'server'> = {
    started: [],
    aborted: [],
    internal: [],
    release: (number, data) => waits.get(BigInt(number))?.(data),
  };
  const methods: BoundMethod[] = [
    bind(echo, (params) => {
      served.started.push(params.number);
      return params;
    }),
    bind(fail, ({ number }) => {
      if (number === 1n) throw new RpcException('overloaded', 'E015: later');
      throw new Error('secret detail');
    }),
    bind(wait, (params, signal) => {
      served.started.push(params.number);
      return new Promise<Probe>((resolve, reject) => {
        waits.set(params.number, (data = params.data) => resolve({ ...params, data }));
        signal.addEventListener('abort', () => {
          served.aborted.push(params.number);
          reject(signal.reason);
        });
      });
    }),
  ];
  const server = serveVat(stream, {
    dispatch: (interfaceId, methodId) => (interfaceId === PROBE_INTERFACE ? methods[methodId] : undefined),
    limits,
    badParams: 'E020: bad',
    onInternalError: (error) => served.internal.push(error),
  });
  return { ...served, server };
}

/** A peer that says exactly what it is told to. */
export class RawPeer {
  readonly #end: PipeEnd;
  readonly #frames = new FrameReader();
  #received: RpcMessage[] = [];

  constructor(end: PipeEnd) {
    this.#end = end;
  }

  send(...messages: RpcMessage[]): void {
    for (const message of messages) this.raw(writeMessage(message));
  }

  raw(bytes: Uint8Array): void {
    // Whether the other end still takes it is for the test to see.
    this.#end.write(bytes).catch(() => {});
  }

  finish(): void {
    void this.#end.end();
  }

  reset(): void {
    this.#end.reset();
  }

  /** The next message, or null at FIN. */
  async next(): Promise<RpcMessage | null> {
    while (this.#received.length === 0) {
      const chunk = await this.#end.read();
      if (chunk === null) return null;
      for (const frame of this.#frames.push(chunk)) this.#received.push(readMessage(frame));
    }
    return this.#received.shift() as RpcMessage;
  }

  /** The kinds of the next messages; `return` with the answer's id and kind. */
  async nextKinds(count: number): Promise<string[]> {
    const kinds: string[] = [];
    while (kinds.length < count) {
      const message = await this.next();
      kinds.push(message?.kind === 'return' ? `${message.answerId} ${message.value.kind}` : (message?.kind ?? 'FIN'));
    }
    return kinds;
  }

  /** Reads to FIN. @returns the reason of the Abort before it */
  async abortReason(): Promise<string> {
    let last: RpcMessage | null = null;
    for (let message = await this.next(); message !== null; message = await this.next()) last = message;
    if (last?.kind !== 'abort') throw new Error(`the last message was ${last?.kind ?? 'none'}, not an Abort`);
    return last.exception.reason;
  }
}

export const params = { content: undefined, capTable: [] };
export const call = (
  questionId: number,
  method: Method<Probe, Probe>,
  target?: CallMessage['target'],
): CallMessage => ({
  kind: 'call',
  questionId,
  target: target ?? { kind: 'promisedAnswer', questionId: 0, transform: [] },
  interfaceId: method.interfaceId,
  methodId: method.methodId,
  params,
  sendResultsTo: 'caller',
});
/** A call that carries a probe. */
export const numbered = (questionId: number, method: Method<Probe, Probe>, number: number): RpcMessage => {
  const content = buildContent(32, (pointer) => method.writeParams(pointer, probe(number)));
  return { ...call(questionId, method), params: { content, capTable: [] } };
};
export const bootstrap: RpcMessage = { kind: 'bootstrap', questionId: 0 };
export const finish = (questionId: number, releaseResultCaps = true): RpcMessage => ({
  kind: 'finish',
  questionId,
  releaseResultCaps,
});

/** A server whose client is a script. */
export function rawServer(limits?: Partial<RpcLimits>, options?: PipeOptions): Served & { peer: RawPeer } {
  const [near, far] = pipe(options);
  return { ...serve(far, limits), peer: new RawPeer(near) };
}

/** A client whose server is a script. */
export function scripted(
  limits?: Partial<RpcLimits>,
  options?: PipeOptions,
): { client: RpcClient; peer: RawPeer; near: PipeEnd } {
  const [near, far] = pipe(options);
  return { client: connectVat(near, { limits }), peer: new RawPeer(far), near };
}
export const returned = (answerId: number, value: Extract<RpcMessage, { kind: 'return' }>['value']): RpcMessage => ({
  kind: 'return',
  answerId,
  releaseParamCaps: true,
  noFinishNeeded: false,
  value,
});
export const capability = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0);
