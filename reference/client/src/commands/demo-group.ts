import { randomBytes } from 'node:crypto';
import { IdentityKeypair, MemoryKeyStore } from '@quicnprotochat/core';
import { ClientAuth } from '../client-auth.ts';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import { Session } from '../group/session.ts';
import { hex } from '../output.ts';
import { newState, type Shown } from '../state/stored-state.ts';
import type { Command } from './command.ts';

export const demoGroup: Command = {
  name: 'demo-group',
  describe: 'let two people who are made up for it make a group and talk; nothing is kept here',
  options: {
    register: {
      type: 'boolean',
      default: false,
      describe: 'make accounts for them first (OPAQUE), on a server that wants tokens',
    },
  },
  example: ['demo-group --server 127.0.0.1:7000', 'shows that everything works together'],
  async run(context, args) {
    const alice = await person(context, 'alice', args.register === true);
    const bob = await person(context, 'bob', args.register === true);
    const tell = (step: string, text: string, fields = {}): Promise<void> =>
      context.output.result('demo', { step, ...fields }, text);
    try {
      for (const one of [alice, bob]) await one.register(1);
      await tell('registered', 'alice and bob have uploaded KeyPackages and hybrid keys');
      await alice.createGroup(randomBytes(32));
      refuseNone(await alice.invite(bob.identityKey));
      await tell('invited', 'alice made a group and invited bob');
      await bob.sync(true);
      if (!bob.member.isActive) throw failed('bob found no Welcome that he could join by');
      const groupId = hex(bob.member.groupId ?? new Uint8Array());
      await tell('joined', 'bob joined', { groupId, epoch: Number(bob.member.epoch) });
      await exchange(alice, bob, 'hello bob', tell);
      await exchange(bob, alice, 'hello alice', tell);
      refuseNone(await bob.update());
      await exchange(alice, bob, 'and with new keys', tell);
      await tell('done', 'both could read each other', { groupId });
    } finally {
      alice.dispose();
      bob.dispose();
    }
  },
};

async function person(context: Context, name: string, registers: boolean): Promise<Session> {
  const node = await context.node();
  const identity = IdentityKeypair.generate();
  const { seed, publicKey } = identity;
  identity.dispose();
  let token: Uint8Array | undefined;
  if (registers) {
    const { logIn, registerAccount } = await import('../node/opaque.ts');
    const username = `demo-${name}-${hex(randomBytes(8))}`;
    const credentials = { username, password: hex(randomBytes(16)), identityKey: publicKey };
    await registerAccount(node, credentials);
    token = await logIn(node, credentials);
  }
  return Session.open({
    node,
    auth: new ClientAuth(token, context.options.deviceId),
    state: newState(seed),
    keyStore: new MemoryKeyStore(),
    save: async () => {},
  });
}

async function exchange(
  from: Session,
  to: Session,
  text: string,
  tell: (step: string, text: string, fields: object) => Promise<void>,
): Promise<void> {
  refuseNone((await from.send(Buffer.from(text))).refusals);
  await to.sync();
  const seen: Shown[] = [];
  await to.show(async (shown) => void seen.push(shown));
  const message = seen.find(({ type, fields }) => type === 'message' && fields.text === text);
  if (!message || message.fields.sender !== hex(from.identityKey))
    throw failed(
      `the message "${text}" did not come (${seen.map(({ text: other }) => other).join('; ') || 'nothing did'})`,
    );
  await tell('message', `read: ${text}`, { text, sender: message.fields.sender, isHybrid: message.fields.isHybrid });
}

function refuseNone(refusals: readonly { error: ClientError }[]): void {
  for (const { error } of refusals) throw error;
}

const failed = (what: string): ClientError => new ClientError('untrusted', `${what}: the server does not deliver`);
