// npm run vectors:generate rewrites vectors/*.json; with --check it only compares, exit 1 on a difference.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envelopeFile } from './envelope.ts';
import { envelopeChangedFile } from './envelope-changed.ts';
import { errorsFile } from './errors.ts';
import { distinct, print, type VectorFile } from './file.ts';
import { HYBRID_FLAGS, hybridFile } from './hybrid.ts';
import { hybridChangedFile } from './hybrid-changed.ts';
import { identityFile } from './identity.ts';
import { keyScheduleFile } from './key-schedule.ts';
import { mlKemFile } from './ml-kem.ts';
import { rpcCallsChangedFile, rpcOthersChangedFile } from './rpc-changed.ts';
import { rpcFramesFile } from './rpc-frames.ts';
import { framingFile } from './rpc-framing-tables.ts';

let made: VectorFile[] | undefined;

/** Every file, made once: the same bytes in every run. */
export function vectorFiles(): VectorFile[] {
  made ??= distinct([
    envelopeFile(),
    envelopeChangedFile(),
    rpcFramesFile(),
    framingFile(),
    rpcCallsChangedFile(),
    rpcOthersChangedFile(),
    identityFile(),
    hybridFile(),
    hybridChangedFile(HYBRID_FLAGS),
    keyScheduleFile(),
    mlKemFile(),
    errorsFile(),
  ]);
  return made;
}

export const VECTORS_DIR: string = fileURLToPath(new URL('../../vectors', import.meta.url));

/** @returns the names of the files that are not as they would be made, or should not be there */
export function differences(directory: string = VECTORS_DIR): string[] {
  const printed = new Map(vectorFiles().map((file) => [`${file.name}.json`, print(file)]));
  const there = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  return [...new Set([...printed.keys(), ...there])].filter(
    (name) => !there.includes(name) || read(name) !== printed.get(name),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const different = differences();
    for (const name of different) console.error(`vectors/${name} is not what the generator makes`);
    if (different.length > 0) console.error('vectors: run `npm run vectors:generate` and commit the result.');
    else console.log('vectors: all as generated');
    process.exitCode = different.length > 0 ? 1 : 0;
  } else {
    mkdirSync(VECTORS_DIR, { recursive: true });
    for (const file of vectorFiles()) {
      writeFileSync(join(VECTORS_DIR, `${file.name}.json`), print(file));
      console.log(`vectors/${file.name}.json: ${file.groups.reduce((sum, { cases }) => sum + cases.length, 0)} cases`);
    }
  }
}
