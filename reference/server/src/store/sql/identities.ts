import { type Channel, FullError } from '../store.ts';
import { bounded, type Change, type Sql } from './sql.ts';

// KeyPackages, the values of an identity, and channels.

/** A table with one value for each identity. */
export interface ValueTable {
  table: string;
  column: string;
}
export const HYBRID_KEYS: ValueTable = { table: 'hybrid_keys', column: 'hybrid_public_key' };
export const ENDPOINTS: ValueTable = { table: 'endpoints', column: 'node_addr' };

// Taken from the front, added behind, put back in front: the positions of an identity have no gaps, and tell how many
// there are.
const LAST = '(SELECT MAX(position) FROM key_packages WHERE identity_key = $1)';
const FIRST = '(SELECT MIN(position) FROM key_packages WHERE identity_key = $1)';
const ADD_PACKAGE = `
  INSERT INTO key_packages (identity_key, position, package) SELECT $1, COALESCE(${LAST}, 0) + 1, $2
  WHERE COALESCE(${LAST} - ${FIRST} + 1, 0) < $3 RETURNING position`;

/** @throws FullError, and nothing was changed */
export async function addKeyPackage(
  change: Change,
  identityKey: Uint8Array,
  keyPackage: Uint8Array,
  limit: number,
): Promise<void> {
  const added = await change.all(ADD_PACKAGE, identityKey, keyPackage, bounded(limit));
  if (added.length === 0) throw new FullError();
}

export async function takeKeyPackage(change: Change, identityKey: Uint8Array): Promise<Uint8Array | undefined> {
  const [taken] = await change.all<{ package: Buffer }>(
    `DELETE FROM key_packages WHERE identity_key = $1 AND position = ${FIRST} RETURNING package`,
    identityKey,
  );
  return taken?.package;
}

/** In front of the others. */
export async function restoreKeyPackage(
  change: Change,
  identityKey: Uint8Array,
  keyPackage: Uint8Array,
): Promise<void> {
  await change.all(
    `INSERT INTO key_packages (identity_key, position, package)
     SELECT $1, COALESCE(MIN(position), 0) - 1, $2 FROM key_packages WHERE identity_key = $1`,
    identityKey,
    keyPackage,
  );
}

export async function putValue(
  change: Change,
  { table, column }: ValueTable,
  identityKey: Uint8Array,
  value: Uint8Array,
): Promise<void> {
  await change.all(
    `INSERT INTO ${table} (identity_key, ${column}) VALUES ($1, $2)
     ON CONFLICT (identity_key) DO UPDATE SET ${column} = excluded.${column}`,
    identityKey,
    value,
  );
}

/** @returns what each of them has, in the order of the keys */
export async function getValues(
  sql: Sql,
  { table, column }: ValueTable,
  identityKeys: readonly Uint8Array[],
): Promise<(Uint8Array | undefined)[]> {
  if (identityKeys.length === 0) return [];
  const places = identityKeys.map((_, i) => `$${i + 1}`).join(', ');
  const rows = await sql.all<{ identity_key: Buffer; value: Buffer }>(
    `SELECT identity_key, ${column} AS value FROM ${table} WHERE identity_key IN (${places})`,
    ...identityKeys,
  );
  const found = new Map(rows.map(({ identity_key, value }) => [identity_key.toString('hex'), value]));
  return identityKeys.map((key) => found.get(Buffer.from(key).toString('hex')));
}

export async function channelOf(change: Change, a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array> {
  const pair = pairOf(a, b);
  const [known] = await change.all<{ channel_id: Buffer }>('SELECT channel_id FROM channels WHERE pair = $1', pair);
  if (known) return known.channel_id;
  const statement = 'INSERT INTO channels (channel_id, pair, member_a, member_b) VALUES ($1, $2, $3, $4)';
  await change.all(statement, newId, pair, a, b);
  return newId;
}

export async function channel(sql: Sql, channelId: Uint8Array): Promise<Channel | undefined> {
  const [row] = await sql.all<{ member_a: Buffer; member_b: Buffer }>(
    'SELECT member_a, member_b FROM channels WHERE channel_id = $1',
    channelId,
  );
  return row && { channelId: Buffer.from(channelId), members: [row.member_a, row.member_b] };
}

/** Both members, the smaller key first, 64 bytes: the same in either order. */
export const pairOf = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.concat([a, b].sort(Buffer.compare));
