import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection, QuicStream } from '@quicnprotochat/quic';
import {
  type CallMessage,
  FrameReader,
  type ReturnMessage,
  type RpcMessage,
  readMessage,
  writeMessage,
} from '@quicnprotochat/rpc';
import { showBytes } from '../world/exchange.ts';
import type { ConformanceWorld } from '../world/world.ts';

/** The session is over, and how that showed. */
export interface Over {
  kind: 'over';
  how: string;
}

/** What a server may send: as much as a right client takes, and more. */
const LIMITS = { segments: 512, messageBytes: 64 << 20 };

/** A session whose client side is written by hand: it sends what it is told to, right or wrong. */
export class RawSession {
  readonly connection: QuicConnection;
  readonly stream: QuicStream;
  readonly #world: ConformanceWorld;
  readonly #frames = new FrameReader(LIMITS);
  readonly #received: RpcMessage[] = [];
  /** Returns that came before they were asked for. */
  readonly #early: ReturnMessage[] = [];
  #over: Over | undefined;
  #waiting: Promise<RpcMessage | Over> | undefined;

  private constructor(world: ConformanceWorld, connection: QuicConnection, stream: QuicStream) {
    this.#world = world;
    this.connection = connection;
    this.stream = stream;
    world.frames.own(this, stream);
    world.frames.nameAs(this, 'raw');
  }

  /** On a stream of its own, of a new connection or of the one given. */
  static async open(world: ConformanceWorld, connection?: QuicConnection): Promise<RawSession> {
    const used = connection ?? (await world.connect());
    return new RawSession(world, used, await world.openStream(used));
  }

  async send(...messages: RpcMessage[]): Promise<void> {
    for (const message of messages) {
      this.#world.exchange.add('raw', 'sent', label(message));
      await this.#write(writeMessage(message));
    }
  }

  /** @param what for the record */
  async sendBytes(bytes: Uint8Array, what: string): Promise<void> {
    this.#world.exchange.add('raw', 'sent', `${what}: ${showBytes(bytes)}`);
    await this.#write(bytes);
  }

  /** The next message, or the end. @throws Error when neither comes in time, or what comes is no message */
  async next(timeoutMs = this.#world.timeoutMs): Promise<RpcMessage | Over> {
    // One that came too late for an earlier caller is for this one.
    this.#waiting ??= this.#receive();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs);
    });
    const first = await Promise.race([this.#waiting, late]);
    clearTimeout(timer);
    if (first === 'late') throw new Error(`the server neither answered nor ended the session within ${timeoutMs} ms`);
    this.#waiting = undefined;
    this.#world.exchange.add('raw', 'received', first.kind === 'over' ? `(${first.how})` : label(first));
    return first;
  }

  /**
   * Reads on until the Return for a question. Those for other questions are kept for who asks for them: a server answers
   * in any order. What else comes is passed over.
   * @throws Error when the session ends first
   */
  async returnFor(questionId: number, timeoutMs?: number): Promise<ReturnMessage> {
    const early = this.#early.findIndex(({ answerId }) => answerId === questionId);
    if (early >= 0) return this.#early.splice(early, 1)[0] as ReturnMessage;
    for (;;) {
      const message = await this.next(timeoutMs);
      if (message.kind === 'over')
        throw new Error(`the session was ended (${message.how}) before question ${questionId} was answered`);
      if (message.kind === 'abort') throw new Error(`the session was aborted: ${message.exception.reason}`);
      if (message.kind !== 'return') continue;
      if (message.answerId === questionId) return message;
      this.#early.push(message);
    }
  }

  /**
   * Reads on until the end of the session.
   * @param probe a call that a session that goes on would answer: then there is no need to wait for the time-out
   * @returns the reason of an Abort, if one came
   * @throws Error when the session goes on
   */
  async end(probe?: CallMessage): Promise<string | undefined> {
    if (probe) await this.send(probe);
    for (;;) {
      const message = await this.next();
      if (message.kind === 'over') return undefined;
      if (message.kind === 'abort') return message.exception.reason;
      if (probe && message.kind === 'return' && message.answerId === probe.questionId)
        throw new Error('the session goes on');
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.stream.write(bytes);
    } catch (error) {
      // A server that has ended the session need not take any more; how it ended shows on reading.
      this.#world.note(`not taken any more: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #receive(): Promise<RpcMessage | Over> {
    while (this.#received.length === 0 && !this.#over) {
      let chunk: Uint8Array | null;
      try {
        chunk = await this.stream.read();
      } catch (error) {
        this.#over = { kind: 'over', how: error instanceof Error ? error.message : String(error) };
        break;
      }
      if (chunk === null) this.#over = { kind: 'over', how: 'FIN' };
      else for (const frame of this.#frames.push(chunk)) this.#received.push(readMessage(frame));
    }
    return this.#received.shift() ?? (this.#over as Over);
  }
}

/** `enqueue`; of what NodeService has not, the number. */
function nameOfMethod({ interfaceId, methodId }: CallMessage): string {
  const known = Object.values(nodeService).find((method) => method.methodId === methodId);
  return known && interfaceId === known.interfaceId ? known.name : `of method ${methodId}`;
}

function label(message: RpcMessage): string {
  switch (message.kind) {
    case 'bootstrap':
      return `Bootstrap ${message.questionId}`;
    case 'call':
      return `Call ${message.questionId} ${nameOfMethod(message)} on ${message.target.kind}`;
    case 'return': {
      const { value } = message;
      const what =
        value.kind === 'exception'
          ? `exception ${value.exception.type} ${JSON.stringify(value.exception.reason)}`
          : value.kind;
      return `Return ${message.answerId}: ${what}`;
    }
    case 'finish':
      return `Finish ${message.questionId}`;
    case 'release':
      return `Release ${message.referenceCount} of ${message.id}`;
    case 'abort':
      return `Abort ${JSON.stringify(message.exception.reason)}`;
    case 'disembargo':
      return `Disembargo ${message.context.kind}`;
    case 'unimplemented':
      return `unimplemented (${message.message?.kind ?? 'nothing'})`;
    case 'other':
      return `a message of kind ${message.which}`;
    default:
      return message.kind;
  }
}
