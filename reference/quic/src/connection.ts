import { createHash, randomBytes } from 'node:crypto';
import type { Connection, Host } from '@matrixai/quic/native/types.js';
import { CONNECTION_ID_LEN, LARGEST_DATAGRAM } from './config.ts';
import { type CloseInfo, closedError, QuicError } from './errors.ts';
import { coalescedPackets } from './long-header.ts';
import { PeerAddress } from './peer-address.ts';
import { QuicStream } from './stream.ts';

/** How a connection reaches the network and its owner. */
export interface ConnectionHost {
  /** The bytes are the connection's to give away. */
  transmit(packet: Uint8Array, to: Host): void;
  /** Called once, before anything is sent in answer: the place for checks of the peer's certificate. */
  onEstablished?(): void;
  /** The transport has forgotten the connection: no packet of it will be answered any more. */
  onGone(): void;
}

/** Packets sent for one connection before the others get their turn. */
const PACKETS_PER_TURN = 64;
const out = new Uint8Array(LARGEST_DATAGRAM);
/** Of a client, at once: each that is used makes room for another, and many cost a connection more than its handshake. */
const OFFERED_IDS = 8;
/** Which kind of stream an id is of (RFC 9000 section 2.1). */
const BIDI = 0;
const UNI = 2;

/**
 * One QUIC connection. Packets go in by `receive`, come out by the host's `transmit`; everything else is streams.
 * Sending is put off to the end of the turn (setImmediate), so that what was written in one turn shares packets.
 */
export class QuicConnection {
  /** The address at which this side receives. */
  readonly local: Host;
  /** How it ended; never rejects. */
  readonly closed: Promise<CloseInfo>;
  /** Called with each stream that the peer opens. */
  onStream: ((stream: QuicStream) => void) | undefined;

  readonly #quiche: Connection;
  readonly #host: ConnectionHost;
  readonly #isServer: boolean;
  readonly #peer: PeerAddress;
  readonly #streams = new Map<number, QuicStream>();
  #nextBidi: number;
  #nextUni: number;
  #timer: NodeJS.Timeout | undefined;
  #timerDue = 0;
  #keepAlive: NodeJS.Timeout | undefined;
  #flush: NodeJS.Immediate | undefined;
  /** Packets came in after the one that was looked at. */
  #hasInput = false;
  #isEstablished = false;
  #localClose: CloseInfo | undefined;
  #closeInfo: CloseInfo | undefined;
  #isGone = false;
  #resolveClosed!: (info: CloseInfo) => void;
  readonly #flushWaiters: (() => void)[] = [];

  constructor(connection: Connection, role: 'client' | 'server', local: Host, remote: Host, host: ConnectionHost) {
    this.#quiche = connection;
    this.#host = host;
    this.#isServer = role === 'server';
    this.#nextBidi = this.#isServer ? 1 : 0;
    this.#nextUni = this.#isServer ? 3 : 2;
    this.local = local;
    this.#peer = new PeerAddress(remote);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#wake();
  }

  /** The peer's address now; a peer may move (RFC 9000 section 9). */
  get remote(): Host {
    return this.#peer.now;
  }

  /** The protocol agreed on; empty before the handshake is through. */
  get alpn(): string {
    return Buffer.from(this.#quiche.applicationProto()).toString();
  }

  /** Whether the handshake is through. */
  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** Whether it is over, or about to be: nothing can be opened on it. */
  get isClosed(): boolean {
    return this.#closeInfo !== undefined;
  }

  /** The peer's certificate, DER; undefined when it showed none. */
  get peerCertificate(): Uint8Array | undefined {
    return this.#quiche.peerCertChain()?.[0];
  }

  /** Hex of the SHA-256 of the peer's certificate in DER; empty when it showed none. */
  get peerCertificateSha256(): string {
    const der = this.peerCertificate;
    return der === undefined ? '' : createHash('sha256').update(der).digest('hex');
  }

  /** Streams that the peer still lets us open. */
  get peerStreamsLeftBidi(): number {
    return this.#quiche.peerStreamsLeftBidi() - this.#opened(BIDI);
  }

  /** Likewise, of streams that only we write. */
  get peerStreamsLeftUni(): number {
    return this.#quiche.peerStreamsLeftUni() - this.#opened(UNI);
  }

  /** Opens a bidirectional stream; the peer learns of it with the first bytes. @throws QuicError `STREAM_LIMIT`, `CLOSED` */
  async openStream(): Promise<QuicStream> {
    this.#requireOpen(this.peerStreamsLeftBidi);
    const id = this.#nextBidi;
    this.#nextBidi += 4;
    return this.#addStream(id, { read: true, write: true, isKnown: false });
  }

  /** Opens a stream that only we write. @throws QuicError `STREAM_LIMIT`, `CLOSED` */
  async openUniStream(): Promise<QuicStream> {
    this.#requireOpen(this.peerStreamsLeftUni);
    const id = this.#nextUni;
    this.#nextUni += 4;
    return this.#addStream(id, { read: false, write: true, isKnown: false });
  }

  /** Probes the peer whenever `intervalMs` passed, so that neither side's idle time-out strikes. */
  keepAlive(intervalMs: number): void {
    clearInterval(this.#keepAlive);
    this.#keepAlive = setInterval(() => {
      this.#quiche.sendAckEliciting();
      this.#wake();
    }, intervalMs);
    this.#keepAlive.unref();
  }

