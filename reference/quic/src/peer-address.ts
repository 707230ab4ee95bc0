import type { Host } from '@matrixai/quic/native/types.js';

/** In no use on any network (RFC 1122 section 3.2.1.3). */
const PLACEHOLDER_NET = '0.1';

/**
 * Where a peer is, and under which address quiche knows it. Networks give a peer a new address whenever they like, and quiche
 * then goes on on a new path, but sends hardly anything again that was lost on the one before: a transfer would stand still
 * for good. So quiche knows the peer under one address all the time, save while a new one is validated (RFC 9000 section 9.3):
 * under a placeholder quiche sees it as a path of its own, challenges it, and sends little there. Once it has been shown to
 * be the peer's, packets come and go under the first address again.
 */
export class PeerAddress {
  readonly #known: Host;
  #now: Host;
  #candidate: { at: Host; as: Host } | undefined;
  /** Placeholder of the last address that was accepted: quiche may use it until it hears from the peer again. */
  #accepted: Host | undefined;
  #count = 0;

  /** @param first where the handshake comes from */
  constructor(first: Host) {
    this.#known = first;
    this.#now = first;
  }

  /** The last address that was shown to be the peer's. */
  get now(): Host {
    return this.#now;
  }

  /** The placeholder of an address that is not validated yet. */
  get candidate(): Host | undefined {
    return this.#candidate?.as;
  }

  /** @returns what quiche is told that a packet comes from */
  incoming(from: Host): Host {
    if (isSame(from, this.#now)) return this.#known;
    // As for an earlier address of the peer's: it may be somebody else's by now.
    if (!this.#candidate || !isSame(from, this.#candidate.at)) this.#candidate = { at: from, as: this.#placeholder() };
    return this.#candidate.as;
  }

  /** @returns where a packet really goes; undefined for an address that the peer left before it was validated */
  outgoing(to: Host): Host | undefined {
    if (this.#candidate && isSame(to, this.#candidate.as)) return this.#candidate.at;
    return isSame(to, this.#known) || (this.#accepted && isSame(to, this.#accepted)) ? this.#now : undefined;
  }

  /** The candidate was validated. */
  accept(): void {
    if (!this.#candidate) return;
    this.#now = this.#candidate.at;
    this.#accepted = this.#candidate.as;
    this.#candidate = undefined;
  }

  #placeholder(): Host {
    this.#count += 1;
    return { host: `${PLACEHOLDER_NET}.${(this.#count >> 8) & 0xff}.${this.#count & 0xff}`, port: 1 };
  }
}

const isSame = (a: Host, b: Host): boolean => a.port === b.port && a.host === b.host;
