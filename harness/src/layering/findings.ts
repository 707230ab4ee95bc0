import { type Capability, isUseOf, showUse } from './capabilities.ts';
import type { Package, Place, Role, Use, Workspace } from './model.ts';

/** Something in a workspace that a rule forbids. */
export interface Finding extends Place {
  text: string;
}

/** The packages of a role; of all roles but one where they are asked for so. */
export const packagesOf = ({ packages }: Workspace, role: Role): Package[] =>
  packages.filter((one) => one.role === role);

/** A package that another one is built from, and what leads there. */
interface Reached {
  by: Package;
  to: Package;
  use: Use;
  /** Names on the way, first to last. */
  way: string[];
}

/**
 * What a package is built from: dependencies of the workspace, and those of packages without a role on the way, since a helper
 * in between changes nothing. Tests do not count. A package that has a role answers for itself.
 */
function reachedFrom(workspace: Workspace, from: Package): Reached[] {
  const byName = new Map(workspace.packages.map((one) => [one.name, one]));
  const reached: Reached[] = [];
  const seen = new Set<Package>([from]);
  const todo: { one: Package; way: string[] }[] = [{ one: from, way: [from.name] }];
  for (const { one, way } of todo) {
    for (const use of one.uses) {
      const to = use.member === undefined || use.isTest ? undefined : byName.get(use.member);
      if (!to || to === one) continue;
      reached.push({ by: one, to, use, way: [...way, to.name] });
      if (to.role === undefined && !seen.has(to)) {
        seen.add(to);
        todo.push({ one: to, way: [...way, to.name] });
      }
    }
  }
  return reached;
}

/** Dependencies of a package, with those through helpers, on packages of these roles. */
export function dependenciesOn(workspace: Workspace, from: Package, forbidden: (role: Role) => boolean): Finding[] {
  return unique(
    reachedFrom(workspace, from)
      .filter(({ to }) => to !== from && to.role !== undefined && forbidden(to.role))
      .map(({ use, way, to }) => {
        const detour = way.length > 2 ? ` (${way.join(' → ')})` : '';
        const verb = use.isDeclared ? 'declares' : 'imports';
        return { file: use.file, line: use.line, text: `${from.name} depends on ${to.name}: ${verb} it${detour}` };
      }),
  );
}

/** What of one kind a package uses, itself or through helpers without a role. */
export function usesOf(workspace: Workspace, from: Package, capability: Capability): Finding[] {
  const helpers = reachedFrom(workspace, from).flatMap(({ to }) => (to.role === undefined ? [to] : []));
  return unique(
    [from, ...new Set(helpers)].flatMap((one) =>
      one.uses
        .filter((use) => !use.isTest && isUseOf(workspace.kind, capability, use))
        .map((use) => {
          const through = one === from ? '' : `, on which ${from.name} depends,`;
          return { file: use.file, line: use.line, text: `${one.name}${through} ${showUse(use)}` };
        }),
    ),
  );
}

/** Ways into other packages that are none of their doors. */
export const reachesPast = ({ packages }: Workspace): Finding[] =>
  unique(
    packages.flatMap(({ name, reaches }) =>
      reaches
        .filter(({ isTestDoor }) => !isTestDoor)
        .map(({ file, line, into, path }) => ({
          file,
          line,
          text: `${name} reaches past the door of ${into}: ${path}`,
        })),
    ),
  );

/** Doors for tests that what is shipped goes through; the suite tests, and the root's own scripts are tools. */
export const testDoorsUsed = ({ packages }: Workspace): Finding[] =>
  unique(
    packages
      .filter(({ role, folder }) => role !== 'harness' && folder !== '')
      .flatMap(({ name, reaches }) =>
        reaches
          .filter(({ isTestDoor, isTest }) => isTestDoor && !isTest)
          .map(({ file, line, path }) => ({ file, line, text: `${name} goes through a door for tests: ${path}` })),
      ),
  );

/** Files of the server that a package takes, or a package that is called the server's store. */
export function serverStorageOf(workspace: Workspace, from: Package): Finding[] {
  const servers = packagesOf(workspace, 'server').map(({ name }) => name);
  const files = from.reaches
    .filter(({ into, isTest }) => servers.includes(into) && !isTest)
    .map(({ file, line, path }) => ({ file, line, text: `${from.name} takes a file of the server: ${path}` }));
  const stores = reachedFrom(workspace, from)
    .filter(({ to }) => /server[-_](?:stor|persist|data|db)/i.test(to.name))
    .map(({ to, use }) => ({ file: use.file, line: use.line, text: `${from.name} depends on ${to.name}` }));
  return unique([...files, ...stores]);
}

export const undeclaredImports = ({ packages }: Workspace): Finding[] =>
  unique(
    packages.flatMap(({ name, undeclared }) =>
      undeclared.map((use) => ({
        file: use.file,
        line: use.line,
        text: `${name} ${showUse(use)}, and its manifest does not declare it`,
      })),
    ),
  );

/** One a line and text, in the order of files. */
function unique(findings: Finding[]): Finding[] {
  const byKey = new Map(findings.map((finding) => [`${finding.file}:${finding.line}:${finding.text}`, finding]));
  return [...byKey.values()].toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
