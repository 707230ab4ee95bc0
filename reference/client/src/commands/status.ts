import { DiskKeyStore, GroupMember, IdentityKeypair } from '@quicnprotochat/core';
import { nodeService } from '@quicnprotochat/proto';
import { ClientError, printable } from '../errors.ts';
import { shortKey } from '../group/incoming.ts';
import { Queue } from '../group/queue.ts';
import { hex } from '../output.ts';
import { keyStorePath } from '../state/state-file.ts';
import { channelArgument, channelOption } from './arguments.ts';
import type { Command } from './command.ts';
import { requireState } from './whoami.ts';

/** Queued messages that are counted at most. */
const COUNT_LIMIT = 1_000;

export const status: Command = {
  name: 'status',
  describe: 'say how things stand: identity, group, what waits here and at the server',
  options: channelOption,
  example: ['status --state alice.bin', ''],
  async run(context, args) {
    const state = await requireState(context);
    const identity = IdentityKeypair.fromSeed(state.seed);
    const member = state.group && (await GroupMember.load(identity, state.group));
    const password = context.options.statePassword;
    const keyStore = await DiskKeyStore.open(
      keyStorePath(context.options.state),
      password ? { passphrase: password } : {},
    );
    const group = member && {
      groupId: hex(member.groupId ?? new Uint8Array()),
      epoch: Number(member.epoch),
      isActive: member.isActive,
      members: member.members().map(hex),
    };
    const local = {
      identityKey: hex(identity.publicKey),
      username: state.login?.username,
      group,
      keyPackages: (await keyStore.names('key-package/')).length,
      hasHybridKey: (await keyStore.names('hybrid/')).length > 0,
      notShown: state.inbox.length,
      notSent: state.outbox.length,
      waiting: state.waiting.length,
    };
    identity.dispose();
    keyStore.dispose();

    const node = await context.node();
    const { status: health } = await node.call(nodeService.health, {});
    const queue = new Queue(node, await context.auth(state), identity.publicKey, channelArgument(args));
    const server = { server: node.address, status: printable(health), ...(await queued(queue)) };
    const lines = [
      `identity     ${local.identityKey}`,
      `login        ${local.username ?? 'none'}`,
      group
        ? `group        ${group.groupId}, epoch ${group.epoch}${group.isActive ? '' : ' (you were removed)'}`
        : 'group        none',
      ...(group?.members.map((key) => `member       ${shortKey(Buffer.from(key, 'hex'))}`) ?? []),
      `KeyPackages  ${local.keyPackages} made and not used yet`,
      `here         ${local.notShown} to show, ${local.notSent} to send, ${local.waiting} waiting to be readable`,
      `server       ${server.server}: ${server.status}`,
      `queue        ${server.queued ?? server.queueError}`,
    ];
    await context.output.result('status', { ...local, ...server }, lines.join('\n'));
  },
};

/** How many messages are queued, where the server lets one look. */
async function queued(queue: Queue): Promise<{ queued?: number; queueError?: string }> {
  try {
    const found = await queue.take(COUNT_LIMIT, { peekOnly: true });
    return (await queue.isReliable()) ? { queued: found.length } : { queueError: 'this server has no peek' };
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'refused') return { queueError: error.message };
    throw error;
  }
}
