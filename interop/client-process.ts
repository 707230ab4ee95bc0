import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, type RunningServer } from './peer.ts';

const CLIENT = join(ROOT, 'reference/client/bin/quicnprotochat.js');

/** One line of `--json`. */
export type Line = { type: string } & Record<string, unknown>;

/** How a client process ended, and what it told. */
export interface Told {
  code: number | null;
  lines: Line[];
  errors: string;
}

/** A client process that runs. */
export interface RunningClient {
  child: ChildProcess;
  /** Grows as it tells. */
  lines: Line[];
  ended: Promise<Told>;
}

/** Starts `quicnprotochat ARGS --json` as a process of its own. */
export function startClient(args: string[], env: NodeJS.ProcessEnv, input = ''): RunningClient {
  const child = spawn(process.execPath, [CLIENT, ...args, '--json'], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  const lines: Line[] = [];
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4_000);
  });
  const told = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
  told.on('line', (line) => lines.push(parse(line)));
  const ended = Promise.all([
    new Promise<number | null>((resolve) => child.once('close', resolve)),
    new Promise((resolve) => told.once('close', resolve)),
  ]).then(([code]) => ({ code, lines, errors }));
  return { child, lines, ended };
}

/** A process that is killed may leave half a line. */
function parse(line: string): Line {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return { type: 'cut', line };
  }
}

/** Somebody with a state file, who uses the command line. */
export class Person {
  readonly name: string;
  readonly state: string;
  readonly token: string;
  identityKey = '';
  #server: RunningServer | undefined;

  constructor(name: string, directory: string, token: string) {
    this.name = name;
    this.state = join(directory, `${name}.bin`);
    this.token = token;
  }

  use(server: RunningServer): void {
    this.#server = server;
  }

  get env(): NodeJS.ProcessEnv {
    return {
      QUICNPROTOCHAT_SERVER: this.#server?.address,
      QUICNPROTOCHAT_PIN: this.#server?.pin,
      QUICNPROTOCHAT_STATE: this.state,
      QUICNPROTOCHAT_ACCESS_TOKEN: this.token,
    };
  }

  start(args: string[], input?: string): RunningClient {
    return startClient(args, this.env, input);
  }

  /** Runs a command to its end. */
  run(args: string[], input?: string): Promise<Told> {
    return this.start(args, input).ended;
  }

  /** @returns what a command tells. @throws when it fails */
  async must(...args: string[]): Promise<Line[]> {
    const { code, lines, errors } = await this.run(args);
    if (code !== 0) throw new Error(`${this.name}: ${args[0]} ended with ${code}: ${errors}`);
    return lines;
  }

  /** @returns the texts of the messages that `recv` shows */
  async reads(): Promise<unknown[]> {
    return (await this.must('recv')).filter(({ type }) => type === 'message').map(({ text }) => text);
  }
}
