import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Host } from '@matrixai/quic/native/types.js';

/** A client must come back with its token within this time, in ms. */
const LIFETIME_MS = 15_000;
const MAC_LEN = 32;

/**
 * Tokens of Retry packets (RFC 9000 section 8.1.2): they show that a client receives at the address it sends from.
 *
 *     offset  bytes  field
 *     0       8      time of issue, ms, big-endian
 *     8       n      original destination connection id, 8 … 20 bytes
 *     8 + n   32     HMAC-SHA256 of the above, the client's address and port, and the connection id given with Retry
 */
export class RetryTokens {
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  mint(client: Host, originalDcid: Uint8Array, newScid: Uint8Array): Uint8Array {
    const head = Buffer.alloc(8 + originalDcid.length);
    head.writeBigUInt64BE(BigInt(this.#now()));
    head.set(originalDcid, 8);
    return Buffer.concat([head, this.#mac(head, client, newScid)]);
  }

  /** @returns the original destination connection id, or undefined for a token that is not ours, not theirs, or too old */
  verify(token: Uint8Array, client: Host, dcid: Uint8Array): Uint8Array | undefined {
    if (token.length < 8 + 1 + MAC_LEN) return undefined;
    const head = Buffer.from(token.subarray(0, -MAC_LEN));
    if (!timingSafeEqual(this.#mac(head, client, dcid), token.subarray(-MAC_LEN))) return undefined;
    const age = this.#now() - Number(head.readBigUInt64BE());
    return age >= 0 && age <= LIFETIME_MS ? head.subarray(8) : undefined;
  }

  #mac(head: Uint8Array, client: Host, scid: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(head).update(`|${client.host}|${client.port}|`).update(scid).digest();
  }
}
