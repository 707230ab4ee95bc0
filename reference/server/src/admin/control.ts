import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Log } from '../log.ts';
import type { Token } from '../store/store.ts';
import { type AccountAdmin, type AccountLine, AdminError } from './account-admin.ts';

/**
 * How a command reaches the server that holds a data directory: a socket in the directory, for its owner alone (mode
 * 0600; on Windows a pipe). A request is a line of JSON, and so is the answer: `{"ok": …}` or `{"error": text}`.
 */
type Request = { command: 'add'; token: PlainToken } | { command: 'list' } | { command: 'revoke'; name: string };

/** A token without its bytes, which JSON cannot hold: hex. */
interface PlainToken {
  digest: string;
  name: string;
  identityKey: string;
  deviceId?: string;
  expiresAtMs?: number;
}

/** The longest path of a socket, bytes; of the systems that we know macOS allows least. */
const MAX_SOCKET_PATH = 103;
const MAX_REQUEST_BYTES = 64 * 1024;
/** After this a peer that says nothing is let go, in ms. */
const PATIENCE_MS = 30_000;

/** @returns the socket of a data directory; undefined when its path is too long for one */
function socketPath(directory: string): string | undefined {
  const path = join(resolve(directory), 'control.sock');
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\quicnprotochat-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  return Buffer.byteLength(path) > MAX_SOCKET_PATH ? undefined : path;
}

/**
 * Answers commands for a data directory, which the caller holds the lock of.
 * @returns what ends it
 */
export async function serveControl(directory: string, admin: AccountAdmin, log: Log): Promise<() => Promise<void>> {
  const path = socketPath(directory);
  if (path === undefined) {
    log.warn(`the path of ${directory} is too long for a socket: account commands work while the server is stopped`);
    return async () => {};
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void answer(socket, admin, log);
  });
  if (process.platform !== 'win32') await rm(path, { force: true });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    // The socket is made within `listen`: nobody else ever sees it with other rights.
    const mask = process.umask(0o177);
    server.listen(path, listening);
    process.umask(mask);
  });
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  };
}

async function answer(socket: Socket, admin: AccountAdmin, log: Log): Promise<void> {
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  const line = await firstLine(socket, MAX_REQUEST_BYTES).catch(() => undefined);
  if (line === undefined) return;
  let reply: object;
  try {
    reply = { ok: (await perform(JSON.parse(line) as Request, admin)) ?? null };
  } catch (error) {
    // What is wrong inside is for the log.
    if (!(error instanceof AdminError)) log.error(`an account command failed: ${error}`);
    reply = { error: error instanceof AdminError ? error.message : 'the server could not do it; its log says why' };
  }
  socket.end(`${JSON.stringify(reply)}\n`);
}

async function perform(request: Request, admin: AccountAdmin): Promise<unknown> {
  if (request.command === 'add') return admin.add(readToken(request.token));
  if (request.command === 'list') return admin.list();
  if (request.command === 'revoke') return admin.revoke(request.name);
  throw new AdminError('the server does not know that command');
}

/** The accounts of the server that holds a data directory. @returns undefined when none does, or cannot be asked */
export async function controlAdmin(directory: string): Promise<AccountAdmin | undefined> {
  const path = socketPath(directory);
  if (path === undefined || !(await isAnswered(path))) return undefined;
  const ask = (request: Request) => askServer(path, request);
  return {
    add: async (token) => void (await ask({ command: 'add', token: plainToken(token) })),
    list: async () => (await ask({ command: 'list' })) as AccountLine[],
    revoke: async (name) => (await ask({ command: 'revoke', name })) as boolean,
  };
}

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

async function askServer(path: string, request: Request): Promise<unknown> {
  const socket = connect(path);
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const line = await firstLine(socket);
    if (line === undefined) throw new AdminError('the server ended before it answered');
    const { ok, error } = JSON.parse(line) as { ok?: unknown; error?: string };
    if (error !== undefined) throw new AdminError(error);
    return ok;
  } finally {
    socket.destroy();
  }
}

/** @returns undefined when the peer ends, or says too much, before the line does */
function firstLine(socket: Socket, maxBytes = Number.POSITIVE_INFINITY): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: socket });
    socket.on('data', () => socket.bytesRead > maxBytes && socket.destroy());
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
    socket.once('error', reject);
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const plainToken = ({ digest, name, identityKey, deviceId, expiresAtMs }: Token): PlainToken => ({
  digest: hex(digest),
  name,
  identityKey: hex(identityKey),
  ...(deviceId && { deviceId: hex(deviceId) }),
  ...(expiresAtMs !== undefined && { expiresAtMs }),
});

const readToken = ({ digest, name, identityKey, deviceId, expiresAtMs }: PlainToken): Token => ({
  digest: Buffer.from(digest, 'hex'),
  name,
  identityKey: Buffer.from(identityKey, 'hex'),
  deviceId: deviceId === undefined ? undefined : Buffer.from(deviceId, 'hex'),
  expiresAtMs,
});
