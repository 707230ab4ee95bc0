import { ObjectSize, type Pointer, Struct, utils } from 'capnp-es';
import type { ByteStream, Method } from '../src/index.ts';

type Item = Uint8Array | null | Error;

/** One end of an in-memory stream; behaves like a QUIC stream: reset fails both directions on both ends. */
export class PipeEnd implements ByteStream {
  peer!: PipeEnd;
  /** What was written, by length. */
  readonly writes: number[] = [];
  readonly #options: PipeOptions;
  #incoming: Item[] = [];
  #incomingBytes = 0;
  #reader: (() => void) | undefined;
  #writers: { resolve(): void; reject(error: Error): void }[] = [];
  #write: 'open' | 'ended' | Error = 'open';

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  /** Bytes written here that the peer has not read. */
  get unread(): number {
    return this.peer.#incomingBytes;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#incoming.length === 0) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const [next] = this.#incoming as [Item];
    if (next instanceof Error) throw next;
    if (next === null) return null;
    this.#incoming.shift();
    this.#incomingBytes -= next.length;
    this.peer.#onRead();
    return next;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#write instanceof Error) throw this.#write;
    if (this.#write === 'ended') throw new Error('write after end');
    this.writes.push(bytes.length);
    const step = this.#options.cut || bytes.length;
    for (let i = 0; i < bytes.length; i += step) this.peer.#push(bytes.slice(i, i + step));
    if (this.unread <= (this.#options.capacity ?? Number.POSITIVE_INFINITY)) return;
    await new Promise<void>((resolve, reject) => {
      this.#writers.push({ resolve, reject });
    });
  }

  async end(): Promise<void> {
    if (this.#write !== 'open') return;
    this.#write = 'ended';
    this.peer.#push(null);
  }

  reset(): void {
    const error = new Error('stream reset');
    this.#stopWriting(error);
    this.#push(error);
    this.peer.#stopWriting(error);
  }

  #stopWriting(error: Error): void {
    if (this.#write === 'open') this.peer.#push(error);
    if (this.#write === 'open') this.#write = error;
    for (const { reject } of this.#writers.splice(0)) reject(error);
  }

  #onRead(): void {
    if (this.unread > (this.#options.capacity ?? Number.POSITIVE_INFINITY)) return;
    for (const { resolve } of this.#writers.splice(0)) resolve();
  }

  #push(item: Item): void {
    if (item instanceof Uint8Array) this.#incomingBytes += item.length;
    this.#incoming.push(item);
    this.#reader?.();
  }
}

export interface PipeOptions {
  /** Bytes a chunk is cut into on its way. */
  cut?: number | undefined;
  /** Unread bytes beyond which a write waits. */
  capacity?: number | undefined;
}

export function pipe(options: PipeOptions = {}): [PipeEnd, PipeEnd] {
  const ends: [PipeEnd, PipeEnd] = [new PipeEnd(options), new PipeEnd(options)];
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return ends;
}

/** A struct with one UInt64 and one Data, both ways: enough of an interface to test with. */
export interface Probe {
  number: bigint;
  data: Uint8Array;
}

export const PROBE_INTERFACE = 0xabcdef0123456789n;

export function probeMethod(name: string, methodId: number): Method<Probe, Probe> {
  const write = (content: Pointer, { number, data }: Probe): void => {
    const struct = new Struct(content.segment, content.byteOffset);
    utils.initStruct(new ObjectSize(8, 1), struct);
    utils.setUint64(0, number, struct);
    utils.initData(0, data.length, struct).copyBuffer(data);
  };
  const read = (content: Pointer): Probe => {
    if (utils.isNull(content)) return { number: 0n, data: new Uint8Array() };
    const struct = new Struct(content.segment, content.byteOffset);
    return { number: utils.getUint64(0, struct), data: utils.getData(0, struct).toUint8Array().slice() };
  };
  const size = ({ data }: Probe): number => 16 + ((data.length + 7) & ~7);
  return {
    name,
    interfaceId: PROBE_INTERFACE,
    methodId,
    paramsSize: size,
    resultsSize: size,
    writeParams: write,
    writeResults: write,
    readParams: read,
    readResults: read,
  };
}
