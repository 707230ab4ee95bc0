import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { UnreachableError } from '../errors.ts';
import type { NetworkConditions } from './conditions.ts';
import { type Direction, decide } from './decide.ts';
import { Line } from './line.ts';

/** A flow without a packet for this long is over, in ms; connections of the suite send something every 5 seconds. */
const FLOW_IDLE_MS = 60_000;

/** How a relay treats packets. */
export interface RelayOptions {
  conditions: NetworkConditions;
  seed: number;
  /** Names a new flow; decisions depend on it. By default flows are numbered. */
  nameFlow?: (() => string) | undefined;
}

/** One address and port of a client, and the socket that stands for it before the server. */
interface Flow {
  upstream: Socket;
  out: Line;
  back: Line;
  idle: NodeJS.Timeout;
}

/**
 * A bad network in front of a server: a UDP port of 127.0.0.1 that loses, reorders, doubles and delays packets in both
 * directions. What becomes of a packet is `decide`'s alone, so that a seed repeats it.
 */
export class Relay {
  readonly address: { host: string; port: number };
  readonly #server: { address: string; family: number; port: number };
  readonly #options: RelayOptions;
  readonly #socket: Socket;
  readonly #flows = new Map<string, Flow>();
  #flowCount = 0;

  private constructor(
    socket: Socket,
    server: { address: string; family: number; port: number },
    options: RelayOptions,
  ) {
    this.#socket = socket;
    this.#server = server;
    this.#options = options;
    this.address = { host: socket.address().address, port: socket.address().port };
    socket.on('message', (packet, { address, port }) => this.#flowOf(address, port).take(packet));
    // A client that is gone already is no fault: what was for it is lost.
    socket.on('error', () => {});
  }

  /** @throws UnreachableError when the server's name does not resolve */
  static async open(server: { host: string; port: number }, options: RelayOptions): Promise<Relay> {
    const found = await lookup(server.host).catch((error: Error) => {
      throw new UnreachableError(`the host name ${server.host} does not resolve: ${error.message}`);
    });
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Relay(socket, { ...found, port: server.port }, options);
  }

  close(): void {
    this.#socket.close();
    for (const key of [...this.#flows.keys()]) this.#end(key);
  }

  #flowOf(host: string, port: number): Line {
    const key = `${host}/${port}`;
    const flow = this.#flows.get(key) ?? this.#begin(key, host, port);
    flow.idle.refresh();
    return flow.out;
  }

  #begin(key: string, host: string, port: number): Flow {
    const { conditions, seed, nameFlow } = this.#options;
    this.#flowCount += 1;
    const name = nameFlow?.() ?? String(this.#flowCount);
    const decider = (direction: Direction) => (number: number) =>
      decide({ seed, flow: name, direction, number }, conditions);
    const { address, family, port: serverPort } = this.#server;
    const upstream = createSocket(family === 6 ? 'udp6' : 'udp4');
    const flow: Flow = {
      upstream,
      out: new Line(decider('out'), (packet) => upstream.send(packet, serverPort, address, () => {})),
      back: new Line(decider('back'), (packet) => this.#socket.send(packet, port, host, () => {})),
      idle: setTimeout(() => this.#end(key), FLOW_IDLE_MS).unref(),
    };
    upstream.on('message', (packet) => {
      flow.idle.refresh();
      flow.back.take(packet);
    });
    upstream.on('error', () => {});
    this.#flows.set(key, flow);
    return flow;
  }

  #end(key: string): void {
    const flow = this.#flows.get(key);
    if (flow === undefined) return;
    this.#flows.delete(key);
    clearTimeout(flow.idle);
    flow.out.close();
    flow.back.close();
    flow.upstream.close();
  }
}