  /** Sends CONNECTION_CLOSE with an application code, and resolves once it was handed to the socket. Idempotent. */
  close(code = 0, reason = ''): Promise<void> {
    return this.#close({ by: 'local', isApplication: true, code, reason });
  }

  /** As `close`, with a transport error code (RFC 9000 section 20.1). */
  closeTransport(code: number, reason: string): Promise<void> {
    return this.#close({ by: 'local', isApplication: false, code, reason });
  }

  /** Vanishes without a word, as a peer that lost its network does. */
  abandon(): void {
    this.#end({ by: 'lost', isApplication: false, code: 0, reason: 'abandoned here' });
    this.#gone();
  }

  /** The socket reports that the peer cannot be reached. */
  lose(reason: string): void {
    this.#end({ by: 'lost', isApplication: false, code: 0, reason });
    this.#gone();
  }

  /** Feeds one UDP payload; it is decrypted in place. Never throws: a bad packet is dropped, a bad peer loses its connection. */
  receive(packet: Uint8Array, from: Host): void {
    if (this.#isGone) return;
    try {
      const info = { from: this.#peer.incoming(from), to: this.local };
      for (const single of coalescedPackets(packet)) this.#quiche.recv(single, info);
      if (this.#peer.candidate) this.#checkMove(this.#peer.candidate);
    } catch {
      // What was wrong shows as localError(), and goes to the peer with the next packet.
    }
    // The first packet of a turn is looked at now, what comes with it all at once: that costs more than a packet does.
    if (this.#flush === undefined || !this.#isEstablished) this.#afterInput();
    else this.#hasInput = true;
  }

  #checkMove(candidate: Host): void {
    // quiche knows no path of a packet that it could not read, and throws.
    if (this.#quiche.isPathValidated(this.local, candidate)) this.#peer.accept();
  }

  /** Streams of ours that the transport does not count yet: nothing was written on them. */
  #opened(kind: typeof BIDI | typeof UNI): number {
    let count = 0;
    for (const { id, isKnown } of this.#streams.values()) if (!isKnown && (id & UNI) === kind) count += 1;
    return count;
  }

  #requireOpen(streamsLeft: number): void {
    if (this.#closeInfo) throw closedError(this.#closeInfo);
    if (streamsLeft <= 0) throw new QuicError('STREAM_LIMIT', 'the peer allows no further stream');
  }

  #addStream(id: number, directions: { read: boolean; write: boolean; isKnown: boolean }): QuicStream {
    const host = {
      quiche: this.#quiche,
      wake: () => this.#wake(),
      forget: (gone: number) => void this.#streams.delete(gone),
    };
    const stream = new QuicStream(id, host, directions);
    this.#streams.set(id, stream);
    return stream;
  }

  /**
   * A few connection ids more, as the server takes them: some need a new one for each address from which we come, and stop to answer without
   * (RFC 9000 section 5.1.1). Ours is the only connection of its socket, so that nobody has to know which ids are whose.
   */
  #offerConnectionIds(): void {
    while (this.#quiche.sourceCidsLeft() > 0 && this.#quiche.activeSourceCids() < OFFERED_IDS) {
      const resetToken = BigInt(`0x${randomBytes(16).toString('hex')}`);
      this.#quiche.newSourceCid(randomBytes(CONNECTION_ID_LEN), resetToken, false);
    }
  }

  #afterInput(): void {
    this.#hasInput = false;
    if (this.#isGone) return;
    if (!this.#isEstablished && this.#quiche.isEstablished()) {
      this.#isEstablished = true;
      this.#host.onEstablished?.();
    }
    if (!this.#isServer && this.#isEstablished && !this.#closeInfo) this.#offerConnectionIds();
    // Asked first: the binding's iterator costs more than a packet does.
    if (!this.#closeInfo && this.#quiche.isReadable())
      for (const id of this.#quiche.readable()) (this.#streams.get(id) ?? this.#accept(id))?.onReadable();
    this.#wake();
  }

  /** A stream that is new here and opened by the peer. */
  #accept(id: number): QuicStream | undefined {
    const isPeers = (id & 1) === (this.#isServer ? 0 : 1);
    if (!isPeers || !this.onStream || !this.#isEstablished) return undefined;
    const stream = this.#addStream(id, { read: true, write: (id & 2) === 0, isKnown: true });
    this.onStream(stream);
    return stream;
  }

  #wake(): void {
    if (this.#isGone) return;
    this.#flush ??= setImmediate(() => {
      if (!this.#hasInput) return this.#flushNow();
      this.#afterInput();
      // Answers to it are made by the end of this turn, and share packets with what waits already.
      this.#flush = setImmediate(() => this.#flushNow());
    });
  }

  #flushNow(): void {
    this.#flush = undefined;
    this.#send();
    if (this.#hasInput) this.#afterInput();
  }

  #send(): void {
    if (this.#isGone) return;
    if (!this.#closeInfo) for (const stream of [...this.#streams.values()]) stream.onWritable();
    let isMore = true;
    for (let i = 0; isMore && i < PACKETS_PER_TURN; i += 1) isMore = this.#sendPacket();
    this.#checkEnd();
    if (isMore) this.#wake();
    else for (const resolve of this.#flushWaiters.splice(0)) resolve();
    this.#arm();
  }

  /** @returns whether there was one to send */
  #sendPacket(): boolean {
    let sent: ReturnType<Connection['send']>;
    try {
      sent = this.#quiche.send(out);
    } catch (error) {
      this.#end(closeInfo('local', this.#quiche.localError() ?? failure(error)));
      return false;
    }
    if (sent === null) return false;
    const [length, { to }] = sent;
    const address = this.#peer.outgoing(to);
    // Copied: the socket sends later, and `out` is used again at once.
    if (address) this.#host.transmit(Buffer.from(out.subarray(0, length)), address);
    return true;
  }

  /** Re-arms the timer only when the transport wants an earlier one: most packets only push it back. */
  #arm(): void {
    if (this.#isGone) return;
    const timeout = this.#quiche.timeout();
    if (timeout === null) return;
    const due = performance.now() + Math.ceil(timeout);
    if (this.#timer && this.#timerDue <= due) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => this.#onTimer(), Math.ceil(timeout));
  }

  #onTimer(): void {
    this.#timer = undefined;
    const timeout = this.#quiche.timeout();
    // Between close() and its packet no probe may come due: quiche, closing with an application code before the handshake
    // is confirmed, would take each packet for a probe that is still owed, and send without end.
    const isClosing = this.#localClose !== undefined && !this.#quiche.isDraining();
    if (timeout !== null && timeout <= 0 && !isClosing) this.#quiche.onTimeout();
    this.#wake();
  }

  #checkEnd(): void {
    if (this.#quiche.isDraining() || this.#quiche.isClosed() || this.#quiche.isTimedOut()) {
      const peer = this.#quiche.peerError();
      const own = this.#quiche.localError();
      if (this.#quiche.isTimedOut()) this.#end({ by: 'timeout', isApplication: false, code: 0, reason: '' });
      else if (this.#localClose) this.#end(this.#localClose);
      else if (peer) this.#end(closeInfo('peer', peer));
      else if (own) this.#end(closeInfo('local', own));
      else this.#end({ by: 'lost', isApplication: false, code: 0, reason: 'the connection ended without a word' });
    }
    if (this.#quiche.isClosed()) this.#gone();
  }

  async #close(info: CloseInfo): Promise<void> {
    if (this.#closeInfo || this.#localClose) return;
    // What the application wrote before goes out first, as far as the peer lets it.
    if (info.isApplication) this.#send();
    this.#localClose = info;
    try {
      this.#quiche.close(info.isApplication, info.code, Buffer.from(info.reason));
    } catch {
      // Already closing.
    }
    await new Promise<void>((resolve) => {
      this.#flushWaiters.push(resolve);
      this.#wake();
    });
    this.#end(info);
  }

  #end(info: CloseInfo): void {
    if (this.#closeInfo) return;
    this.#closeInfo = info;
    clearInterval(this.#keepAlive);
    const error = closedError(info);
    for (const stream of [...this.#streams.values()]) stream.onClosed(error);
    this.#streams.clear();
    this.#resolveClosed(info);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer);
    clearInterval(this.#keepAlive);
    if (this.#flush) clearImmediate(this.#flush);
    for (const resolve of this.#flushWaiters.splice(0)) resolve();
    this.#host.onGone();
  }
}

const INTERNAL_ERROR = 0x1;
const failure = (error: unknown) => ({ isApp: false, errorCode: INTERNAL_ERROR, reason: Buffer.from(String(error)) });

function closeInfo(by: 'local' | 'peer', error: { isApp: boolean; errorCode: number; reason: Uint8Array }): CloseInfo {
  return { by, isApplication: error.isApp, code: error.errorCode, reason: Buffer.from(error.reason).toString() };
}
