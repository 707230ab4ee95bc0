import { createInterface } from 'node:readline';
import { IdentityKeypair } from '@quicnprotochat/core';
import type { Context } from '../context.ts';
import { ClientError } from '../errors.ts';
import { logIn, registerAccount } from '../node/opaque.ts';
import { hex } from '../output.ts';
import { StateFile } from '../state/state-file.ts';
import { firstLine } from './arguments.ts';
import type { Arguments, Command } from './command.ts';

export const login: Command = {
  name: 'login',
  describe: 'log in with a password that the server never sees (OPAQUE); the state keeps the session token',
  options: {
    username: { type: 'string', describe: 'name of the account' },
    password: { type: 'string', describe: 'better by the environment, a file, or typed in' },
    'password-file': { type: 'string', describe: 'file with the password in its first line' },
    register: { type: 'boolean', default: false, describe: 'make the account first, for the identity of the state' },
  },
  example: ['login --register --username alice --state alice.bin', 'asks for the password'],
  async run(context, args) {
    const username = String(args.username ?? '');
    if (username === '') throw new ClientError('usage', 'give --username');
    const password = await passwordOf(args);
    const file = new StateFile(context.options);
    const unlock = await file.lock();
    try {
      const state = (await file.read()) ?? (await file.create());
      const identity = IdentityKeypair.fromSeed(state.seed);
      identity.dispose();
      const credentials = { username, password, identityKey: identity.publicKey };
      const node = await context.node();
      if (args.register) await registerAccount(node, credentials);
      const token = await logIn(node, credentials);
      state.login = { username, token, server: context.options.server };
      await file.write(state);
      const fields = { username, identityKey: hex(identity.publicKey), server: context.options.server };
      await context.output.result('logged-in', fields, `logged in as ${username}`);
    } finally {
      unlock();
    }
  },
};

export const logout: Command = {
  name: 'logout',
  describe: 'forget the session token of a login',
  example: ['logout --state alice.bin', ''],
  async run(context) {
    await forgetLogin(context);
  },
};

async function forgetLogin(context: Context): Promise<void> {
  const file = new StateFile(context.options);
  const unlock = await file.lock();
  try {
    const state = await file.read();
    if (!state?.login) throw new ClientError('absent', 'this state is not logged in');
    const { username } = state.login;
    await file.write({ ...state, login: undefined });
    await context.output.result('logged-out', { username }, `logged out ${username}; the token is forgotten here`);
  } finally {
    unlock();
  }
}

/** Of --password, --password-file, or typed in without being shown. @throws ClientError `usage` */
async function passwordOf(args: Arguments): Promise<string> {
  const given = args.password ?? (args.passwordFile && (await firstLine('--password-file', String(args.passwordFile))));
  const password = given === undefined ? await typedPassword() : String(given);
  if (password === '') throw new ClientError('usage', 'the password is empty');
  return password;
}

async function typedPassword(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new ClientError('usage', 'give the password by QUICNPROTOCHAT_PASSWORD or --password-file');
  process.stderr.write('password: ');
  const lines = createInterface({ input: process.stdin, terminal: true });
  try {
    return await new Promise((resolve) => lines.once('line', resolve));
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
