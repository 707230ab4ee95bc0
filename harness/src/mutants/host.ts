import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SuiteError } from '../errors.ts';
import type { AccountData } from '../target/accounts.ts';

const HOST = fileURLToPath(new URL('../../mutants/bin/mutants.js', import.meta.url));
const ANSWER_LIMIT_MS = 30_000;

/** A mutant as its catalog describes it. */
export interface MutantEntry {
  id: string;
  requirement: string;
  what: string;
  /** The limits that it says it has. */
  declared: Record<string, number>;
  /** It takes callers without a token. */
  isOpen: boolean;
  /** It is a process of its own, which is ended and started again. */
  isRestarted: boolean;
}

/** A right server of another kind. */
export interface VariantEntry {
  id: string;
  what: string;
  declared?: Record<string, number> | undefined;
  isRestarted: boolean;
}

/** Where a faulty server listens. */
export interface FaultyAddress {
  host: string;
  port: number;
  /** Hex of the certificate's SHA-256. */
  pin: string;
}

/** The process that runs faulty servers (harness/mutants). It ends with us. */
export class MutantHost {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting: ((line: string) => void)[] = [];
  #errors = '';

  constructor() {
    this.#child = spawn(process.execPath, [HOST], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#exited = new Promise((resolve) => this.#child.once('close', () => resolve()));
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#waiting.shift()?.(line);
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-4_000);
    });
  }

  list(): Promise<{ mutants: MutantEntry[]; variants: VariantEntry[]; together: string[][] }> {
    return this.#ask('list');
  }

  /** @throws SuiteError when there is no such server, or it does not start */
  start(id: string, accounts: readonly AccountData[]): Promise<FaultyAddress> {
    return this.#ask(JSON.stringify({ start: id, accounts }));
  }

  /** @throws SuiteError when the fault itself went wrong: nothing that was seen of it counts */
  async stop({ port }: FaultyAddress): Promise<void> {
    const { slips } = await this.#ask<{ slips: string[] }>(JSON.stringify({ stop: port }));
    if (slips.length > 0) throw new SuiteError(`the fault itself went wrong: ${slips[0]}`);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_LIMIT_MS);
    await this.#exited;
    clearTimeout(killer);
  }

  async #ask<T>(line: string): Promise<T> {
    this.#child.stdin?.write(`${line}\n`);
    let timer: NodeJS.Timeout | undefined;
    const failed = (why: string): never => {
      throw new SuiteError(`the host of the mutants ${why}${this.#errors ? `: ${this.#errors.trim()}` : ''}`);
    };
    const answer = await Promise.race([
      new Promise<string>((resolve) => this.#waiting.push(resolve)),
      this.#exited.then(() => failed('ended')),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new SuiteError('the host of the mutants does not answer')), ANSWER_LIMIT_MS);
      }),
    ]).finally(() => clearTimeout(timer));
    const reply = JSON.parse(answer) as T & { error?: string };
    if (reply.error !== undefined) throw new SuiteError(reply.error);
    return reply;
  }
}
