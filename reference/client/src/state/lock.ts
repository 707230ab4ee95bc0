import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '../errors.ts';

const RETRY_MS = 20;
/** A lock without a process id is being written, or was left by a process that died at that very moment, in ms. */
const WRITING_MS = 1_000;
/** Locks of this process: what is left to give back when it ends early. */
const held = new Set<string>();

process.on('exit', () => {
  for (const path of held) rmSync(path, { force: true });
});

/**
 * Keeps other processes, and other parts of this one, away from a file: `PATH.lock` holds the process id. One left by a
 * process that is gone (kill -9) is taken over.
 * @param waitMs how long to wait for whoever has it
 * @returns what lets go of it
 * @throws ClientError `state` when it is not free in time
 */
export async function lockFile(path: string, waitMs: number): Promise<() => void> {
  const lock = `${path}.lock`;
  const end = Date.now() + waitMs;
  makeDirectory(dirname(path));
  for (;;) {
    if (take(lock)) {
      return () => {
        held.delete(lock);
        rmSync(lock, { force: true });
      };
    }
    const holder = holderOf(lock);
    const isDead = holder !== undefined && !isAlive(holder, lock);
    if (isDead && breakLock(lock, holder)) continue;
    if (Date.now() > end)
      throw new ClientError('state', `${path} is in use by process ${holder}: wait for it, or use another --state`);
    await sleep(RETRY_MS);
  }
}

/**
 * By hand: `recursive` of Node.js 20 tries without end where the system makes no directories, as in /proc.
 * @throws ClientError `state`
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new ClientError('state', `the directory ${path} cannot be made (${code}): choose another --state`);
  }
}

function take(lock: string): boolean {
  let file: number;
  try {
    file = openSync(lock, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  held.add(lock);
  writeSync(file, String(process.pid));
  closeSync(file);
  return true;
}

/** @returns its process id, 0 for a dead one that never came to write it, undefined when there is no telling yet */
function holderOf(lock: string): number | undefined {
  try {
    const text = readFileSync(lock, 'utf8');
    if (text !== '') return Number(text);
    return Date.now() - statSync(lock).mtimeMs > WRITING_MS ? 0 : undefined;
  } catch {
    return undefined;
  }
}

/** Of several that find the same dead lock, one moves it away; should that be a living one by now, it is put back. */
function breakLock(lock: string, holder: number): boolean {
  const aside = `${lock}.old`;
  try {
    renameSync(lock, aside);
    // Object.is, since what is no number is NaN.
    const isIt = Object.is(Number(readFileSync(aside, 'utf8')), holder);
    if (!isIt) linkSync(aside, lock);
    return isIt;
  } catch {
    // Somebody else was quicker.
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive(pid: number, lock: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  // A process before us may have had our id.
  if (pid === process.pid) return held.has(lock);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
