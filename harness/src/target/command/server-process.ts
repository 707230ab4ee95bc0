import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Characters of its output that are kept: the last ones. */
const MAX_OUTPUT = 16_384;
const POLL_MS = 10;
/** What was killed takes a moment to be gone, in ms. */
const KILL_LIMIT_MS = 5_000;
const HAS_GROUPS = process.platform !== 'win32';

/** A server that a command started, in a process group of its own: wrappers such as `npx` or `sh -c` go with it. */
export class ServerProcess {
  readonly #child: ChildProcess;
  #output = '';
  #error: Error | undefined;

  /** Its standard input stays open as long as this process lives. */
  constructor(words: readonly string[]) {
    const [program, ...args] = words as [string, ...string[]];
    this.#child = spawn(program, args, { detached: HAS_GROUPS, stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.#child;
    for (const output of [stdout, stderr])
      output?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-MAX_OUTPUT);
      });
    stdin?.on('error', () => {});
    this.#child.on('error', (error) => {
      this.#error = error;
    });
  }

  /** The end of what it wrote, to standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Not when there is no such program, for one. */
  get wasStarted(): boolean {
    return this.#child.pid !== undefined;
  }

  /** Whether nothing of it is left. */
  get hasEnded(): boolean {
    if (!this.wasStarted) return true;
    const { exitCode, signalCode } = this.#child;
    return (exitCode !== null || signalCode !== null) && !this.#signal(0);
  }

  /** How it ended, for people. */
  get how(): string {
    const { exitCode, signalCode } = this.#child;
    if (!this.wasStarted)
      return `cannot be started: ${this.#error?.message ?? 'is its program there, and executable?'}`;
    return signalCode === null ? `ended with exit code ${exitCode}` : `was ended by ${signalCode}`;
  }

  /**
   * Sends a signal to all of it, and waits until all of it is gone; what is left after that time is killed.
   * @returns whether it went without that
   */
  async end(signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
    this.#signal(signal);
    const isGone = await this.#goneWithin(limitMs);
    this.kill();
    if (!isGone) await this.#goneWithin(KILL_LIMIT_MS);
    // Something that left the group may hold the other ends.
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream?.destroy();
    return isGone;
  }

  /** At once, and without waiting. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  async #goneWithin(limitMs: number): Promise<boolean> {
    const end = performance.now() + limitMs;
    while (!this.hasEnded) {
      if (performance.now() > end) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  /** @returns whether there was anything left to send it to */
  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this.#child;
    if (pid === undefined) return false;
    try {
      return HAS_GROUPS ? process.kill(-pid, signal) : this.#child.kill(signal);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}
