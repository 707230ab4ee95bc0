import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { UnreachableError } from '../errors.ts';
import type { Vector } from './format.ts';

/** A line of an answer is cut off beyond this: a verifier that never ends its line must not take all memory. */
const MAX_LINE = 64 * 1024 * 1024;
/** Of what a verifier writes to stderr, the last is kept for the report of its crash. */
const KEPT_STDERR = 2_000;
/** A verifier that ends or is silent this often, before it has answered anything, is none. */
const MAX_FRUITLESS = 3;

/** Why there is no answer; the case fails with it. */
export class NoAnswer extends Error {}

/**
 * A verifier as a process that reads a JSON line and writes one. It is started once, and again after it crashed or was
 * too slow: every case is judged by itself.
 */
export class CommandVerifier {
  readonly #command: string;
  readonly #timeoutMs: number;
  #process: RunningVerifier | undefined;
  #hasAnswered = false;
  #fruitless = 0;

  /** @param command a line for the shell @param timeoutMs for one answer */
  constructor(command: string, timeoutMs: number) {
    this.#command = command;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @returns the answer, parsed
   * @throws NoAnswer · UnreachableError when the command cannot be run at all
   */
  async answer({ id, kind, input }: Vector): Promise<unknown> {
    this.#process ??= new RunningVerifier(this.#command);
    const running = this.#process;
    const outcome = await running.ask(JSON.stringify({ id, kind, input }), this.#timeoutMs);
    if ('line' in outcome) {
      this.#hasAnswered = true;
      try {
        return readAnswer(outcome.line, id);
      } catch (error) {
        // Whoever is out of step would answer every later case wrongly, too.
        await this.close();
        throw error;
      }
    }
    await this.close();
    const told = running.stderr === '' ? '' : `; it wrote: ${running.stderr}`;
    this.#fruitless += 1;
    // 126 and 127 are the shell's own, for a command that is not there, or no program.
    const isNoProgram = outcome.code === 126 || outcome.code === 127;
    if (!this.#hasAnswered && (isNoProgram || this.#fruitless === MAX_FRUITLESS))
      throw new UnreachableError(`the command is no verifier: ${outcome.reason}${told}`);
    throw new NoAnswer(`${outcome.reason}${told}`);
  }

  async close(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }
}

function readAnswer(line: string, id: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    throw new NoAnswer(`the answer is not JSON: ${line.slice(0, 200)}`);
  }
  const named = (answer as { id?: unknown } | null)?.id;
  if (named !== undefined && named !== id) throw new NoAnswer(`the answer is for ${JSON.stringify(named)}`);
  return answer;
}

/** The shell tells a signal that ended its command as a code of 128 and more. */
function endOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === null && (code as number) <= 128) return `it ended (exit ${code}) without an answer`;
  return `it crashed (${signal ?? `signal ${(code as number) - 128}`})`;
}

type Outcome = { line: string } | { reason: string; code?: number | undefined };

class RunningVerifier {
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  #chunks: string[] = [];
  #length = 0;
  #settle: ((outcome: Outcome) => void) | undefined;
  #end: Outcome | undefined;

  constructor(command: string) {
    // A group of its own: a shell, and whatever it starts, end together.
    this.#child = spawn(command, { shell: true, detached: true, stdio: 'pipe' });
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#take(chunk));
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr = (this.stderr + chunk).slice(-KEPT_STDERR).trimEnd();
    });
    // It may be gone before it has read the case; its end is told below.
    this.#child.stdin.on('error', () => {});
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#finish({ reason: `it cannot be started: ${error.message}` }));
      this.#child.on('close', (code, signal) => {
        this.#finish({
          reason: endOf(code, signal),
          code: code ?? undefined,
        });
        resolve();
      });
    });
  }

  ask(line: string, timeoutMs: number): Promise<Outcome> {
    if (this.#end) return Promise.resolve(this.#end);
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => this.#settle?.({ reason: `no answer within ${timeoutMs / 1000} s (--timeout)` }),
        timeoutMs,
      );
      this.#settle = (outcome) => {
        clearTimeout(timer);
        this.#settle = undefined;
        resolve(outcome);
      };
      this.#child.stdin.write(`${line}\n`);
      this.#deliver();
    });
  }

  async stop(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.pid !== undefined && !this.#end) {
      const timer = setTimeout(() => this.#kill(), 500);
      await Promise.race([this.#exited, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      clearTimeout(timer);
    }
    this.#kill();
  }

  #kill(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  #take(chunk: string): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length > MAX_LINE) this.#settle?.({ reason: `a line of more than ${MAX_LINE} characters` });
    else if (chunk.includes('\n')) this.#deliver();
  }

  /** Gives the next whole line to whoever asked; a line that nobody asked for answers the next case, and fails it. */
  #deliver(): void {
    if (!this.#settle) return;
    const text = this.#chunks.join('');
    const end = text.indexOf('\n');
    if (end < 0) return;
    this.#chunks = [text.slice(end + 1)];
    this.#length = text.length - end - 1;
    this.#settle({ line: text.slice(0, end) });
  }

  #finish(end: Outcome): void {
    this.#end ??= end;
    this.#settle?.(this.#end);
  }
}
