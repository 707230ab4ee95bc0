import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GoldenCase } from './cases.ts';

/** Where Debian's libcapnp-dev puts the schema; CAPNP_INCLUDE names another folder. */
const RPC_SCHEMA = join(process.env.CAPNP_INCLUDE ?? '/usr/include', 'capnp/rpc.capnp');

/** The capnp tool with rpc.capnp. The constructor throws when one of them is missing. */
export class CapnpTool {
  readonly #schemas: Record<GoldenCase['schema'], string>;

  constructor() {
    if (!existsSync(RPC_SCHEMA)) throw new Error(`${RPC_SCHEMA} is missing (Debian: libcapnp-dev)`);
    run(['--version'], '');
    const installed = readFileSync(RPC_SCHEMA, 'utf8');
    const folder = mkdtempSync(join(tmpdir(), 'rpc-schema-'));
    const rpc = changed(installed, [
      // The tool shows an AnyPointer as opaque.
      ['content @0 :AnyPointer;', 'content @0 :Probe;'],
      ['struct Payload {', 'struct Probe { number @0 :UInt64; data @1 :Data; }\nstruct Payload {'],
    ]);
    const releaseResultCaps = 'releaseResultCaps @1 :Bool = true;';
    const workaround = 'requireEarlyCancellationWorkaround @2 :Bool = true;';
    const noFinishNeeded = 'noFinishNeeded @8 :Bool = false;';
    const newer = changed(rpc, [
      ['join @12 :Join;', 'join @12 :Join; added @14 :Text;'],
      // Later versions of the schema have these themselves.
      [releaseResultCaps, `${releaseResultCaps} ${rpc.includes(workaround) ? '' : workaround} added @3 :Text;`],
      ['struct Return {', `struct Return { ${rpc.includes(noFinishNeeded) ? '' : noFinishNeeded}`],
    ]);
    this.#schemas = { rpc: join(folder, 'rpc.capnp'), newer: join(folder, 'newer.capnp') };
    writeFileSync(this.#schemas.rpc, rpc);
    writeFileSync(this.#schemas.newer, newer);
  }

  /** @returns the frame of a message given as text */
  encode({ schema, text }: Pick<GoldenCase, 'schema' | 'text'>): Uint8Array {
    return run(['encode', this.#schemas[schema], 'Message'], text);
  }

  /** @returns what a frame holds, as one line of text */
  decode(schema: GoldenCase['schema'], frame: Uint8Array): string {
    return run(['decode', '--short', this.#schemas[schema], 'Message'], frame).toString('utf8').trimEnd();
  }
}

function changed(schema: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`rpc.capnp has no "${from}"`);
    return text.replace(from, to);
  }, schema);
}

function run(args: string[], input: string | Uint8Array): Buffer {
  const { status, stdout, stderr, error } = spawnSync('capnp', args, { input });
  if (error) throw new Error('the capnp tool is missing (Debian: capnproto)', { cause: error });
  if (status !== 0) throw new Error(`capnp ${args[0]} failed: ${stderr}`);
  return stdout;
}
