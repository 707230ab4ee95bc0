import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { SuiteError } from '../../errors.ts';
import { ROOT } from '../../plan/features.ts';
import type { Edit, OtherClient } from './catalog.ts';

/** CommonJS among the dependencies asks for what Node.js brings along. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/**
 * Makes a program of the reference client and a few edits: a client as any other, which the suite only knows as a command.
 * @param outfile in a folder from where the packages of the workspace are found
 * @throws SuiteError when an edit finds no place any more, or what it makes is no program
 */
export async function buildClient({ id, edits }: OtherClient, outfile: string): Promise<void> {
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: ['reference/client/src/main.ts'],
      outfile,
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', banner: { js: REQUIRE } },
      // It looks for its binary beside itself.
      external: ['@matrixai/quic'],
      plugins: [planted(edits)],
      logLevel: 'silent',
    });
  } catch (error) {
    throw new SuiteError(`${id} cannot be made: ${error instanceof Error ? error.message : error}`);
  }
}

/** The edited sources by their paths. @throws Error when an edit finds no place any more, or several */
export function editedSources(edits: readonly Edit[]): Map<string, string> {
  const byPath = new Map<string, Edit[]>();
  for (const edit of edits) {
    const path = resolve(ROOT, edit.file);
    byPath.set(path, [...(byPath.get(path) ?? []), edit]);
  }
  return new Map([...byPath].map(([path, own]) => [path, editedSource(path, own)]));
}

function planted(edits: readonly Edit[]): Plugin {
  const sources = editedSources(edits);
  return {
    name: 'edits',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = sources.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
}

function editedSource(path: string, edits: readonly Edit[]): string {
  let source = readFileSync(path, 'utf8');
  for (const { file, find, replace } of edits) {
    if (source.split(find).length !== 2) throw new Error(`${file} holds this not once: ${find}`);
    source = source.replace(find, () => replace);
  }
  return source;
}
