import { FullError, type Registered, type Token, type User } from '../store.ts';
import { bounded, type Change, type Row, type Sql } from './sql.ts';

type UserRow = Row & { username: Buffer; identity_key: Buffer; registration: Buffer };
type TokenRow = Row & {
  digest: Buffer;
  name: Buffer;
  identity_key: Buffer;
  device_id: Buffer | null;
  expires_at_ms: bigint | null;
};

const USER = 'username, identity_key, registration';
const TOKEN = 'digest, name, identity_key, device_id, expires_at_ms';

/** @throws FullError, and nothing was changed */
export async function addUser(change: Change, user: User, limit: number): Promise<Registered> {
  const username = Buffer.from(user.username);
  const known = await change.all('SELECT username FROM users WHERE username = $1', username);
  if (known.length > 0) return 'username-taken';
  // An operator gave that name to somebody else.
  const statementOfName = 'SELECT name FROM tokens WHERE name = $1 AND identity_key <> $2';
  const namesakes = await change.all(statementOfName, username, user.identityKey);
  if (namesakes.length > 0) return 'username-taken';
  const holders = await change.all(
    `SELECT username FROM users WHERE identity_key = $1
     UNION SELECT name FROM tokens WHERE identity_key = $1 AND name <> $2`,
    user.identityKey,
    username,
  );
  if (holders.length > 0) return 'identity-taken';
  const [users] = await change.all<{ total: bigint }>('SELECT COUNT(*) AS total FROM users');
  if (Number(users?.total) >= limit) throw new FullError();
  const statement = `INSERT INTO users (${USER}) VALUES ($1, $2, $3)`;
  await change.all(statement, username, user.identityKey, user.registration);
  return 'added';
}

export async function user(sql: Sql, username: string): Promise<User | undefined> {
  const statement = `SELECT ${USER} FROM users WHERE username = $1`;
  const [row] = await sql.all<UserRow>(statement, Buffer.from(username));
  return row && userOf(row);
}

export async function users(sql: Sql): Promise<User[]> {
  return (await sql.all<UserRow>(`SELECT ${USER} FROM users ORDER BY id`)).map(userOf);
}

export async function addToken(change: Change, token: Token, limit: number): Promise<void> {
  const name = Buffer.from(token.name);
  await change.all('DELETE FROM tokens WHERE digest = $1', token.digest);
  await change.all(
    `DELETE FROM tokens WHERE name = $1 AND id NOT IN (
       SELECT id FROM tokens WHERE name = $1 ORDER BY id DESC LIMIT $2
     )`,
    name,
    bounded(Math.max(0, limit - 1)),
  );
  const statement = `INSERT INTO tokens (${TOKEN}) VALUES ($1, $2, $3, $4, $5)`;
  const { digest, identityKey, deviceId = null, expiresAtMs = null } = token;
  await change.all(statement, digest, name, identityKey, deviceId, expiresAtMs);
}

export async function token(sql: Sql, digest: Uint8Array): Promise<Token | undefined> {
  const [row] = await sql.all<TokenRow>(`SELECT ${TOKEN} FROM tokens WHERE digest = $1`, digest);
  return row && tokenOf(row);
}

export async function tokens(sql: Sql): Promise<Token[]> {
  return (await sql.all<TokenRow>(`SELECT ${TOKEN} FROM tokens ORDER BY id`)).map(tokenOf);
}

export async function revoke(change: Change, name: string): Promise<boolean> {
  const bytes = Buffer.from(name);
  const users = await change.all('DELETE FROM users WHERE username = $1 RETURNING id', bytes);
  const tokens = await change.all('DELETE FROM tokens WHERE name = $1 RETURNING id', bytes);
  return users.length + tokens.length > 0;
}

export async function forgetTokens(change: Change, expiredBeforeMs: number): Promise<number> {
  const statement = 'DELETE FROM tokens WHERE expires_at_ms < $1 RETURNING id';
  return (await change.all(statement, Math.floor(expiredBeforeMs))).length;
}

export async function claimSetting(change: Change, name: string, value: Uint8Array): Promise<Uint8Array> {
  const key = Buffer.from(name);
  await change.all('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', key, value);
  const [row] = await change.all<{ value: Buffer }>('SELECT value FROM settings WHERE name = $1', key);
  return row?.value ?? value;
}

export async function settings(sql: Sql): Promise<{ name: string; value: Uint8Array }[]> {
  const rows = await sql.all<{ name: Buffer; value: Buffer }>('SELECT name, value FROM settings ORDER BY name');
  return rows.map(({ name, value }) => ({ name: name.toString(), value }));
}

const userOf = ({ username, identity_key, registration }: UserRow): User => ({
  username: username.toString(),
  identityKey: identity_key,
  registration,
});

const tokenOf = ({ digest, name, identity_key, device_id, expires_at_ms }: TokenRow): Token => ({
  digest,
  name: name.toString(),
  identityKey: identity_key,
  deviceId: device_id ?? undefined,
  expiresAtMs: expires_at_ms === null ? undefined : Number(expires_at_ms),
});
