import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, beforeEach } from 'node:test';
import { main } from '../src/cli.ts';
import { TestNode } from './test-node.ts';

export type Line = { type: string } & Record<string, unknown>;

/** What a command line ended with and told. */
export interface Told {
  code: number;
  lines: Line[];
  out: string;
  err: string;
}

/** Everything that any command of this process has told, for the search after secrets. */
export const everythingTold: string[] = [];

function collector(onWrite?: (text: string) => void): { stream: Writable; text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      try {
        onWrite?.(String(chunk));
        text += String(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  stream.on('error', () => {});
  return { stream, text: () => text };
}

/** Runs command lines against a node, in a directory of its own. */
export class Shell {
  readonly directory = mkdtempSync(join(tmpdir(), 'client-cli-'));
  readonly node: TestNode;

  constructor(node: TestNode) {
    this.node = node;
  }

  state(name: string): string {
    return join(this.directory, `${name}.bin`);
  }

  /** Runs `args --json` as somebody with a state. @param onWrite may throw, as a broken pipe does */
  async as(
    name: string,
    args: string[],
    options: { onWrite?: (text: string) => void; interrupt?: AbortController; json?: boolean } = {},
  ): Promise<Told> {
    const out = collector(options.onWrite);
    const err = collector();
    const common = ['--server', this.node.address, '--pin', this.node.pin, '--state', this.state(name)];
    const json = options.json === false ? [] : ['--json'];
    const timeout = args.includes('--timeout-ms') ? [] : ['--timeout-ms', '5000'];
    const code = await main(
      [...args, ...common, ...timeout, ...json],
      { out: out.stream, err: err.stream },
      options.interrupt,
    );
    everythingTold.push(out.text(), err.text());
    const lines =
      json.length === 0
        ? []
        : out
            .text()
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Line);
    return { code, lines, out: out.text(), err: err.text() };
  }

  /** @returns what it tells. @throws unless it exits with 0 */
  async must(name: string, ...args: string[]): Promise<Line[]> {
    const { code, lines, err } = await this.as(name, args);
    if (code !== 0) throw new Error(`${name}: ${args.join(' ')} ended with ${code}: ${err}`);
    return lines;
  }

  async identityKey(name: string): Promise<Uint8Array> {
    const [line] = await this.must(name, 'whoami');
    return Buffer.from(String(line?.identityKey), 'hex');
  }

  /** The first of them makes a group and invites the others, who join. @returns identity keys as hex */
  async group(...names: string[]): Promise<string[]> {
    const [first = '', ...others] = names;
    const keys: string[] = [];
    for (const name of names) {
      await this.must(name, 'register-state');
      keys.push(Buffer.from(await this.identityKey(name)).toString('hex'));
    }
    await this.must(first, 'create-group');
    for (const [i, name] of others.entries()) {
      await this.must(first, 'invite', '--peer-key', keys[i + 1] as string);
      await this.must(name, 'join');
      await this.must(name, 'recv');
    }
    for (const name of names) await this.must(name, 'recv');
    return keys;
  }

  async reads(name: string): Promise<unknown[]> {
    return texts(await this.must(name, 'recv'));
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** For the tests of a suite: one server, which lies no more when a test begins, and a shell for each. */
export function withShells(give: (node: TestNode, shell: Shell) => void): void {
  let node: TestNode;
  const shells: Shell[] = [];
  before(async () => {
    node = await TestNode.start();
  });
  after(async () => {
    await node.stop();
    for (const used of shells) used.close();
  });
  beforeEach(() => {
    for (const name of Object.keys(node.overrides)) delete node.overrides[name as keyof typeof node.overrides];
    const shell = new Shell(node);
    shells.push(shell);
    give(node, shell);
  });
}

export const texts = (lines: Line[]): unknown[] =>
  lines.filter(({ type }) => type === 'message').map(({ text }) => text);
