import { ObjectSize, type Pointer, Struct, utils } from 'capnp-es';
import type { ByteStream, Method } from '../src/index.ts';

/** One end of an in-memory stream. */
export class PipeEnd implements ByteStream {
  peer!: PipeEnd;
  /** Bytes a chunk is cut into on its way; 0 = not at all. */
  readonly cut: number;
  #incoming: (Uint8Array | null | Error)[] = [];
  #reader: (() => void) | undefined;
  #isEnded = false;

  constructor(cut = 0) {
    this.cut = cut;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#incoming.length === 0) {
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    const [next] = this.#incoming;
    if (next instanceof Uint8Array) this.#incoming.shift();
    if (next instanceof Error) throw next;
    return next as Uint8Array | null;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isEnded) throw new Error('write after end');
    const step = this.cut || bytes.length;
    for (let i = 0; i < bytes.length; i += step) this.peer.#push(bytes.slice(i, i + step));
  }

  async end(): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.peer.#push(null);
  }

  reset(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.peer.#push(new Error('stream reset'));
  }

  #push(item: Uint8Array | null | Error): void {
    this.#incoming.push(item);
    this.#reader?.();
  }
}

export function pipe(cut = 0): [PipeEnd, PipeEnd] {
  const ends: [PipeEnd, PipeEnd] = [new PipeEnd(cut), new PipeEnd(cut)];
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
