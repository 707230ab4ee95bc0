import { IdentityKeypair } from '@quicnprotochat/core';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import { senderIdOf } from '../group/wrap.ts';
import { hex } from '../output.ts';
import { readStateIfThere } from '../state/state-file.ts';
import type { StoredState } from '../state/stored-state.ts';
import type { Command } from './command.ts';

/** @throws ClientError `absent`, `state` */
export async function requireState(context: Context): Promise<StoredState> {
  const state = await readStateIfThere(context.options);
  if (state) return state;
  const { state: path } = context.options;
  throw new ClientError('absent', `there is no state file ${path}: "quicnprotochat register-state" makes one`);
}

export const whoami: Command = {
  name: 'whoami',
  describe: 'say whose state this is; nothing is sent',
  example: ['whoami --state alice.bin', 'the key is what others give as --peer-key'],
  async run(context) {
    const state = await requireState(context);
    const identity = IdentityKeypair.fromSeed(state.seed);
    identity.dispose();
    const fields = {
      identityKey: hex(identity.publicKey),
      senderId: hex(senderIdOf(identity.publicKey)),
      username: state.login?.username,
      state: context.options.state,
    };
    const login = fields.username === undefined ? '' : `\nlogin    ${fields.username}`;
    await context.output.result('whoami', fields, `identity ${fields.identityKey}${login}`);
  },
};
