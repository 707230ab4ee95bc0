import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CoreError } from '../errors.ts';

const SECRET_MODE = 0o600;

/**
 * Replaces a file so that a crash at any moment leaves the old contents or the new, whole: written beside it with mode 0600,
 * flushed, renamed, and the directory flushed. One writer at a time.
 * @throws CoreError `STORE_IO`
 */
export async function writeFileAtomically(path: string, contents: Uint8Array): Promise<void> {
  const fresh = `${path}.new`;
  try {
    // One that a crash left behind might be open to others.
    await rm(fresh, { force: true });
    const file = await open(fresh, 'wx', SECRET_MODE);
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(fresh, path);
    await syncDirectory(dirname(path));
  } catch (cause) {
    await rm(fresh, { force: true }).catch(() => {});
    throw new CoreError('STORE_IO', `cannot write ${path}: ${codeOf(cause)}`, { cause });
  }
}

/**
 * @returns the contents, undefined when there is no such file
 * @throws CoreError `STORE_IO`
 */
export async function readFileIfAny(path: string): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new CoreError('STORE_IO', `cannot read ${path}: ${codeOf(cause)}`, { cause });
  }
}

/** Makes a rename last. Windows has no handle on directories, and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
