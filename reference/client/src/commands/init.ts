import { IdentityKeypair } from '@quicnprotochat/core';
import { ClientError } from '../errors.ts';
import { hex } from '../output.ts';
import { StateFile } from '../state/state-file.ts';
import type { Command } from './command.ts';

export const init: Command = {
  name: 'init',
  describe: 'make a state file with a new identity, and say its key; nothing is sent',
  example: ['init --state alice.bin', 'the key is what an operator needs for the accounts file'],
  async run(context) {
    const file = new StateFile(context.options);
    const unlock = await file.lock();
    try {
      if (await file.read()) throw new ClientError('state', `there is a state file ${file.path} already`);
      const identity = IdentityKeypair.fromSeed((await file.create()).seed);
      const fields = { identityKey: hex(identity.publicKey), state: file.path };
      identity.dispose();
      await context.output.result('initialized', fields, `identity ${fields.identityKey}`);
    } finally {
      unlock();
    }
  },
};
