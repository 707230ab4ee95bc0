import { generateKeyPackage, IdentityKeypair } from '@quicnprotochat/core';
import { uploadKeyPackage } from '../group/directory.ts';
import { hex } from '../output.ts';
import type { Command } from './command.ts';

export const register: Command = {
  name: 'register',
  describe: 'make an identity for once, and upload a KeyPackage of it; nothing is kept',
  example: ['register', 'try out whether a server takes KeyPackages'],
  async run(context) {
    const identity = IdentityKeypair.generate();
    try {
      const { keyPackage } = await generateKeyPackage(identity);
      const node = await context.node();
      const fingerprint = await uploadKeyPackage(node, await context.auth(), identity.publicKey, keyPackage);
      const fields = { identityKey: hex(identity.publicKey), fingerprint: hex(fingerprint) };
      await context.output.result(
        'registered',
        fields,
        `identity    ${fields.identityKey}\nfingerprint ${fields.fingerprint}`,
      );
    } finally {
      identity.dispose();
    }
  },
};
