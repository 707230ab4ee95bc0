import { ClientError } from '../errors.ts';
import { hex } from '../output.ts';
import { channelArgument, channelOption, keyArgument, textArgument } from './arguments.ts';
import type { Command } from './command.ts';
import { throwRefusals, withSession } from './with-session.ts';

export const send: Command = {
  name: 'send',
  describe: 'send a message to the group',
  options: {
    msg: { type: 'string', describe: 'the text; - reads it from standard input' },
    'peer-key': { type: 'string', describe: 'put it into this member’s queue only, 64 hex digits' },
    ...channelOption,
  },
  example: ['send --state alice.bin --msg "hello"', ''],
  async run(context, args) {
    if (args.msg === undefined) throw new ClientError('usage', 'give --msg: the text of the message');
    const to = args.peerKey === undefined ? undefined : keyArgument('--peer-key', args.peerKey);
    const text = await textArgument(String(args.msg));
    await withSession(context, { channelId: channelArgument(args) }, async (session) => {
      const { recipients, refusals } = await session.send(Buffer.from(text), to);
      const refused = new Set(refusals.map(({ recipient }) => hex(recipient)));
      const reached = recipients.map(hex).filter((key) => !refused.has(key));
      if (reached.length > 0) {
        const { groupId = new Uint8Array(), epoch } = session.member;
        const fields = { groupId: hex(groupId), epoch: Number(epoch), recipients: reached };
        await context.output.result(
          'sent',
          fields,
          `sent to ${reached.length} member${reached.length === 1 ? '' : 's'}`,
        );
      }
      throwRefusals(refusals);
    });
  },
};
