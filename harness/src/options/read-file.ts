import { closeSync, openSync, readSync } from 'node:fs';
import { UsageError } from '../errors.ts';

/** Nothing that a run is given is longer, in bytes. */
const MOST = 4 * 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder; give a file',
};

/** @returns why a file cannot be read, with the system's own code first */
function unreadable(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return `cannot be read (${code})${REASONS[code] ? `: ${REASONS[code]}` : ''}`;
}

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  EISDIR: 'it is a folder; give a file',
  ENOSPC: 'the disk is full',
};

/** @returns why a file cannot be written, with the system's own code first */
export function unwritable(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return `cannot be written (${code})${WRITE_REASONS[code] ? `: ${WRITE_REASONS[code]}` : ''}`;
}

/**
 * Reads a text file that the command line names, of 4 MiB at most.
 * @param what the option and its value, as errors name them
 * @throws UsageError that quotes nothing of the file: it may hold tokens
 */
export function readTextFile(path: string, what: string): string {
  const bytes = readBytes(path, what);
  if (bytes.length > MOST) throw new UsageError(`${what} is too large: over 4 MiB; is it the right file?`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${what} is not text in UTF-8; is it the right file?`);
  }
  if (text.includes('\u0000')) throw new UsageError(`${what} is not text, but binary; is it the right file?`);
  if (text.trim() === '') throw new UsageError(`${what} is empty`);
  return text;
}

/** Reads no more than it must: a device has no end. It may be a pipe, as a shell's <(…) is. */
function readBytes(path: string, what: string): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const chunks: Uint8Array[] = [];
    for (let length = 0; length <= MOST; ) {
      const chunk = new Uint8Array(64 * 1024);
      const read = readSync(descriptor, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw new UsageError(`${what} ${unreadable(error)}`);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** @throws UsageError that quotes nothing of the file */
export function readJsonFile(path: string, option: string): unknown {
  if (/^\s*[[{]/.test(path))
    throw new UsageError(
      `${option} takes the path of a file, not what is in it: everybody on this machine sees a command line`,
    );
  const text = readTextFile(path, `${option} ${path}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${option} ${path} is not JSON`);
  }
}
