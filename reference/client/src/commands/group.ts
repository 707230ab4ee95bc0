import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import type { Refusal } from '../group/outgoing.ts';
import type { Session } from '../group/session.ts';
import { hex } from '../output.ts';
import { channelArgument, channelOption, keyArgument, peerKeyOption } from './arguments.ts';
import type { Arguments, Command } from './command.ts';
import { throwRefusals, withSession } from './with-session.ts';

/** What there is to say of a group. */
export function groupFields({ member }: Session): { groupId: string; epoch: number; members: string[] } {
  return {
    groupId: hex(member.groupId ?? new Uint8Array()),
    epoch: Number(member.epoch),
    members: member.members().map(hex),
  };
}

const groupText = ({ groupId, epoch, members }: ReturnType<typeof groupFields>): string =>
  [`group  ${groupId}`, `epoch  ${epoch}`, ...members.map((key) => `member ${key}`)].join('\n');

/** 64 hex digits are the id; any other name stands for its SHA-256; without one it is random. */
function groupIdOf(name: unknown): Uint8Array {
  if (name === undefined) return randomBytes(32);
  const text = String(name);
  if (text === '') throw new ClientError('usage', '--group-id is empty');
  return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : createHash('sha256').update(text).digest();
}

export const createGroup: Command = {
  name: 'create-group',
  describe: 'make a group with yourself in it',
  options: {
    'group-id': { type: 'string', describe: 'name of the group, or its id in 64 hex digits; random by default' },
  },
  example: ['create-group --state alice.bin --group-id friends', 'then invite the others'],
  async run(context, args) {
    await withSession(context, { create: true }, async (session) => {
      await session.createGroup(groupIdOf(args.groupId));
      const fields = groupFields(session);
      await context.output.result('group-created', fields, groupText(fields));
    });
  },
};

export const invite: Command = {
  name: 'invite',
  describe: 'add somebody to the group',
  options: { ...peerKeyOption, ...channelOption },
  example: [`invite --state alice.bin --peer-key ${'ab'.repeat(32)}`, 'the other one then runs "join"'],
  run: (context, args) => change(context, args, 'invited', (session, peerKey) => session.invite(peerKey)),
};

export const remove: Command = {
  name: 'remove',
  describe: 'remove somebody from the group: they can read nothing that comes after',
  options: { ...peerKeyOption, ...channelOption },
  example: [`remove --state alice.bin --peer-key ${'ab'.repeat(32)}`, ''],
  run: (context, args) => change(context, args, 'removed', (session, peerKey) => session.remove(peerKey)),
};

async function change(
  context: Context,
  args: Arguments,
  type: string,
  step: (session: Session, peerKey: Uint8Array) => Promise<Refusal[]>,
): Promise<void> {
  const peerKey = keyArgument('--peer-key', args.peerKey);
  await withSession(context, { channelId: channelArgument(args) }, async (session) => {
    const refusals = await step(session, peerKey);
    const fields = { peerKey: hex(peerKey), ...groupFields(session) };
    await context.output.result(type, fields, `${type} ${fields.peerKey}\n${groupText(fields)}`);
    throwRefusals(refusals);
  });
}

export const update: Command = {
  name: 'update',
  describe: 'renew your keys in the group: who stole the old ones cannot read on',
  options: channelOption,
  example: ['update --state alice.bin', ''],
  async run(context, args) {
    await withSession(context, { channelId: channelArgument(args) }, async (session) => {
      const refusals = await session.update();
      const fields = groupFields(session);
      await context.output.result('updated', fields, groupText(fields));
      throwRefusals(refusals);
    });
  },
};

export const leave: Command = {
  name: 'leave',
  describe: 'forget the group here; the others do not learn of it, and should remove you',
  example: ['leave --state alice.bin', 'after that the state can join another group'],
  async run(context) {
    await withSession(context, {}, async (session) => {
      if (session.member.groupId === undefined) throw new ClientError('absent', 'this state is in no group');
      const { groupId } = groupFields(session);
      await session.leave();
      await context.output.result('left', { groupId }, `left ${groupId}`);
    });
  },
};
