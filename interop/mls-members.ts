// Members of an MLS group, ours and OpenMLS's, behind one interface.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GroupMember, IdentityKeypair, type PendingCommit } from '@quicnprotochat/core';
import { ROOT, run } from './peer.ts';

const CRATE = join(ROOT, 'interop/mls-openmls');
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** Byte strings are hex; identities are public keys of 32 bytes. A commit is in force for its maker after `merge`. */
export interface MlsPerson {
  readonly kind: 'ours' | 'OpenMLS';
  readonly identity: string;
  keyPackage(): Promise<string>;
  createGroup(groupId: string): Promise<void>;
  join(welcome: string): Promise<void>;
  add(keyPackage: string): Promise<Committed>;
  remove(identity: string): Promise<Committed>;
  update(): Promise<Committed>;
  merge(): Promise<void>;
  send(plaintext: string): Promise<string>;
  receive(message: string): Promise<Seen>;
  info(): Promise<{ epoch: number; members: string[] }>;
}
export interface Committed {
  commit: string;
  welcome: string | null;
}
export interface Seen {
  kind: string;
  sender: string;
  plaintext?: string;
  isRemoved?: boolean;
}

export async function ourPerson(): Promise<MlsPerson> {
  const member = await GroupMember.new(IdentityKeypair.generate());
  const committed = ({ commit, welcome }: PendingCommit): Committed => ({
    commit: hex(commit),
    welcome: welcome ? hex(welcome) : null,
  });
  return {
    kind: 'ours',
    identity: hex(member.identity.publicKey),
    keyPackage: async () => hex((await member.generateKeyPackage()).keyPackage),
    createGroup: (groupId) => member.createGroup(unhex(groupId)),
    join: (welcome) => member.joinGroup(unhex(welcome)),
    add: async (keyPackage) => committed(await member.addMember(unhex(keyPackage))),
    remove: async (identity) => committed(await member.removeMember(unhex(identity))),
    update: async () => committed(await member.update()),
    merge: async () => member.pending?.confirm(),
    send: async (plaintext) => hex(await member.sendMessage(Buffer.from(plaintext))),
    receive: async (message) => {
      const received = await member.receiveMessage(unhex(message));
      const seen = { kind: received.kind, sender: hex(received.sender) };
      if (received.kind === 'application') return { ...seen, plaintext: Buffer.from(received.plaintext).toString() };
      return received.kind === 'commit' ? { ...seen, isRemoved: received.isRemoved } : seen;
    },
    info: async () => ({ epoch: Number(member.epoch), members: member.members().map(hex) }),
  };
}

/** The program on OpenMLS: built with cargo, then one JSON line in, one out. */
export class OpenMls {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #people = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error('no pipe');
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    child.once('close', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`mls-openmls ended with ${code}`));
    });
  }

  /** Builds it when need be: about two minutes on two cores, once. @throws when cargo fails */
  static async start(): Promise<OpenMls> {
    const built = await run('cargo', ['build', '--release', '--locked', '--quiet'], CRATE);
    if (built.code !== 0) throw new Error(`cargo build failed:\n${built.output.slice(-4000)}`);
    const target = process.env.CARGO_TARGET_DIR ?? join(CRATE, 'target');
    const child = spawn(join(target, 'release/mls-openmls'), { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
    return new OpenMls(child);
  }

  /** @throws with its words when it refuses */
  async call<T>(op: string, fields: Record<string, unknown> = {}): Promise<T> {
    const line = new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#child.stdin?.write(`${JSON.stringify({ op, ...fields })}\n`);
    const { ok, error } = JSON.parse(await line) as { ok?: T; error?: string };
    if (ok === undefined) throw new Error(`OpenMLS: ${error}`);
    return ok;
  }

  async person(): Promise<MlsPerson & { proposeUpdate(): Promise<string>; leave(): Promise<string> }> {
    this.#people += 1;
    const name = `${this.#people}`;
    const call = <T>(op: string, fields = {}) => this.call<T>(op, { name, ...fields });
    const message = async (op: string, fields = {}) => (await call<{ message: string }>(op, fields)).message;
    const { identity } = await call<{ identity: string }>('new');
    return {
      kind: 'OpenMLS',
      identity,
      keyPackage: () => message('keyPackage'),
      createGroup: (groupId) => call('createGroup', { groupId }),
      join: (welcome) => call('join', { welcome }),
      add: (keyPackage) => call('add', { keyPackage }),
      remove: (removed) => call('remove', { identity: removed }),
      update: () => call('update'),
      merge: () => call('merge'),
      send: (plaintext) => message('send', { plaintext: Buffer.from(plaintext).toString('hex') }),
      receive: async (received) => {
        const seen = await call<Seen>('receive', { message: received });
        if (seen.plaintext !== undefined) seen.plaintext = Buffer.from(seen.plaintext, 'hex').toString();
        return seen;
      },
      info: () => call('info'),
      proposeUpdate: () => message('proposeUpdate'),
      leave: () => message('leave'),
    };
  }

  /** Its input ends, and so does it. */
  stop(): void {
    this.#child.stdin?.end();
  }
}
