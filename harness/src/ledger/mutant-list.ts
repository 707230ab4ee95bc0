import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SuiteError } from '../errors.ts';
import { ROOT } from '../plan/features.ts';
import { EVIDENCE } from './evidence.ts';

/** Runs the mutants; asked with a line `list`, it answers with a line of JSON that names them all. */
const HOST = join(ROOT, 'harness/mutants/src/host.ts');

interface Listed {
  id: string;
  requirement: string;
  what: string;
}

/** @returns the mutants that there are, by id; undefined when there are none to ask for. @throws SuiteError */
export async function listMutants(host: string = HOST): Promise<Listed[] | undefined> {
  if (!existsSync(host)) return undefined;
  const child = spawn(process.execPath, ['--import', 'tsx', host], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    // One line is the answer; then it is not needed any more.
    if (output.includes('\n')) child.stdin.end();
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.write('list\n');
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    const { mutants } = JSON.parse(output) as { mutants: Listed[] };
    return mutants
      .map(({ id, requirement, what }) => ({ id, requirement, what }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  } catch {
    throw new SuiteError(`${relative(ROOT, host)} does not list its mutants: ${errors.trim() || output.slice(0, 200)}`);
  }
}

const textOf = (mutants: readonly Listed[]): string => `${JSON.stringify({ mutants }, null, 2)}\n`;

/** The catalogue that reports read must be that of the mutants. @returns a line when it is not */
export function checkCatalogue(mutants: readonly Listed[], path: string = EVIDENCE.mutants): string[] {
  const isSame = existsSync(path) && readFileSync(path, 'utf8') === textOf(mutants);
  return isSame ? [] : [`${relative(ROOT, path)} is not the list of the mutants: npm run ledger -- --write makes it`];
}

export const writeCatalogue = (mutants: readonly Listed[], path: string = EVIDENCE.mutants): void =>
  writeFileSync(path, textOf(mutants));
