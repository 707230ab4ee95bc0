import { fetchKeyPackage } from '../group/directory.ts';
import { hex } from '../output.ts';
import { readStateIfThere } from '../state/state-file.ts';
import { keyArgument } from './arguments.ts';
import type { Command } from './command.ts';

export const fetchKey: Command = {
  name: 'fetch-key [identityKey]',
  describe: 'take one of somebody’s KeyPackages from the server, and check it',
  positionals: { identityKey: { type: 'string', describe: 'whose, 64 hex digits' } },
  options: { 'identity-key': { type: 'string', describe: 'the same as an option' } },
  example: [`fetch-key ${'ab'.repeat(32)}`, 'also says whether there is one'],
  async run(context, args) {
    const identityKey = keyArgument('the identity key', args.identityKey);
    const state = await readStateIfThere(context.options);
    const found = await fetchKeyPackage(await context.node(), await context.auth(state), identityKey);
    const fields = {
      identityKey: hex(identityKey),
      fingerprint: hex(found.fingerprint),
      keyPackage: Buffer.from(found.keyPackage).toString('base64'),
      notAfter: new Date(Number(found.notAfter) * 1000).toISOString(),
    };
    const text = `KeyPackage of ${fields.identityKey}\nfingerprint ${fields.fingerprint}\ngood until  ${fields.notAfter}`;
    await context.output.result('key-package', fields, text);
  },
};
