import { appendFile, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ClientError } from '../errors.ts';
import { lockFile } from '../state/lock.ts';

const LOCK_WAIT_MS = 5_000;

/** Where known hosts are kept: `$XDG_CONFIG_HOME/quicnprotochat/known-hosts`, by default under `~/.config`. */
export function defaultKnownHosts(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'quicnprotochat', 'known-hosts');
}

/**
 * The certificates that were trusted on first use: a text file, a line `HOST:PORT SHA256` each (64 hex digits); what
 * begins with # is a comment.
 */
export class KnownHosts {
  /** The file. It need not be there yet. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @returns hex of the certificate's SHA-256; undefined for a server not seen yet. @throws ClientError `certificate` */
  async find(address: string): Promise<string | undefined> {
    for (const [i, line] of (await this.#lines()).entries()) {
      const [host, sha256 = ''] = line.trim().split(/\s+/);
      if (host !== address || line.trim().startsWith('#')) continue;
      if (!/^[0-9a-f]{64}$/.test(sha256))
        throw new ClientError('certificate', `line ${i + 1} of ${this.path} holds no SHA-256: correct or remove it`);
      return sha256;
    }
    return undefined;
  }

  /** Remembers a certificate, unless another process has just done so. @returns the one that is remembered */
  async add(address: string, sha256: string): Promise<string> {
    const unlock = await lockFile(this.path, LOCK_WAIT_MS);
    try {
      const known = await this.find(address);
      if (known !== undefined) return known;
      // An editor may have left the last line open.
      const isOpen = (await this.#lines()).at(-1) || false;
      await appendFile(this.path, `${isOpen ? '\n' : ''}${address} ${sha256}\n`, { mode: 0o600 });
      return sha256;
    } finally {
      unlock();
    }
  }

  async #lines(): Promise<string[]> {
    try {
      return (await readFile(this.path, 'utf8')).split('\n');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return [];
      throw new ClientError('certificate', `the known hosts in ${this.path} cannot be read (${code})`);
    }
  }
}
