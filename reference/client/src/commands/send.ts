import { createInterface } from 'node:readline';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import type { Session } from '../group/session.ts';
import { hex } from '../output.ts';
import { StateFile } from '../state/state-file.ts';
import { channelArgument, channelOption, keyArgument, textArgument } from './arguments.ts';
import type { Command } from './command.ts';
import { throwRefusals, withSession } from './with-session.ts';

export const send: Command = {
  name: 'send',
  describe: 'send a message to the group',
  options: {
    msg: { type: 'string', describe: 'the text; - reads it from standard input' },
    lines: { type: 'boolean', default: false, describe: 'send each line of standard input as a message of its own' },
    'peer-key': { type: 'string', describe: 'put it into this member’s queue only, 64 hex digits' },
    ...channelOption,
  },
  example: ['send --state alice.bin --msg "hello"', ''],
  async run(context, args) {
    const to = args.peerKey === undefined ? undefined : keyArgument('--peer-key', args.peerKey);
    const needs = { channelId: channelArgument(args) };
    const file = new StateFile(context.options);
    const sendOne = (text: string): Promise<void> =>
      withSession(context, needs, (session) => sendText(context, session, text, to), file);
    if (args.lines) {
      for await (const line of createInterface({ input: process.stdin })) {
        context.signal.throwIfAborted();
        await sendOne(line);
      }
      return;
    }
    if (args.msg === undefined) throw new ClientError('usage', 'give --msg: the text of the message');
    await sendOne(await textArgument(String(args.msg)));
  },
};

async function sendText(context: Context, session: Session, text: string, to?: Uint8Array): Promise<void> {
  const { recipients, refusals } = await session.send(Buffer.from(text), to);
  const refused = new Set(refusals.map(({ recipient }) => hex(recipient)));
  const reached = recipients.map(hex).filter((key) => !refused.has(key));
  if (reached.length > 0) {
    const { groupId = new Uint8Array(), epoch } = session.member;
    const fields = { groupId: hex(groupId), epoch: Number(epoch), recipients: reached };
    await context.output.result('sent', fields, `sent to ${reached.length} member${reached.length === 1 ? '' : 's'}`);
  }
  throwRefusals(refusals);
}
