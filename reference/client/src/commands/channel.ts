import { CHANNEL_ID_LEN, nodeService } from '@quicnprotochat/proto';
import { ClientError } from '../errors.ts';
import { hex } from '../output.ts';
import { readStateIfThere } from '../state/state-file.ts';
import { keyArgument, peerKeyOption } from './arguments.ts';
import type { Command } from './command.ts';

export const channel: Command = {
  name: 'channel <action>',
  describe: 'channels of two: "channel create" makes one, or finds the one there is',
  positionals: { action: { choices: ['create'], describe: 'what to do' } },
  options: peerKeyOption,
  example: [`channel create --peer-key ${'ab'.repeat(32)}`, 'prints the id for --channel-id'],
  async run(context, args) {
    const peerKey = keyArgument('--peer-key', args.peerKey);
    const state = await readStateIfThere(context.options);
    const auth = (await context.auth(state)).toAuth();
    const { channelId } = await (await context.node()).call(nodeService.createChannel, { peerKey, auth });
    if (channelId.length !== CHANNEL_ID_LEN)
      throw new ClientError('untrusted', `the server returned a channel id of ${channelId.length} bytes, not 16`);
    const fields = { channelId: hex(channelId), peerKey: hex(peerKey) };
    await context.output.result('channel', fields, `channel ${fields.channelId}`);
  },
};
