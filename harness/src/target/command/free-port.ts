import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { SuiteError } from '../../errors.ts';

/** Below the ports that systems give out by themselves: nobody takes it while the server is away for a restart. */
const FIRST = 15_000;
const LAST = 32_000;
const TRIES = 50;

/** @returns a UDP port on which nothing listens @throws SuiteError */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
  throw new SuiteError(`no UDP port between ${FIRST} and ${LAST} is free`);
}

/** Whether a server could listen on that UDP port, of 127.0.0.1 or of every address. */
export async function isFree(port: number): Promise<boolean> {
  for (const address of ['127.0.0.1', '0.0.0.0']) {
    const socket = createSocket('udp4');
    try {
      socket.bind({ port, address, exclusive: true });
      await once(socket, 'listening');
    } catch {
      return false;
    } finally {
      socket.close();
    }
  }
  return true;
}
