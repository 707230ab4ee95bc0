import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { UsageError } from '../errors.ts';
import { folderOf, isTestPath, lineOf, memberPattern, quotePattern, readManifest, sourceFiles } from './files.ts';
import { type Package, rolesOf, type Workspace } from './model.ts';
import { readScript, type Said } from './script-source.ts';

interface Manifest {
  name?: string;
  workspaces?: string[] | { packages?: string[] };
  exports?: unknown;
  main?: string;
  bin?: string | Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

interface Member {
  folder: string;
  manifest: Manifest;
  text: string;
}

const SCRIPT = /\.[cm]?[jt]sx?$/;
/** Kinds of dependencies, and whether they are for development alone. */
const KINDS = [
  ['dependencies', false],
  ['peerDependencies', false],
  ['optionalDependencies', false],
  ['devDependencies', true],
] as const;

/** Reads a workspace of npm, pnpm or yarn. @throws UsageError */
export function readNpmWorkspace(root: string): Workspace {
  const files = sourceFiles(root);
  const read = (folder: string): Member => {
    const path = posix.join(folder, 'package.json');
    const { text, value } = readManifest(root, path, (json) => JSON.parse(json) as Manifest);
    return { folder, manifest: value, text };
  };
  const rootMember = read('');
  const wanted = memberGlobs(root, rootMember.manifest);
  const folders = files
    .filter((file) => file.endsWith('/package.json'))
    .map((file) => posix.dirname(file))
    .filter((folder) => isMember(folder, wanted));
  const members = [rootMember, ...folders.map(read)];
  const byFolder = new Map(members.map((member) => [member.folder, member]));
  const names = members.slice(1).map(({ manifest, folder }) => manifest.name ?? folder);
  const roles = rolesOf(names);
  const known = new Map(members.slice(1).map((member, i) => [names[i] as string, member]));

  const packages = members.map(({ folder, manifest, text }, i): Package => {
    const name = i === 0 ? (manifest.name ?? 'the root') : (names[i - 1] as string);
    const one: Package = {
      name,
      role: i === 0 ? undefined : roles.get(name),
      folder,
      uses: [],
      reaches: [],
      undeclared: [],
    };
    const file = posix.join(folder, 'package.json');
    for (const [kind, isTest] of KINDS)
      for (const dependency of Object.keys(manifest[kind] ?? {})) {
        const line = lineOf(text, new RegExp(`"${quotePattern(dependency)}"\\s*:`), new RegExp(`"${kind}"`));
        const member = known.has(dependency) ? dependency : undefined;
        one.uses.push({ what: `${dependency}#`, member, file, line, isTest, isDeclared: true, isGenerated: false });
      }
    return one;
  });

  for (const file of files.filter((name) => SCRIPT.test(name))) {
    const folder = folderOf(file, byFolder.keys()) ?? '';
    const index = members.findIndex((member) => member.folder === folder);
    const text = readFileSync(join(root, file), 'utf8');
    const at = { file, isTest: isTestPath(file.slice(folder.length)), isGenerated: isGenerated(file, text) };
    for (const said of readScript(file, text)) take(said, at, packages[index] as Package, members[index] as Member);
  }
  return { kind: 'npm', packages };

  function take(
    { what, line }: Said,
    at: { file: string; isTest: boolean; isGenerated: boolean },
    one: Package,
    self: Member,
  ): void {
    const specifier = what.split('#')[0] as string;
    if (specifier.startsWith('.')) {
      const path = posix.join(posix.dirname(at.file), specifier);
      const into = folderOf(path, byFolder.keys()) ?? '';
      if (into === one.folder) return;
      const target = byFolder.get(into) as Member;
      const name = into === '' ? 'the root' : (target.manifest.name ?? into);
      const member = known.has(name) ? name : undefined;
      one.uses.push({ ...at, line, what: `${name}#${what.split('#')[1] ?? ''}`, member, isDeclared: false });
      if (!isDoorFile(target, posix.relative(into, path)))
        one.reaches.push({ file: at.file, line, isTest: at.isTest, into: name, path: specifier, isTestDoor: false });
      return;
    }
    const module = moduleOf(specifier);
    const target = module === one.name ? undefined : known.get(module);
    const use = { ...at, what, line, member: target && module, isDeclared: false };
    one.uses.push(use);
    if (target) {
      const door = `.${specifier.slice(module.length)}`;
      const reach = { file: at.file, line, isTest: at.isTest, into: module, path: specifier };
      if (!isDoor(target.manifest, door)) one.reaches.push({ ...reach, isTestDoor: false });
      else if (/test/i.test(door)) one.reaches.push({ ...reach, isTestDoor: true });
    }
    const isPackage = module !== '' && module !== self.manifest.name && !/^(?:node:|global:|syntax:|#)/.test(specifier);
    const isKnown = one.undeclared.some((other) => other.file === at.file && other.what.split('#')[0] === specifier);
    if (
      isPackage &&
      !isKnown &&
      one.folder !== '' &&
      !at.file.includes('/vendor/') &&
      !isDeclaredIn(self.manifest, module, at.isTest)
    )
      one.undeclared.push(use);
  }

  /** For tests, what the root declares for development is there as well. */
  function isDeclaredIn(manifest: Manifest, module: string, isTest: boolean): boolean {
    const has = ({ dependencies, devDependencies, peerDependencies, optionalDependencies }: Manifest): boolean => {
      const shipped = [dependencies, peerDependencies, optionalDependencies];
      return [...shipped, ...(isTest ? [devDependencies] : [])].some((list) =>
        [module, `@types/${module.replace(/^@/, '').replace('/', '__')}`].some((name) => list?.[name] !== undefined),
      );
    };
    return has(manifest) || (isTest && has(rootMember.manifest));
  }
}

const isMember = (folder: string, globs: readonly string[]): boolean =>
  globs.reduce(
    (is, glob) =>
      glob.startsWith('!') ? is && !memberPattern(glob.slice(1)).test(folder) : is || memberPattern(glob).test(folder),
    false,
  );

/** @throws UsageError where there is no workspace */
function memberGlobs(root: string, { workspaces }: Manifest): string[] {
  const globs = Array.isArray(workspaces) ? workspaces : workspaces?.packages;
  if (globs && globs.length > 0) return globs;
  const pnpm = join(root, 'pnpm-workspace.yaml');
  const listed = existsSync(pnpm)
    ? (parseYaml(readFileSync(pnpm, 'utf8')) as { packages?: string[] } | null)
    : undefined;
  if (listed?.packages && listed.packages.length > 0) return listed.packages;
  throw new UsageError(
    `${join(root, 'package.json')} lists no workspaces: there is nothing to hold against each other`,
  );
}

/** The name of the package that a specifier is of. */
function moduleOf(specifier: string): string {
  if (/^(?:node:|global:|syntax:)/.test(specifier) || builtinModules.includes(specifier)) return '';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What the generators write says so on top, or lies in a folder of that name. */
const isGenerated = (file: string, text: string): boolean =>
  /(?:^|\/)generated\//.test(file) || /@generated|automatically generated|DO NOT EDIT/i.test(text.slice(0, 400));

/** Whether `exports` has a way in, `.` or `./testing`; without `exports` the package itself is the only door. */
function isDoor({ exports }: Manifest, door: string): boolean {
  if (door === './package.json') return true;
  const isMap = typeof exports === 'object' && exports !== null && !Array.isArray(exports);
  const keys = isMap ? Object.keys(exports).filter((key) => key.startsWith('.')) : [];
  if (keys.length === 0) return door === '.';
  return keys.some((key) => memberPattern(key.replaceAll('*', '**')).test(door) || key === door);
}

/** Whether a file of a package is one of its doors, or a program of its. */
function isDoorFile({ manifest: { exports, main, bin } }: Member, file: string): boolean {
  const files: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') files.push(posix.normalize(value));
    else if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one);
  };
  collect([exports, main, bin]);
  return file === '' || files.includes(posix.normalize(file));
}
