import { SuiteError } from '../errors.ts';
import type { ConformanceWorld } from '../world/world.ts';
import type { Finding } from './findings.ts';
import { packagesOf } from './findings.ts';
import type { Package, Role, Workspace } from './model.ts';
import { readWorkspace } from './workspace.ts';

/** Each is read once, for all scenarios. */
const read = new Map<string, Workspace>();

/** A scenario about the source code of a workspace. Each finding becomes a note of it: where, and what. */
export class LayeringScenario {
  readonly #world: ConformanceWorld;
  readonly #workspace: Workspace;

  private constructor(world: ConformanceWorld, workspace: Workspace) {
    this.#world = world;
    this.#workspace = workspace;
  }

  static of(world: unknown): LayeringScenario {
    const { target } = world as ConformanceWorld;
    if (target.workspace === undefined) throw new SuiteError('there is no workspace in this run');
    const workspace = read.get(target.workspace) ?? readWorkspace(target.workspace);
    read.set(target.workspace, workspace);
    return new LayeringScenario(world as ConformanceWorld, workspace);
  }

  /** Fails when there are findings in a package of these roles; skips the scenario when there is no such package. */
  eachOf(roles: readonly Role[], find: (workspace: Workspace, one: Package) => Finding[]): void {
    const packages = roles.flatMap((role) => packagesOf(this.#workspace, role));
    if (packages.length === 0) this.#world.skip(`there is no package ${roles.join(' or ')} in the workspace`);
    this.#judge(packages.flatMap((one) => find(this.#workspace, one)));
  }

  /** Of every package but the root, which holds the tools of the repository. */
  eachPackage(find: (workspace: Workspace, one: Package) => Finding[]): void {
    const packages = this.#workspace.packages.filter(({ folder }) => folder !== '');
    this.#judge(packages.flatMap((one) => find(this.#workspace, one)));
  }

  nowhere(find: (workspace: Workspace) => Finding[]): void {
    this.#judge(find(this.#workspace));
  }

  #judge(findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    for (const { file, line, text } of findings) this.#world.exchange.add(`${file}:${line}`, 'note', text);
    const places = findings.map(({ file, line, text }) => `${file}:${line}: ${text}`);
    throw new Error(places.join('\n'));
  }
}
