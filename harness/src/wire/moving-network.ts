import { createSocket, type Socket } from 'node:dgram';
import type { TargetAddress } from '../target/target.ts';

/** A network between a client and a server that gives the client another port when it is told to, as one behind NAT does. */
export class MovingNetwork {
  readonly #server: TargetAddress;
  readonly #inner: Socket;
  readonly #outer: Socket[] = [];
  #client: { port: number; address: string } | undefined;

  private constructor(server: TargetAddress) {
    this.#server = server;
    this.#inner = createSocket('udp4');
    this.move();
  }

  static async open(server: TargetAddress): Promise<MovingNetwork> {
    const network = new MovingNetwork(server);
    network.#inner.on('message', (packet, from) => {
      network.#client = from;
      network.#outer.at(-1)?.send(packet, server.port, server.host, () => {});
    });
    await new Promise<void>((resolve) => network.#inner.bind(0, '127.0.0.1', resolve));
    return network;
  }

  /** Where the client finds the server. The certificate is still that of the server's own name. */
  get address(): TargetAddress {
    const { host, verify } = this.#server;
    const isNamed = verify.kind === 'ca' && verify.serverName === undefined;
    return {
      host: '127.0.0.1',
      port: this.#inner.address().port,
      verify: isNamed ? { ...verify, serverName: host } : verify,
    };
  }

  /** From now on what the client sends comes from another port; what the server sends to one of before is lost. */
  move(): void {
    this.#outer.at(-1)?.removeAllListeners('message');
    const outer = createSocket(this.#server.host.includes(':') ? 'udp6' : 'udp4');
    outer.on('error', () => {});
    outer.on('message', (packet) => {
      if (this.#client) this.#inner.send(packet, this.#client.port, this.#client.address, () => {});
    });
    this.#outer.push(outer);
  }

  close(): void {
    for (const socket of [this.#inner, ...this.#outer]) socket.close();
  }
}
