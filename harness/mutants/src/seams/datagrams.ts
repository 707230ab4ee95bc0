import { createSocket, type Socket } from 'node:dgram';

/** What becomes of a client's datagram: undefined lets it through. @param from the address that it came from */
export type DatagramFault = (packet: Uint8Array, from: string) => 'drop' | undefined;

/** A UDP port in front of a server: for what a server does with datagrams before they are a connection's. */
export class Front {
  readonly address: { host: string; port: number };
  readonly #socket: Socket;
  readonly #clients: ReadonlyMap<string, Socket>;

  private constructor(socket: Socket, clients: ReadonlyMap<string, Socket>) {
    this.#socket = socket;
    this.#clients = clients;
    this.address = { host: socket.address().address, port: socket.address().port };
  }

  static async open(server: { host: string; port: number }, fault: DatagramFault): Promise<Front> {
    const socket = createSocket('udp4');
    const clients = new Map<string, Socket>();
    socket.on('message', (packet, { address, port }) => {
      const key = `${address}/${port}`;
      if (fault(packet, key) === 'drop') return;
      let client = clients.get(key);
      if (!client) {
        client = createSocket('udp4');
        client.on('message', (answer) => socket.send(answer, port, address, () => {}));
        client.on('error', () => {});
        clients.set(key, client);
      }
      client.send(packet, server.port, server.host, () => {});
    });
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new Front(socket, clients);
  }

  close(): void {
    this.#socket.close();
    for (const client of this.#clients.values()) client.close();
  }
}
