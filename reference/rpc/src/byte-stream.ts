/**
 * What the vat needs of a transport: one bidirectional byte stream with backpressure both ways.
 * A QUIC stream of `@quicnprotochat/quic` has this shape; so can a TCP socket or a pair of pipes.
 */
export interface ByteStream {
  /**
   * Waits for the next bytes; not reading is backpressure on the peer. One read at a time.
   * @returns a non-empty chunk that the caller may keep, or null after the peer's FIN
   * @throws when the stream was reset or its connection is lost
   */
  read(): Promise<Uint8Array | null>;
  /**
   * Sends bytes in order; resolves once the transport has room for more. The bytes must not be changed afterwards.
   * @throws when the peer refuses more (STOP_SENDING) or the connection is lost
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends FIN after what was written. Resolves when it is handed over; never rejects. Idempotent. */
  end(): Promise<void>;
  /** Gives up both directions at once with an application error code. Idempotent; never throws. */
  reset(code: number): void;
}
