import { mkdir } from 'node:fs/promises';
import { ConfigError } from './config-error.ts';

/** Makes a directory that only its owner may read, unless it is there. @throws ConfigError */
export async function makeDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'there is a file in its place' : 'choose another';
    throw new ConfigError(`the data directory ${path} cannot be made (${code}): ${why}`);
  }
}
