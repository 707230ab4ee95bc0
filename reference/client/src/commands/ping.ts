import { nodeService } from '@quicnprotochat/proto';
import { printable } from '../errors.ts';
import type { Command } from './command.ts';

export const ping: Command = {
  name: 'ping',
  describe: 'ask the server whether it is well',
  example: ['ping --server 127.0.0.1:7000', 'is it there?'],
  async run(context) {
    const node = await context.node();
    await node.call(nodeService.health, {});
    // The second call does without the handshake.
    const before = performance.now();
    const { status } = await node.call(nodeService.health, {});
    const rttMs = Math.round((performance.now() - before) * 100) / 100;
    const fields = { server: node.address, status: printable(status), rttMs };
    await context.output.result('ping', fields, `${node.address} is there: ${fields.status} (${rttMs} ms)`);
  },
};
