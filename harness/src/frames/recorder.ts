import type { QuicConnection, QuicStream } from '@quicnprotochat/quic';
import { type CutFrame, Splitter } from './splitter.ts';

export type Direction = 'sent' | 'received';

/** A message that passed, or how a direction ended. */
export interface RecordedFrame extends CutFrame {
  /** Milliseconds since the scenario began; of the last byte. */
  atMs: number;
  session: SessionName;
  direction: Direction;
  /** FIN, a reset or a lost connection instead of bytes. */
  event?: string | undefined;
}

/** Who speaks on a stream; known from the first call on. */
interface SessionName {
  number: number;
  who: string;
}

/** How much is kept. */
export interface RecordLimits {
  /** Bytes of a message. */
  bytes: number;
  /** Of each session: its first messages, and its last ones. */
  first: number;
  last: number;
  sessions: number;
}

/** What a report shows of a failure. */
export const REPORT_LIMITS: RecordLimits = { bytes: 4_096, first: 6, last: 24, sessions: 64 };
/** What `--trace` keeps. */
export const TRACE_LIMITS: RecordLimits = { bytes: 65_536, first: 1_000, last: 9_000, sessions: 4_096 };

interface Session {
  name: SessionName;
  first: RecordedFrame[];
  last: RecordedFrame[];
  dropped: number;
}

/** Keeps the frames of the streams of a scenario, bounded however much passes. */
export class FrameRecorder {
  readonly #limits: RecordLimits;
  readonly #now: () => number;
  readonly #sessions: Session[] = [];
  readonly #byOwner = new WeakMap<object, Session>();
  readonly #splitters: { session: Session; direction: Direction; splitter: Splitter }[] = [];
  #count = 0;

  /** @param now milliseconds since the scenario began */
  constructor(limits: RecordLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Records every stream that is opened on the connection from now on. */
  tapConnection(connection: QuicConnection): void {
    const openStream = connection.openStream.bind(connection);
    connection.openStream = async () => this.#tap(await openStream());
  }

  /** Says that a client, or a session by hand, owns a stream, so that it can be named by it. */
  own(owner: object, stream: QuicStream): void {
    const session = this.#byOwner.get(stream);
    if (session) this.#byOwner.set(owner, session);
  }

  /** The first name counts. */
  nameAs(owner: object, who: string): void {
    const session = this.#byOwner.get(owner);
    if (session && session.name.who === '') session.name.who = who;
  }

  /** What was kept, in the order of time; messages under way as far as they came. */
  frames(): RecordedFrame[] {
    for (const { session, direction, splitter } of this.#splitters) {
      const rest = splitter.end();
      if (rest) this.#keep(session, direction, rest);
    }
    return this.#sessions.flatMap(({ first, last }) => [...first, ...last]).toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Frames that were not kept. */
  get dropped(): number {
    return this.#sessions.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /** The stream's own methods go through the record: a stream has private state, which nothing around it could have. */
  #tap(stream: QuicStream): QuicStream {
    if (this.#sessions.length >= this.#limits.sessions) return stream;
    this.#count += 1;
    const session: Session = { name: { number: this.#count, who: '' }, first: [], last: [], dropped: 0 };
    this.#sessions.push(session);
    this.#byOwner.set(stream, session);
    const sent = this.#splitter(session, 'sent');
    const received = this.#splitter(session, 'received');
    const { read, write, end, reset } = stream;
    stream.write = (bytes) => {
      for (const frame of sent.push(bytes)) this.#keep(session, 'sent', frame);
      return write.call(stream, bytes);
    };
    stream.read = async () => {
      let chunk: Uint8Array | null;
      try {
        chunk = await read.call(stream);
      } catch (error) {
        this.#end(session, 'received', received, error instanceof Error ? error.message : String(error));
        throw error;
      }
      if (chunk === null) this.#end(session, 'received', received, 'FIN');
      else for (const frame of received.push(chunk)) this.#keep(session, 'received', frame);
      return chunk;
    };
    stream.end = () => {
      this.#end(session, 'sent', sent, 'FIN');
      return end.call(stream);
    };
    stream.reset = (code) => {
      this.#end(session, 'sent', sent, `reset with code ${code}`);
      reset.call(stream, code);
    };
    return stream;
  }

  #splitter(session: Session, direction: Direction): Splitter {
    const splitter = new Splitter(this.#limits.bytes);
    this.#splitters.push({ session, direction, splitter });
    return splitter;
  }

  #end(session: Session, direction: Direction, splitter: Splitter, event: string): void {
    const rest = splitter.end();
    if (rest) this.#keep(session, direction, rest);
    this.#keep(session, direction, { bytes: new Uint8Array(), length: 0, fault: undefined }, event);
  }

  #keep(session: Session, direction: Direction, frame: CutFrame, event?: string): void {
    const recorded = { ...frame, atMs: this.#now(), session: session.name, direction, event };
    if (session.first.length < this.#limits.first) {
      session.first.push(recorded);
      return;
    }
    session.last.push(recorded);
    if (session.last.length <= this.#limits.last) return;
    session.last.shift();
    session.dropped += 1;
  }
}
