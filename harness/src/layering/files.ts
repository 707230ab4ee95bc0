import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';

/** What nobody wrote, or what is built. */
const LEFT_OUT = new Set(['node_modules', 'target', 'dist', 'build', 'coverage', 'reports']);

/** Every file below a folder that is somebody's source, as paths with `/`; hidden folders and built ones are left out. */
export function sourceFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) found.push(path);
      else if (entry.isDirectory() && !entry.name.startsWith('.') && !LEFT_OUT.has(entry.name)) walk(path);
    }
  };
  walk('');
  return found.sort();
}

/** Whether a path is one of tests, benchmarks or examples, by its folders and its name. */
export const isTestPath = (path: string): boolean =>
  /(?:^|\/)(?:tests?|__tests__|e2e|bench(?:es|marks?)?|examples?|fixtures)\//.test(path) ||
  /[._-](?:test|spec|bench)\.\w+$/.test(path) ||
  /(?:^|\/)(?:tests|[^/]*\.config)\.\w+$/.test(path);

/** The folder among these that a file lies in; the deepest one. */
export const folderOf = (file: string, folders: Iterable<string>): string | undefined => {
  let found: string | undefined;
  for (const folder of folders)
    if (folder === '' || file === folder || file.startsWith(`${folder}/`))
      if (found === undefined || folder.length > found.length) found = folder;
  return found;
};

/** Turns a glob of members (`packages/*`, `reference/**`) into a pattern of folders. */
export function memberPattern(glob: string): RegExp {
  const parts = glob.replace(/^\.\//, '').replace(/\/+$/, '').split('/');
  const pattern = parts
    .map((part) =>
      part === '**'
        ? '.*'
        : part
            .replace(/[.+^${}()|[\]\\]/g, '\\$&')
            .replaceAll('*', '[^/]*')
            .replaceAll('?', '[^/]'),
    )
    .join('/');
  return new RegExp(`^${pattern}$`);
}

/** The line, from 1, of the first place where a pattern is found after another; 1 when nowhere. */
export function lineOf(text: string, pattern: RegExp, after?: RegExp): number {
  const from = after ? Math.max(text.search(after), 0) : 0;
  const at = text.slice(from).search(pattern);
  return at < 0 ? 1 : text.slice(0, from + at).split('\n').length;
}

/** @throws UsageError for a manifest that cannot be read */
export function readManifest<T>(root: string, path: string, parse: (text: string) => T): { text: string; value: T } {
  try {
    const text = readFileSync(join(root, path), 'utf8');
    return { text, value: parse(text) };
  } catch (error) {
    // What a parser shows of the text, and where, comes on further lines.
    const { message, line } = error as Error & { line?: number };
    const at = line === undefined ? '' : `:${line}`;
    throw new UsageError(`${join(root, path)}${at}: ${message.split('\n')[0]}`);
  }
}

export const quotePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
