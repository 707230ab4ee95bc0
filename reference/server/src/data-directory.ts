import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';

/** Makes a directory that only its owner may read, unless it is there, and those above it. @throws ConfigError */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await makeDirectories(resolve(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : 'choose another';
    throw new ConfigError(`the data directory ${path} cannot be made (${code}): ${why}`);
  }
}

/** By hand: Node.js's own `recursive` tries without end where the system makes no directories, as in /proc. */
async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (await isDirectory(path)) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || (await isDirectory(parent))) throw error;
    await makeDirectories(parent);
    await makeDirectories(path);
  }
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
