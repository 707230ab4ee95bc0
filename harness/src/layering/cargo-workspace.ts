import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parse } from 'smol-toml';
import { UsageError } from '../errors.ts';
import { folderOf, isTestPath, lineOf, memberPattern, quotePattern, readManifest, sourceFiles } from './files.ts';
import { type Package, rolesOf, type Use, type Workspace } from './model.ts';
import { readRust } from './rust-source.ts';

type Dependency = string | { package?: string; path?: string; workspace?: boolean; features?: string[] };
type Dependencies = Record<string, Dependency>;

interface Tables {
  dependencies?: Dependencies;
  'dev-dependencies'?: Dependencies;
  'build-dependencies'?: Dependencies;
}

interface Manifest extends Tables {
  package?: { name?: string; build?: string };
  workspace?: { members?: string[]; exclude?: string[]; dependencies?: Dependencies };
  target?: Record<string, Tables>;
}

interface Crate {
  folder: string;
  name: string;
  manifest: Manifest;
  text: string;
  /** Names in the code of what its manifest declares, by the name of the package. */
  renamed: Map<string, string>;
}

/** Reads a Cargo workspace: its members, and what lies below its folders and depends on them by path. @throws UsageError */
export function readCargoWorkspace(root: string): Workspace {
  const files = sourceFiles(root);
  const read = (folder: string): { manifest: Manifest; text: string } => {
    const path = posix.join(folder, 'Cargo.toml');
    const { text, value } = readManifest(root, path, (toml) => parse(toml) as Manifest);
    return { manifest: value, text };
  };
  const { manifest: rootManifest } = read('');
  if (!rootManifest.workspace)
    throw new UsageError(`${join(root, 'Cargo.toml')} has no [workspace]: there is nothing to hold against each other`);
  const { members = [], exclude = [], dependencies: inherited = {} } = rootManifest.workspace;
  const matches = (globs: readonly string[], folder: string): boolean =>
    globs.some((glob) => memberPattern(glob).test(folder));
  const folders = files
    .filter((file) => file.endsWith('/Cargo.toml'))
    .map((file) => posix.dirname(file))
    .filter((folder) => matches(members, folder) && !matches(exclude, folder));
  if (rootManifest.package) folders.unshift('');
  // A dependency by path is a member as well.
  for (const folder of folders)
    for (const path of pathsOf(read(folder).manifest, inherited)) {
      const other = posix.normalize(posix.join(path.isInherited ? '' : folder, path.path));
      if (!other.startsWith('..') && !folders.includes(other) && existsSync(join(root, other, 'Cargo.toml')))
        folders.push(other);
    }

  const crates = folders.map((folder): Crate => {
    const { manifest, text } = read(folder);
    return { folder, name: manifest.package?.name ?? (folder || 'the root'), manifest, text, renamed: new Map() };
  });
  const roles = rolesOf(crates.map(({ name }) => name));
  const byCodeName = new Map(crates.map(({ name }) => [name.replaceAll('-', '_'), name]));
  const packages = crates.map((crate): Package => {
    const { name, folder } = crate;
    return { name, role: roles.get(name), folder, uses: declared(crate, inherited), reaches: [], undeclared: [] };
  });

  const sources = files
    .filter((file) => file.endsWith('.rs'))
    .map((file) => ({ file, source: readRust(readFileSync(join(root, file), 'utf8')) }));
  const testFiles = new Set(
    sources.flatMap(({ file, source }) => source.testModules.flatMap((name) => moduleFiles(file, name))),
  );
  const isTestFile = (file: string): boolean =>
    [...testFiles].some((path) => file === path || (path.endsWith('/') && file.startsWith(path)));
  for (const { file, source } of sources) {
    const folder = folderOf(
      file,
      crates.map((crate) => crate.folder),
    );
    if (folder === undefined) continue;
    const index = crates.findIndex((crate) => crate.folder === folder);
    const one = packages[index] as Package;
    const { manifest, renamed } = crates[index] as Crate;
    const inside = file.slice(folder === '' ? 0 : folder.length + 1);
    const isOutside = inside === (manifest.package?.build ?? 'build.rs') || isTestPath(inside) || isTestFile(file);
    const isGenerated = /(?:^|\/)generated\//.test(inside) || /_capnp\.rs$/.test(inside);
    for (const { what, line, isTest } of source.said) {
      const [first = '', ...rest] = what.split('::');
      const crateName = renamed.get(first) ?? first;
      const member = byCodeName.get(crateName);
      const path = [crateName, ...rest].join('::');
      const isOwn = member === one.name ? undefined : member;
      one.uses.push({
        what: path,
        member: isOwn,
        file,
        line,
        isTest: isTest || isOutside,
        isDeclared: false,
        isGenerated,
      });
    }
    for (const { path, line, isTest } of source.files) {
      const target = posix.normalize(posix.join(posix.dirname(file), path));
      const into = folderOf(
        target,
        crates.map((crate) => crate.folder).filter((other) => other !== ''),
      );
      if (path.startsWith('/') || target.startsWith('..') || into === undefined || into === folder) continue;
      const name = (crates.find((crate) => crate.folder === into) as Crate).name;
      one.reaches.push({ file, line, isTest: isTest || isOutside, into: name, path, isTestDoor: false });
    }
  }
  return { kind: 'Cargo', packages };
}

