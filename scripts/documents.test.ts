import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

// What the documents lead to is there: files, headings, commands and their options.

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = readdirSync(ROOT, { withFileTypes: true })
  .filter(({ name }) => !/^(?:\.|node_modules|coverage|reports)/.test(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(ROOT, entry.name), { recursive: true, encoding: 'utf8' }).map((name) => join(entry.name, name))
      : [entry.name],
  )
  .filter((path) => path.endsWith('.md') && !/\b(?:node_modules|vendor|target)\//.test(path));
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Everything in the documents that matches, with where it is; at least ten, else the pattern has become wrong. */
function found(pattern: RegExp, documents = DOCUMENTS): { document: string; match: RegExpExecArray }[] {
  const all = documents.flatMap((document) =>
    [...textOf(document).replaceAll('\\\n', ' ').matchAll(pattern)].map((match) => ({ document, match })),
  );
  assert.ok(all.length >= 10, `${pattern} finds ${all.length} places in the documents`);
  return all;
}

/** GitHub's anchors of the headings of a text. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

test('every link inside the repository leads somewhere', () => {
  const dead: string[] = [];
  for (const { document, match } of found(/\]\(([^()\s]+)\)/g)) {
    const [, target = ''] = match;
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : relative(ROOT, join(ROOT, dirname(document), path));
    const isThere = existsSync(join(ROOT, file));
    const isHeading = anchor === undefined || (isThere && anchorsOf(textOf(file)).includes(anchor));
    if (!isThere || !isHeading) dead.push(`${document}: ${target}`);
  }
  assert.deepEqual(dead, []);
});

test('every file that is named with its folder is there', () => {
  const current = DOCUMENTS.filter((path) => !/CHANGELOG|future-improvements/.test(path));
  const named = /`((?:reference|harness|docs|spec|scripts|interop|bench|vectors|docker)\/[\w./-]+\.\w+)`/g;
  const missing = found(named, current)
    .filter(({ match }) => !existsSync(join(ROOT, match[1] as string)))
    .map(({ document, match }) => `${document}: ${match[1]}`);
  assert.deepEqual(missing, []);
});

test('every script that is named is one of package.json', () => {
  const scripts = new Set(
    ['package.json', 'reference/server/package.json'].flatMap((path) => Object.keys(JSON.parse(textOf(path)).scripts)),
  );
  const unknown = found(/npm run (?:-s )?([a-z][\w:-]*)/g)
    .filter(({ match }) => !scripts.has(match[1] as string))
    .map(({ document, match }) => `${document}: npm run ${match[1]}`);
  assert.deepEqual(unknown, []);
});

/** Commands by their names in the documents, and what their help is asked of. */
const COMMANDS: Record<string, string[]> = {
  conformance: ['harness/bin/conformance.js', '--help'],
  'reference-server': ['reference/server/bin/reference-server.js', '--help'],
  'reference-server migrate': ['reference/server/bin/reference-server.js', 'migrate', '--help'],
  'reference-server cert': ['reference/server/bin/reference-server.js', 'cert', 'renew', '--help'],
  'reference-server account': ['reference/server/bin/reference-server.js', 'account', 'add', '--help'],
};

test('every option that follows a command is one of its own', () => {
  const helps = new Map(
    Object.entries(COMMANDS).map(([name, args]) => [
      name,
      execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }),
    ]),
  );
  const unknown: string[] = [];
  const calls = /(?:npm run conformance --|npx reference-server(?: [a-z]+)?)(?= )[^\n`#|]*/g;
  for (const {
    document,
    match: [line],
  } of found(calls)) {
    const name = /^npx (reference-server(?: (?:migrate|cert|account))?)/.exec(line)?.[1] ?? 'conformance';
    const help = helps.get(name) as string;
    // What stands in quotes is another command's.
    const options = line.replace(/'[^']*'/g, '').matchAll(/ (--[a-z][a-z-]+)/g);
    for (const [, option = ''] of options)
      if (!help.includes(option) && !/^--(?:no|all)/.test(option)) unknown.push(`${document}: ${line}`);
  }
  assert.deepEqual(unknown, []);
});

test('there are documents to look at', () => {
  assert.ok(DOCUMENTS.length > 30 && DOCUMENTS.every((path) => statSync(join(ROOT, path)).size > 0));
});
