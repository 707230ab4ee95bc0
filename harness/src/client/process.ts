import { type ChildProcess, spawn } from 'node:child_process';

/** What a command came to. */
export interface CommandResult {
  /** The exit code; undefined when a signal ended it. */
  code: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
  /** It did not end by itself in time. */
  isLate: boolean;
  durationMs: number;
}

/** Characters of an output that are kept. */
const MAX_OUTPUT = 4 * 1024 * 1024;
/** How long pipes may stay open after the end, held by something that the command left behind, in ms. */
const LINGER_MS = 1_000;

const running = new Set<CommandProcess>();
process.on('exit', () => {
  for (const one of running) one.kill();
});

/** A command in a process group of its own, which goes as a whole. */
export class CommandProcess {
  /** What it came to; rejects when it cannot be started. */
  readonly ended: Promise<CommandResult>;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  #isLate = false;

  /** @param limitMs is killed after this time */
  constructor(command: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv; limitMs: number }) {
    const { cwd, env, limitMs } = options;
    const started = performance.now();
    const child = spawn(command[0] as string, command.slice(1), {
      ...{ cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    this.#child = child;
    running.add(this);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(0, MAX_OUTPUT);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(0, MAX_OUTPUT);
    });
    const timer = setTimeout(() => {
      this.#isLate = true;
      this.kill();
    }, limitMs);
    this.ended = new Promise<CommandResult>((resolve, reject) => {
      const finish = (code: number | null, signal: string | null): void =>
        resolve({
          ...{ code: code ?? undefined, signal: signal ?? undefined, isLate: this.#isLate },
          ...{ stdout: this.#stdout, stderr: this.#stderr, durationMs: Math.round(performance.now() - started) },
        });
      child.once('error', reject);
      child.once('exit', (code, signal) => setTimeout(() => finish(code, signal), LINGER_MS).unref());
      child.once('close', finish);
    }).finally(() => {
      clearTimeout(timer);
      this.kill();
      running.delete(this);
    });
    // Whoever waits for it gets to know; a scenario that ended before does not.
    this.ended.catch(() => {});
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** As Ctrl-C does: to everything that the command started. */
  interrupt(): void {
    this.#signal('SIGINT');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone.
    }
  }
}
