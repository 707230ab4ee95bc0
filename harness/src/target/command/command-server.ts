import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALPN } from '@quicnprotochat/proto';
import { connect, QuicError } from '@quicnprotochat/quic';
import { UnreachableError } from '../../errors.ts';
import { PLACES, type ServerCommand } from '../../options/server-command.ts';
import { redactor } from '../../redact.ts';
import { type AccountData, makePeople } from '../accounts.ts';
import type { TargetData } from '../target.ts';
import { freePort, isFree } from './free-port.ts';
import { isReady } from './is-ready.ts';
import { ServerProcess } from './server-process.ts';

/** Long enough for a server that reads a large store, or is run by a build tool that has little left to build, in ms. */
const START_LIMIT_MS = 60_000;
const HANDSHAKE_LIMIT_MS = 2_000;
/** One that takes connections and does not answer `health` after that is taken for broken, not for slow. */
const READY_LIMIT_MS = 10_000;
const POLL_MS = 25;
/** A server that finds its store or its port still taken may have a second and a third try. */
const RESTARTS = 3;
const RESTART_PAUSE_MS = 500;
const STOP_LIMIT_MS = 10_000;
const PORT_LIMIT_MS = 2_000;
/** Enough for a panic with its backtrace, whose first line says why. */
const SHOWN_LINES = 40;
/** Who waits longer is told for what, in ms. */
const NOTICE_MS = 5_000;

/** It goes on where no signal reaches it: nothing can be said of its restart. */
export class NotRestartableError extends Error {}

/** Servers of this process that stand, by the name that a target has for its own. */
const servers = new Map<string, CommandServer>();

/** The server of a target that `--command` started. */
export const serverNamed = (name: string | undefined): CommandServer | undefined =>
  name === undefined ? undefined : servers.get(name);

/** Why scenarios about restarts say nothing about a target; undefined when they do. */
export function notRestartableBecause({ server: name }: TargetData): string | undefined {
  if (name === undefined) return 'needs a server that the suite can restart: give --command';
  if (serverNamed(name)?.isVolatile)
    return 'the server keeps nothing beyond its end: --command names no {dir}, or --volatile is given';
  return undefined;
}

/** A server that the suite starts by a command, ends and starts again, always with the same port and folder. */
export class CommandServer {
  readonly name: string;
  readonly port: number;
  /** Whom the server knows by the file that its command names; none when it names none. */
  readonly accounts: AccountData[];
  /** Whether nothing is said to outlast it. */
  readonly isVolatile: boolean;
  readonly #words: readonly string[];
  readonly #folder: string;
  readonly #startLimitMs: number;
  readonly #redact: (text: string) => string;
  #process: ServerProcess | undefined;
  #isUp = false;
  #couldNotStart = false;
  /** Not when it never did: then it is up when it takes connections. */
  #answersHealth = true;
  /** Why it cannot be ended; undefined as long as it can. */
  #stuck: string | undefined;

  private constructor({ words, isVolatile }: ServerCommand, port: number, timeoutMs: number) {
    this.port = port;
    this.name = `127.0.0.1:${port}`;
    this.isVolatile = isVolatile;
    this.#startLimitMs = Math.max(START_LIMIT_MS, timeoutMs * 3);
    this.#folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const dir = join(this.#folder, 'data');
    mkdirSync(dir);
    const file = join(this.#folder, 'accounts.json');
    this.accounts = words.some((word) => word.includes(PLACES.accounts)) ? makePeople() : [];
    const entries = this.accounts.map(({ name, identityKey, token }) => ({ name, identityKey, token }));
    writeFileSync(file, JSON.stringify(entries), { mode: 0o600 });
    this.#words = words.map((word) =>
      word.replaceAll(PLACES.port, String(port)).replaceAll(PLACES.dir, dir).replaceAll(PLACES.accounts, file),
    );
    this.#redact = redactor(this.accounts);
  }

