import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { program } from './program.js';

/**
 * Runs `src/main.ts` of the package whose `bin/` the caller is in.
 * @param {string} caller its import.meta.url
 */
export async function launch(caller) {
  const directory = dirname(dirname(fileURLToPath(caller)));
  // Coverage is of the sources, which run as they are then.
  const file = process.env.NODE_V8_COVERAGE ? undefined : await program(directory);
  if (file !== undefined) return void (await import(file));
  const { register } = await import('tsx/esm/api');
  register();
  await import(pathToFileURL(join(directory, 'src/main.ts')).href);
}
