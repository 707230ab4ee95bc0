import type { StoreItem } from '../store.ts';
import { settings, tokens, users } from './accounts.ts';
import { head } from './deliveries.ts';
import { ENDPOINTS, HYBRID_KEYS, type ValueTable } from './identities.ts';
import type { Database, Row } from './sql.ts';

const PAGE = 500;
/** KeyPackages have up to 1 MiB. */
const PACKAGE_PAGE = 32;
const MESSAGE_PAGE = { messages: 1_000, bytes: 8 << 20 };

/** Everything, a page at a time, so that memory stays small however much there is. */
export async function* dump(database: Database): AsyncGenerator<StoreItem> {
  for (const setting of await database.read(settings)) yield { kind: 'setting', ...setting };
  for (const user of await database.read(users)) yield { kind: 'user', user };
  for (const token of await database.read(tokens)) yield { kind: 'token', token };
  yield* channels(database);
  for await (const { identityKey, value } of values(database, HYBRID_KEYS))
    yield { kind: 'hybridKey', identityKey, hybridPublicKey: value };
  for await (const { identityKey, value } of values(database, ENDPOINTS))
    yield { kind: 'endpoint', identityKey, nodeAddr: value };
  yield* keyPackages(database);
  yield* queues(database);
}

async function* channels(database: Database): AsyncGenerator<StoreItem> {
  type ChannelRow = Row & { channel_id: Buffer; member_a: Buffer; member_b: Buffer };
  const statement = `SELECT channel_id, member_a, member_b FROM channels
    WHERE channel_id > $1 ORDER BY channel_id LIMIT ${PAGE}`;
  const page = (last?: ChannelRow) =>
    database.read((sql) => sql.all<ChannelRow>(statement, last?.channel_id ?? new Uint8Array()));
  for await (const { channel_id, member_a, member_b } of pages(page))
    yield { kind: 'channel', channel: { channelId: channel_id, members: [member_a, member_b] } };
}

async function* values(
  database: Database,
  { table, column }: ValueTable,
): AsyncGenerator<{ identityKey: Uint8Array; value: Uint8Array }> {
  type ValueRow = Row & { identity_key: Buffer; value: Buffer };
  const statement = `SELECT identity_key, ${column} AS value FROM ${table}
    WHERE identity_key > $1 ORDER BY identity_key LIMIT ${PAGE}`;
  const page = (last?: ValueRow) =>
    database.read((sql) => sql.all<ValueRow>(statement, last?.identity_key ?? new Uint8Array()));
  for await (const { identity_key, value } of pages(page)) yield { identityKey: identity_key, value };
}

async function* keyPackages(database: Database): AsyncGenerator<StoreItem> {
  type PackageRow = Row & { identity_key: Buffer; position: bigint; package: Buffer };
  const statement = `SELECT identity_key, position, package FROM key_packages
    WHERE (identity_key, position) > ($1, $2) ORDER BY identity_key, position LIMIT ${PACKAGE_PAGE}`;
  const page = (last?: PackageRow) =>
    database.read((sql) =>
      sql.all<PackageRow>(statement, last?.identity_key ?? new Uint8Array(), last?.position ?? 0n),
    );
  for await (const row of pages(page))
    yield { kind: 'keyPackage', identityKey: row.identity_key, keyPackage: row.package };
}

async function* queues(database: Database): AsyncGenerator<StoreItem> {
  type QueueRow = Row & { id: bigint; channel_id: Buffer; recipient_key: Buffer; next_seq: bigint; messages: bigint };
  const statement = `SELECT id, channel_id, recipient_key, next_seq, messages FROM queues
    WHERE id > $1 ORDER BY id LIMIT ${PAGE}`;
  const page = (last?: QueueRow) => database.read((sql) => sql.all<QueueRow>(statement, last?.id ?? 0n));
  for await (const { id, channel_id, recipient_key, next_seq, messages } of pages(page)) {
    const queue = { channelId: channel_id, recipientKey: recipient_key };
    yield { kind: 'queue', queue, nextSeq: next_seq };
    if (messages === 0n) continue;
    for await (const delivery of pages((last?: { seq: bigint; payload: Uint8Array }) =>
      database.read((sql) => head(sql, id, MESSAGE_PAGE, last?.seq ?? 0n)),
    ))
      yield { kind: 'delivery', queue, delivery };
  }
}

/** @param page what comes behind its parameter */
async function* pages<R>(page: (last?: R) => Promise<R[]>): AsyncGenerator<R> {
  let last: R | undefined;
  do {
    const rows = await page(last);
    yield* rows;
    last = rows.at(-1);
  } while (last !== undefined);
}