  /**
   * Starts a server on a free port and in a new folder, and waits until it listens.
   * @param timeoutMs how long one answer may take
   * @throws UnreachableError with the last lines of its output
   */
  static async start(command: ServerCommand, timeoutMs: number): Promise<CommandServer> {
    const server = new CommandServer(command, await freePort(), timeoutMs);
    // Ctrl-C, or a fault of the suite: nothing of it is worth keeping.
    process.once('exit', server.#abandon);
    servers.set(server.name, server);
    const notice = setTimeout(() => {
      const limit = server.#startLimitMs / 1000;
      process.stderr.write(
        `conformance: waits up to ${limit} s for the server of --command to listen on UDP port ${server.port} of 127.0.0.1\n`,
      );
    }, NOTICE_MS);
    try {
      await server.#launch(1);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    } finally {
      clearTimeout(notice);
    }
  }

  /** How it ended without being told to; undefined while it runs. */
  get deathNotice(): string | undefined {
    if (!this.#isUp || !this.#process?.hasEnded) return undefined;
    return `the server ${this.#process.how} by itself${this.#lastLines()}`;
  }

  /** Whether the last start has failed: another would as well. */
  get couldNotStart(): boolean {
    return this.#couldNotStart;
  }

  /** Whether it was ended, and waits to be started again. */
  get isDown(): boolean {
    return !this.#isUp && this.#stuck === undefined;
  }

  /**
   * Ends it: in order by SIGTERM, or suddenly by SIGKILL.
   * @returns whether the signal was enough; else it was killed after ten seconds
   * @throws NotRestartableError when something of it goes on
   */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    if (this.#stuck !== undefined) throw new NotRestartableError(this.#stuck);
    const running = this.#process as ServerProcess;
    this.#isUp = false;
    const isEnough = await running.end(signal, STOP_LIMIT_MS);
    const end = performance.now() + PORT_LIMIT_MS;
    while (!(await isFree(this.port))) {
      if (performance.now() > end) {
        this.#stuck = `something goes on listening on UDP port ${this.port} after all that the command started was killed: it has to run the server itself, in the foreground`;
        throw new NotRestartableError(this.#stuck);
      }
      await sleep(POLL_MS);
    }
    return isEnough;
  }

  /** Starts it again, after its end. @throws UnreachableError with the last lines of its output */
  launch(): Promise<void> {
    return this.#launch(RESTARTS);
  }

  /** Ends it for good, and removes its folder. */
  async stop(): Promise<void> {
    await this.#process?.end('SIGTERM', STOP_LIMIT_MS);
    process.off('exit', this.#abandon);
    this.#abandon();
  }

  #abandon = (): void => {
    this.#process?.kill();
    servers.delete(this.name);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  };

  async #launch(tries: number): Promise<void> {
    this.#isUp = false;
    for (let left = tries - 1; ; left -= 1) {
      const started = new ServerProcess(this.#words);
      this.#process = started;
      this.#isUp = await this.#listens(started);
      if (this.#isUp) return;
      const why = started.hasEnded
        ? `${started.how}${started.wasStarted ? ` before it listened on UDP port ${this.port} of 127.0.0.1` : ''}`
        : `does not listen on UDP port ${this.port} of 127.0.0.1 after ${this.#startLimitMs / 1000} s`;
      const isWorthATry = started.hasEnded && left > 0;
      await started.end('SIGKILL', STOP_LIMIT_MS);
      this.#couldNotStart = !isWorthATry;
      if (!isWorthATry) throw new UnreachableError(`the server of --command ${why}${this.#lastLines()}`);
      await sleep(RESTART_PAUSE_MS);
    }
  }

  /** @returns whether it takes connections, and is ready; not when it ended before, or took too long */
  async #listens(started: ServerProcess): Promise<boolean> {
    const end = performance.now() + this.#startLimitMs;
    let takenAt: number | undefined;
    while (!started.hasEnded && performance.now() < end) {
      try {
        const connection = await connect({
          ...{ host: '127.0.0.1', port: this.port, verify: { kind: 'none' }, alpn: [ALPN] },
          handshakeTimeoutMs: HANDSHAKE_LIMIT_MS,
        });
        const isUp = await isReady(connection);
        await connection.close();
        if (isUp) return true;
        takenAt ??= performance.now();
        if (!this.#answersHealth || performance.now() > takenAt + READY_LIMIT_MS) {
          this.#answersHealth = false;
          return true;
        }
        await sleep(POLL_MS);
      } catch (error) {
        if (!(error instanceof QuicError)) throw error;
        // Whatever else is wrong with it, it is there: the probe says what.
        if (error.code !== 'UNREACHABLE' && error.code !== 'HANDSHAKE_TIMEOUT') return true;
        await sleep(POLL_MS);
      }
    }
    return false;
  }

  #lastLines(): string {
    const lines = this.#redact(this.#process?.output ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '');
    if (this.#process?.wasStarted === false) return '';
    if (lines.length === 0) return '; it wrote nothing';
    return `; its last lines:\n${lines
      .slice(-SHOWN_LINES)
      .map((line) => `    ${line}`)
      .join('\n')}`;
  }
}