const TABLES = [
  ['dependencies', false],
  ['dev-dependencies', true],
  ['build-dependencies', true],
] as const;

/** Every table of dependencies, those of targets too. */
const tablesOf = ({ target = {}, ...own }: Manifest): { list: Dependencies; kind: string; isTest: boolean }[] =>
  [own, ...Object.values(target)].flatMap((tables: Tables) =>
    TABLES.flatMap(([kind, isTest]) => (tables[kind] ? [{ list: tables[kind], kind, isTest }] : [])),
  );

/** What a manifest declares, as uses: the crate, and its features (`tokio::net`). */
function declared({ folder, manifest, text, renamed }: Crate, inherited: Dependencies): Use[] {
  const uses: Use[] = [];
  const file = posix.join(folder, 'Cargo.toml');
  for (const { list, kind, isTest } of tablesOf(manifest))
    for (const [key, own] of Object.entries(list)) {
      const { name, features } = resolved(key, own, inherited);
      const codeName = name.replaceAll('-', '_');
      renamed.set(key.replaceAll('-', '_'), codeName);
      const named = quotePattern(key);
      const line = lineOf(
        text,
        new RegExp(`^\\s*"?${named}"?\\s*(?:=|\\.)|dependencies\\.${named}\\]`, 'm'),
        new RegExp(`^\\[.*${kind}`, 'm'),
      );
      const at = { file, line, isTest, isDeclared: true, isGenerated: false };
      for (const what of [name, ...features.map((feature) => `${codeName}::${feature}`)])
        uses.push({ ...at, what, member: what === name ? name : undefined });
    }
  return uses;
}

function resolved(key: string, own: Dependency, inherited: Dependencies): { name: string; features: string[] } {
  const layers = [own, typeof own === 'object' && own.workspace ? inherited[key] : undefined].filter(
    (layer) => typeof layer === 'object',
  );
  return {
    name: layers.map((layer) => layer.package).find((name) => name !== undefined) ?? key,
    features: layers.flatMap(({ features = [] }) => features),
  };
}

function pathsOf(manifest: Manifest, inherited: Dependencies): { path: string; isInherited: boolean }[] {
  return tablesOf(manifest).flatMap(({ list }) =>
    Object.entries(list).flatMap(([key, own]) => {
      const isInherited = typeof own === 'object' && own.workspace === true;
      const layer = isInherited ? inherited[key] : own;
      return typeof layer === 'object' && layer.path !== undefined ? [{ path: layer.path, isInherited }] : [];
    }),
  );
}

/** Where the module of that name, declared in this file, may be; the last is the folder of those below it. */
function moduleFiles(file: string, name: string): string[] {
  const stem = posix.basename(file, '.rs');
  const folder = ['mod', 'lib', 'main'].includes(stem) ? posix.dirname(file) : posix.join(posix.dirname(file), stem);
  return [`${posix.join(folder, name)}.rs`, `${posix.join(folder, name)}/`];
}
