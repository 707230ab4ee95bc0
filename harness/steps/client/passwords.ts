import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Given, Then, When } from '@cucumber/cucumber';
import type { ClientWorld, CommandOptions } from '../../src/client/client-world.ts';
import { MemoryService } from '../../src/client/memory-service.ts';
import { findSecret } from '../../src/client/secrets.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface Account {
  username: string;
  password: string;
  /** Passwords that are not the account's, and were tried. */
  wrong: string[];
}
const accounts = new WeakMap<ClientWorld, Account>();

/** The account of the scenario. */
function accountOf(world: ClientWorld): Account {
  const known = accounts.get(world);
  if (known) return known;
  const account = { username: `alice-${hex(randomBytes(6))}`, password: newPassword(world), wrong: [] };
  accounts.set(world, account);
  return account;
}

function newPassword(world: ClientWorld): string {
  const password = `pass-${hex(randomBytes(12))}`;
  world.keepSecret(password);
  return password;
}

type Source = 'a file' | 'the environment' | 'both';
const EXIT_USAGE = 2;

/** Runs `login`. @throws SkipScenario when the client does not offer it, or not with its password from both */
async function logIn(
  world: ClientWorld,
  words: string,
  { source = 'both', password = accountOf(world).password }: { source?: Source; password?: string } = {},
): Promise<void> {
  await requireOffered(world);
  const file =
    source === 'the environment' ? '' : ` --password-file ${world.folder.write('password', `${password}\n`)}`;
  const options: CommandOptions = { isWithoutToken: true };
  if (source !== 'a file') options.env = { QUICNPROTOCHAT_PASSWORD: password };
  const { code } = await world.run(`login --username ${accountOf(world).username}${words}${file}`, options);
  // It has another command line than CLI-031 recommends.
  if (source === 'both' && code === EXIT_USAGE)
    world.skip(`the client does not log in as CLI-031 has it: ${world.ending()}`);
}

/** What clients of this process have answered. */
const offers = new Map<string, Promise<boolean>>();

/** A client whose help does not name `login` offers no OPAQUE. */
async function requireOffered(world: ClientWorld): Promise<void> {
  const name = world.parameters.command.join(' ');
  const asked = offers.get(name) ?? world.run('--help').then(({ stdout, stderr }) => /\blogin\b/.test(stdout + stderr));
  offers.set(name, asked);
  if (!(await asked)) world.skip('the client offers no login: its --help does not name it');
}

Given('the client has made an account', async function (this: ClientWorld) {
  await logIn(this, ' --register');
  if (this.last.code !== 0) throw new Error(`login --register failed: ${this.ending()}`);
});

Given('the client has an account that another client has made', async function (this: ClientWorld) {
  await requireOffered(this);
  await this.must('register-state');
  const { username, password } = accountOf(this);
  await this.service.opaque.register(username, password, this.identityKey);
});

When('the client makes an account', async function (this: ClientWorld) {
  await logIn(this, ' --register');
});

When(
  /^the client makes an account with its password from (a file|the environment)$/,
  async function (this: ClientWorld, source: Source) {
    await logIn(this, ' --register', { source });
  },
);

When('the client logs in', async function (this: ClientWorld) {
  await logIn(this, '');
});

When(
  /^the client logs in with its password from (a file|the environment)$/,
  async function (this: ClientWorld, source: Source) {
    await logIn(this, '', { source });
  },
);

When('the client logs in with {string}', async function (this: ClientWorld, option: string) {
  await logIn(this, ` ${option}`);
});

When('the client logs in with a wrong password', async function (this: ClientWorld) {
  const password = newPassword(this);
  accountOf(this).wrong.push(password);
  await logIn(this, '', { password });
});

When('the client runs {string} at another server', async function (this: ClientWorld, command: string) {
  const service = new MemoryService();
  service.isOpen = true;
  this.other = await this.startNode({ service });
  await this.run(command, { node: this.other, isWithoutToken: true });
});

const KE2: Record<string, (right: Uint8Array) => Uint8Array> = {
  'random bytes': (right) => randomBytes(right.length),
  'its last bit flipped': (right) => Uint8Array.from(right, (byte, i) => (i === right.length - 1 ? byte ^ 1 : byte)),
};

Given(/^the server answers logins with (.+)$/, async function (this: ClientWorld, what: string) {
  const { handlers } = this.service.opaque;
  const start = handlers.opaqueLoginStart as NonNullable<typeof handlers.opaqueLoginStart>;
  const { lies } = await this.node();
  if (what === 'what it makes of another password') {
    const { username } = accountOf(this);
    await this.service.opaque.register(username, 'another password', this.identityKey);
    return;
  }
  const lie = KE2[what];
  if (!lie) throw new TypeError(`there is no "${what}"; there are ${Object.keys(KE2).join(', ')}`);
  lies.opaqueLoginStart = async (params, signal) => ({ response: lie((await start(params, signal)).response) });
});

Then('the account opens with its password', async function (this: ClientWorld) {
  const { username, password } = accountOf(this);
  assert.ok(this.service.opaque.identityOf(username), 'it has registered no account');
  const isOpen = await this.service.opaque.opensWith(username, password);
  assert.ok(isOpen, 'a client that stretches the password as OPQ-001 has it cannot log in to the account');
});

Then('the account is of the identity of its KeyPackages', function (this: ClientWorld) {
  const identityKey = this.service.opaque.identityOf(accountOf(this).username);
  assert.ok(identityKey, 'it has registered no account');
  assert.equal(hex(identityKey), hex(this.identityKey));
});

Then('every call that wants it showed the token of the login', async function (this: ClientWorld) {
  const token = this.service.sessionTokens.at(-1);
  assert.ok(token, 'no login has returned a token');
  const calls = (await this.node()).calls.filter(({ params }) => params.auth !== undefined);
  assert.ok(calls.length > 0, 'it has made no call that wants a token');
  for (const { method, params } of calls) {
    const { version, accessToken } = params.auth as { version: number; accessToken: Uint8Array };
    assert.equal(version, 1, `${method} had auth version ${version}`);
    assert.ok(Buffer.from(accessToken).equals(token), `${method} had another token than the login returned`);
  }
});

Then('that server has seen no token of a login', function (this: ClientWorld) {
  assert.ok(this.other && this.service.sessionTokens.length > 0);
  for (const token of this.service.sessionTokens)
    assert.equal(findSecret(this.other.received, token), undefined, 'it has sent the token of the other server');
});

Then('the server was not called by opaqueLoginFinish', async function (this: ClientWorld) {
  assert.equal((await this.node()).of('opaqueLoginFinish').length, 0, 'it has sent the last message of the login');
});

Then('the server has not seen the password', async function (this: ClientWorld) {
  const node = await this.node();
  assert.ok(node.of('opaqueRegisterFinish', 'opaqueLoginFinish').length > 0, 'it has neither registered nor logged in');
  const way = findSecret(node.received, Buffer.from(accountOf(this).password));
  assert.equal(way, undefined, `the password was sent ${way}`);
});

Then('neither the password nor the token of the login is in what it has told', function (this: ClientWorld) {
  const told = Buffer.from(this.outputs.join('\n'));
  const { password, wrong } = accountOf(this);
  for (const each of [password, ...wrong]) {
    const way = findSecret(told, Buffer.from(each));
    assert.equal(way, undefined, `a password is in its output, ${way}`);
  }
  for (const token of this.service.sessionTokens) {
    const way = findSecret(told, token);
    assert.equal(way, undefined, `the token of a login is in its output, ${way}`);
  }
});
