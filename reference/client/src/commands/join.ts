import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '../errors.ts';
import { inGroup } from '../group/session.ts';
import { StateFile } from '../state/state-file.ts';
import { channelArgument, channelOption } from './arguments.ts';
import type { Command } from './command.ts';
import { groupFields } from './group.ts';
import { waitArgument, waitOption } from './recv.ts';
import { withSession } from './with-session.ts';

const POLL_MS = 200;

export const join: Command = {
  name: 'join',
  describe: 'join the group that somebody invited you to',
  options: { ...waitOption, ...channelOption },
  example: ['join --state bob.bin', 'messages that came meanwhile are shown by "recv"'],
  async run(context, args) {
    const end = Date.now() + waitArgument(args);
    const file = new StateFile(context.options);
    for (let isFirst = true; ; isFirst = false) {
      const isDone = await withSession(
        context,
        { channelId: channelArgument(args) },
        async (session) => {
          if (isFirst && session.member.isActive) throw inGroup();
          await session.joinWaiting();
          await session.sync(true);
          if (!session.member.isActive) return false;
          const fields = groupFields(session);
          const text = `joined ${fields.groupId}\n${fields.members.map((key) => `member ${key}`).join('\n')}`;
          await context.output.result('joined', fields, text);
          return true;
        },
        file,
      );
      if (isDone) return;
      if (Date.now() >= end)
        throw new ClientError('absent', 'no Welcome for you is there: ask to be invited (again), or wait (--wait-ms)');
      await sleep(POLL_MS, undefined, { signal: context.signal });
    }
  },
};
