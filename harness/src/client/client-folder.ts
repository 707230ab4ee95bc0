import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, sep } from 'node:path';

/** A file that the client keeps. */
export interface KeptFile {
  path: string;
  bytes: Buffer;
}

/** What is left when the run ends early, for example by Ctrl-C. */
const open = new Set<ClientFolder>();
process.on('exit', () => {
  for (const folder of open) folder.remove();
});

/** What a scenario has on the disk: the client's home and working folder, and a folder of the suite's own beside them. */
export class ClientFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'conformance-client-'));
  readonly home = join(this.path, 'home');
  readonly work = join(this.path, 'work');
  readonly #own = join(this.path, 'suite');
  #state = join(this.work, 'alice.bin');

  constructor() {
    open.add(this);
    for (const folder of [this.home, this.work, this.#own]) mkdirSync(folder);
  }

  /** What `--state` is given. */
  get state(): string {
    return this.#state;
  }

  /** Beside the state: with the extension that CLI-013 gives it, in place of the state's own or behind it. */
  get keyStore(): string {
    const appended = `${this.#state}.ks`;
    return existsSync(appended) ? appended : this.#state.replace(/\.bin$/, '.ks');
  }

  /** Writes a file of the suite, readable by its owner. @returns its path */
  write(name: string, contents: string): string {
    const path = join(this.#own, name);
    writeFileSync(path, contents, { mode: 0o600 });
    return path;
  }

  /** What the client keeps: its state, its key store, and whatever else is in its folders. */
  files(): KeptFile[] {
    return readdirSync(this.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((path) => !path.startsWith(this.#own + sep))
      .map((path) => ({ path, bytes: readFileSync(path) }));
  }

  /** Cuts the state. */
  damageState(): void {
    writeFileSync(this.#state, readFileSync(this.#state).subarray(0, 20));
  }

  /** Moves state and key store, and nothing else, into another folder; commands are given the new place from now on. */
  moveState(): void {
    const [state, keyStore] = [this.#state, this.keyStore];
    this.#state = join(this.path, 'moved', 'alice.bin');
    mkdirSync(dirname(this.#state));
    renameSync(state, this.#state);
    renameSync(keyStore, join(dirname(this.#state), basename(keyStore)));
    for (const left of [this.home, this.work]) {
      rmSync(left, { recursive: true });
      mkdirSync(left);
    }
  }

  remove(): void {
    open.delete(this);
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
