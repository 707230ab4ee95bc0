import { randomBytes } from 'node:crypto';
import { nodeService } from '@quicnprotochat/proto';
import { connectVat, RpcException } from '@quicnprotochat/rpc';
import { UsageError } from '../errors.ts';
import { type Credentials, login, register } from '../node/opaque-client.ts';
import { type AccountData, newIdentityKey, ROLES } from './accounts.ts';
import { patiently } from './patience.ts';
import type { Offer } from './probe.ts';
import { connectTarget, type TargetData } from './target.ts';

const WHAT_TO_GIVE =
  'Give --accounts FILE (JSON: [{"name", "identityKey": 64 hex, "token": hex}, …], three or more), or --open for a server that takes calls without a token';

/** What the scenarios' people log in with, and what is to be said about it. */
export interface Access {
  target: TargetData;
  remark: string | undefined;
}

/**
 * Gives the scenarios their people: those of `--accounts`, nobody on an open target, else throw-away users whom it registers
 * by OPAQUE. When that fails the scenarios that need people are skipped: those of OPAQUE show what is wrong.
 * @param identityKeys of those users, 32 bytes each; by default new ones
 * @throws UsageError when the target offers no way to get an account
 */
export async function withAccess(
  target: TargetData,
  offer: Offer,
  identityKeys: readonly Uint8Array[] = [],
): Promise<Access> {
  if (target.accounts.length > 0 || target.isOpen) return { target, remark: undefined };
  if (!offer.profiles.has('opaque'))
    throw new UsageError(`how do the scenarios log in? The target offers no OPAQUE to register users. ${WHAT_TO_GIVE}`);
  try {
    const accounts = await newAccounts(target, identityKeys);
    const remark = `Registered ${accounts.length} throw-away users by OPAQUE (named ${USERNAME_START}…).`;
    return { target: { ...target, accounts }, remark };
  } catch (error) {
    if (error instanceof RpcException && error.type === 'unimplemented')
      throw new UsageError(
        `how do the scenarios log in? The target offers OPAQUE, but registers no users. ${WHAT_TO_GIVE}`,
      );
    const why = error instanceof Error ? error.message : String(error);
    const noAccounts = `no user could be registered by OPAQUE: ${why} (--accounts FILE does without)`;
    return { target: { ...target, noAccounts }, remark: `What needs accounts is skipped: ${noAccounts}` };
  }
}

const USERNAME_START = 'conformance-';

/** A user like no other, with a random password and a new Ed25519 identity. */
export function newCredentials(): Credentials {
  return {
    username: `${USERNAME_START}${randomBytes(8).toString('hex')}`,
    password: randomBytes(16).toString('base64url'),
    identityKey: newIdentityKey(),
  };
}

/** Three people like no others. @param identityKeys of those people; by default new ones @throws Error when they cannot be registered */
export async function newAccounts(
  target: TargetData,
  identityKeys: readonly Uint8Array[] = [],
): Promise<AccountData[]> {
  const accounts: AccountData[] = [];
  for (const [i, role] of ROLES.entries()) accounts.push(await newAccount(target, role, identityKeys[i]));
  return accounts;
}

/** Registers a new user and logs in. */
async function newAccount(target: TargetData, role: string, identityKey: Uint8Array | undefined): Promise<AccountData> {
  const credentials = newCredentials();
  if (identityKey) credentials.identityKey = identityKey;
  await patiently(() => onSession(target, (rpc, signal) => register(rpc, credentials, signal)));
  const token = await patiently(() => onSession(target, (rpc, signal) => login(rpc, credentials, signal)));
  if (token.length === 0) throw new Error('opaqueLoginFinish returned an empty sessionToken');
  return {
    name: role,
    identityKey: Buffer.from(credentials.identityKey).toString('hex'),
    token: Buffer.from(token).toString('hex'),
    deviceId: undefined,
    isExpired: false,
    login: { username: credentials.username, password: credentials.password },
  };
}

/**
 * The same people, with tokens that the target takes: a session need not outlast a restart, whoever registered does.
 * @throws Error that says who cannot log in any more
 */
export async function loggedInAgain(target: TargetData): Promise<AccountData[]> {
  const accounts: AccountData[] = [];
  for (const account of target.accounts) accounts.push(await withGoodToken(target, account));
  return accounts;
}

async function withGoodToken(target: TargetData, account: AccountData): Promise<AccountData> {
  const { name, login: known } = account;
  if (known === undefined) return account;
  const identityKey = Buffer.from(account.identityKey, 'hex');
  const accessToken = Buffer.from(account.token ?? '', 'hex');
  const auth = { version: 1, accessToken, deviceId: new Uint8Array() };
  try {
    await patiently(() =>
      onSession(target, (rpc, signal) => rpc.call(nodeService.fetchHybridKey, { identityKey, auth }, { signal })),
    );
    return account;
  } catch (error) {
    if (!(error instanceof RpcException)) throw error;
  }
  try {
    const credentials = { ...known, identityKey };
    const token = await patiently(() => onSession(target, (rpc, signal) => login(rpc, credentials, signal)));
    return { ...account, token: Buffer.from(token).toString('hex') };
  } catch (error) {
    throw new Error(`${name} registered before the restart, and cannot log in after it: ${(error as Error).message}`);
  }
}

/** Makes calls on a session of its own. @throws Error that says so when they are not answered in time */
async function onSession<T>(
  target: TargetData,
  calls: (rpc: ReturnType<typeof connectVat>, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(target.timeoutMs);
  const connection = await connectTarget(target);
  try {
    return await calls(connectVat(await connection.openStream()), signal);
  } catch (error) {
    if (signal.aborted) throw new Error(`a call was not answered within ${target.timeoutMs} ms`);
    throw error;
  } finally {
    await connection.close();
  }
}
