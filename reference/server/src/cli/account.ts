import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { IDENTITY_KEY_LEN, MAX_DEVICE_ID_LEN } from '@quicnprotochat/proto';
import type { Argv, CommandModule } from 'yargs';
import { tokenDigest } from '../accounts.ts';
import { type AccountAdmin, type AccountLine, AdminError, storeAdmin } from '../admin/account-admin.ts';
import { controlAdmin } from '../admin/control.ts';
import { type StoreArguments, storePlace } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { makeLog } from '../log.ts';
import { openStore } from '../store/open-store.ts';
import { configured } from './configured.ts';
import { STORE_OPTIONS } from './store-options.ts';

const TOKEN_LEN = 32;
const MAX_NAME_BYTES = 256;

/** `reference-server account add|list|revoke`: who may call, besides those who register with a password. */
export const accountCommand: CommandModule = {
  command: 'account',
  describe: 'add, list or revoke accounts, of a running server too',
  builder: (yargs: Argv) =>
    yargs
      .command(addCommand)
      .command(listCommand)
      .command(revokeCommand)
      .demandCommand(1, 1, 'which? add, list or revoke'),
  handler: () => {},
};

interface AddArguments extends StoreArguments {
  name: string;
  identityKey: string;
  deviceId?: string | undefined;
  expires?: string | undefined;
}

const addCommand: CommandModule = {
  command: 'add <name>',
  describe: 'make a token for an identity key, and print it',
  builder: (yargs: Argv) =>
    configured(yargs, {
      ...STORE_OPTIONS,
      'identity-key': { type: 'string', demandOption: true, describe: 'Ed25519 public key, 64 hex digits' },
      'device-id': { type: 'string', describe: 'hex; the token is good on this device only' },
      expires: { type: 'string', describe: 'when: 2027-01-31, 2027-01-31T12:00Z, or in 12h, 30d' },
    })
      .positional('name', { type: 'string', describe: 'whose it is', demandOption: true })
      .example('$0 account add alice --data-dir ./data --identity-key 3b6a…29', 'prints the token on standard output'),
  handler: async (args) => {
    const { name, identityKey, deviceId, expires, ...place } = args as unknown as AddArguments;
    const accessToken = randomBytes(TOKEN_LEN);
    const token = {
      digest: tokenDigest(accessToken),
      name: checkName(name),
      identityKey: readHex('--identity-key', identityKey, IDENTITY_KEY_LEN, IDENTITY_KEY_LEN),
      deviceId: deviceId === undefined ? undefined : readHex('--device-id', deviceId, 1, MAX_DEVICE_ID_LEN),
      expiresAtMs: expires === undefined ? undefined : readExpiry(expires, Date.now()),
    };
    await withAccounts(place, (accounts) => accounts.add(token), { mayMake: true });
    process.stderr.write(`${token.name} may call now. The token is shown this once; only its SHA-256 is kept:\n`);
    process.stdout.write(`${accessToken.toString('hex')}\n`);
  },
};

const listCommand: CommandModule = {
  command: 'list',
  describe: 'show the accounts, without their tokens',
  builder: (yargs: Argv) =>
    configured(yargs, { ...STORE_OPTIONS, json: { type: 'boolean', default: false, describe: 'as JSON' } }),
  handler: async (args) => {
    const { json, ...place } = args as unknown as StoreArguments & { json: boolean };
    const lines = await withAccounts(place, (accounts) => accounts.list());
    if (json) process.stdout.write(`${JSON.stringify(lines, null, 2)}\n`);
    else if (lines.length === 0) process.stdout.write('no accounts\n');
    for (const line of json ? [] : lines)
      process.stdout.write(`${printable(line.name)}  ${line.identityKey}  ${access(line)}\n`);
  },
};

const revokeCommand: CommandModule = {
  command: 'revoke <name>',
  describe: 'take away the password and every token of an account, at once',
  builder: (yargs: Argv) => configured(yargs, STORE_OPTIONS).positional('name', { type: 'string', demandOption: true }),
  handler: async (args) => {
    const { name, ...place } = args as unknown as StoreArguments & { name: string };
    if (!(await withAccounts(place, (accounts) => accounts.revoke(name))))
      throw new AdminError(
        `there is no account ${name} (account list shows them; one of --accounts FILE is removed there)`,
      );
    process.stderr.write(`${name} may not call any more\n`);
  },
};

/** Works on the accounts of a store: through the server that holds it, or on the store itself. */
async function withAccounts<T>(
  args: StoreArguments,
  work: (accounts: AccountAdmin) => Promise<T>,
  { mayMake = false } = {},
): Promise<T> {
  const { store: spec } = storePlace(args);
  if (spec.kind === 'memory')
    throw new ConfigError('accounts of which server? Give its --data-dir DIR, or its --store');
  if (spec.kind === 'file' && !mayMake && !existsSync(spec.directory))
    throw new ConfigError(`there is no directory ${spec.directory}`);
  const held = spec.kind === 'file' ? await controlAdmin(spec.directory) : undefined;
  if (held) return work(held);
  const store = await openStore(spec, { log: makeLog({ format: 'pretty', level: 'warn' }) });
  try {
    return await work(storeAdmin(store));
  } finally {
    await store.close();
  }
}

/** What lets an account in, for people. */
function access({ hasPassword, tokens }: AccountLine): string {
  const told = tokens.map(({ deviceId, expiresAt }) =>
    ['token', ...(deviceId ? [`for device ${deviceId}`] : []), ...(expiresAt ? [`until ${expiresAt}`] : [])].join(' '),
  );
  return [...(hasPassword ? ['password'] : []), ...told].join(', ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** Users choose their names themselves: none of them writes lines of its own here. */
const printable = (name: string): string => name.replace(CONTROLS, '?');

/** @throws ConfigError */
function checkName(name: string): string {
  if (name === '' || Buffer.byteLength(name) > MAX_NAME_BYTES || printable(name) !== name)
    throw new ConfigError(`a name has 1 to ${MAX_NAME_BYTES} bytes, and no control characters`);
  return name;
}

/** @throws ConfigError */
function readHex(option: string, value: string, min: number, max: number): Uint8Array {
  const bytes = Buffer.from(value, 'hex');
  const isHex = /^(?:[0-9a-f]{2})*$/i.test(value);
  if (isHex && bytes.length >= min && bytes.length <= max) return bytes;
  const length = min === max ? `${min}` : `${min} to ${max}`;
  throw new ConfigError(`${option} is not ${length} bytes of hex`);
}

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns ms since 1970. @throws ConfigError */
export function readExpiry(value: string, now: number): number {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(value) ?? [];
  const time = count === undefined ? Date.parse(value) : now + Number(count) * (UNITS_MS[unit] ?? 0);
  if (Number.isNaN(time))
    throw new ConfigError(`--expires ${value} is neither a date (2027-01-31) nor a time from now (12h, 30d)`);
  if (time <= now) throw new ConfigError(`--expires ${value} is over already`);
  return time;
}
