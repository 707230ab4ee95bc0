import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DEBIAN = '/usr/lib/postgresql';
const START_LIMIT_MS = 30_000;

/** Where PostgreSQL's programs are: Debian's newest, else the PATH; undefined when there are none. */
function findPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

const programs = findPrograms();

/** Why there can be no PostgreSQL here. In CI that is a failure: `start` throws. */
export const noPostgres =
  programs === undefined && process.env.CI !== 'true'
    ? 'PostgreSQL is not installed (Debian: apt-get install postgresql)'
    : undefined;

/** A PostgreSQL server of our own, in a scratch directory, on a free port of 127.0.0.1. */
export class PostgresServer {
  readonly #directory: string;
  readonly #port: number;
  readonly #identity: { uid?: number; gid?: number };
  #process: ChildProcess | undefined;
  #databases = 0;

  private constructor(directory: string, port: number, identity: { uid?: number; gid?: number }) {
    this.#directory = directory;
    this.#port = port;
    this.#identity = identity;
  }

  /** @throws when PostgreSQL is not installed */
  static async start(): Promise<PostgresServer> {
    if (programs === undefined) throw new Error('PostgreSQL is not installed (Debian: apt-get install postgresql)');
    const directory = mkdtempSync(join(tmpdir(), 'postgres-'));
    // PostgreSQL does not run as root.
    const identity: { uid?: number; gid?: number } = process.getuid?.() === 0 ? idsOf('postgres') : {};
    if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid ?? identity.uid);
    const server = new PostgresServer(directory, await freePort(), identity);
    process.once('exit', () => server.#abandon());
    try {
      const options = ['-D', join(directory, 'data'), '-U', 'test', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
      execFileSync(join(programs, 'initdb'), options, {
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: directory,
        ...identity,
      });
      await server.resume();
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  /** A connection URL. */
  url(database = 'postgres'): string {
    return `postgres://test@127.0.0.1:${this.#port}/${database}`;
  }

  /** Makes an empty database. @returns its URL */
  async database(): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.sql(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs statements, on a connection of their own. */
  async sql(text: string, url = this.url()): Promise<Record<string, unknown>[]> {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Starts it again after `stop` or `kill`, and waits until it answers. */
  async resume(): Promise<void> {
    const settings = [`port=${this.#port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${this.#directory}`];
    const data = join(this.#directory, 'data');
    const child = spawn(
      join(programs as string, 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      { stdio: ['ignore', 'ignore', 'pipe'], cwd: this.#directory, ...this.#identity },
    );
    let output = '';
    child.stderr?.on('data', (chunk) => {
      output = (output + chunk).slice(-2_000);
    });
    this.#process = child;
    for (const deadline = Date.now() + START_LIMIT_MS; ; await sleep(50)) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}: ${output}`);
      const answers = await this.sql('SELECT 1').catch(() => undefined);
      if (answers) return;
      if (Date.now() > deadline) throw new Error(`PostgreSQL does not answer: ${output}`);
    }
  }

  /** Stops it, rolling back what is open: a fast shutdown. */
  stop(): Promise<void> {
    return this.#end('SIGINT');
  }

  /** Stops it without time for anything: an immediate shutdown, as a crash. */
  kill(): Promise<void> {
    return this.#end('SIGQUIT');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** For a process that ends before it has removed it. */
  #abandon(): void {
    this.#process?.kill('SIGQUIT');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
  }
}

function idsOf(user: string): { uid: number; gid: number } {
  const id = (option: string): number => Number(execFileSync('id', [option, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
