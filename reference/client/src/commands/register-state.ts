import { ClientError } from '../errors.ts';
import { hex } from '../output.ts';
import type { Command } from './command.ts';
import { withSession } from './with-session.ts';

const MAX_COUNT = 1_000;

export const registerState: Command = {
  name: 'register-state',
  describe: 'upload KeyPackages and the hybrid key of the state’s identity, which is made when there is none',
  options: {
    count: { type: 'number', default: 1, describe: 'how many KeyPackages: each lets somebody invite you once' },
  },
  example: ['register-state --state alice.bin', 'from now on Alice can be invited'],
  async run(context, args) {
    const count = Number(args.count);
    if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT)
      throw new ClientError('usage', `--count is a number from 1 to ${MAX_COUNT}`);
    await withSession(context, { create: true }, async (session) => {
      const fingerprints = (await session.register(count)).map(hex);
      const identityKey = hex(session.identityKey);
      const lines = [`identity    ${identityKey}`, ...fingerprints.map((one) => `fingerprint ${one}`)];
      const fields = { identityKey, fingerprint: fingerprints[0], fingerprints, state: context.options.state };
      await context.output.result('registered', fields, lines.join('\n'));
    });
  },
};
