import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { readCargoWorkspace } from './cargo-workspace.ts';
import type { Workspace } from './model.ts';
import { readNpmWorkspace } from './npm-workspace.ts';

/**
 * Reads the workspace in a folder: of Cargo where there is a Cargo.toml with a `[workspace]`, else of npm.
 * @throws UsageError when there is none, when it cannot be read, or when no package of it has a role
 */
export function readWorkspace(root: string): Workspace {
  if (!existsSync(root) || !statSync(root).isDirectory()) throw new UsageError(`${root} is not a folder`);
  const has = (name: string): boolean => existsSync(join(root, name));
  if (!has('Cargo.toml') && !has('package.json'))
    throw new UsageError(`${root} has neither a Cargo.toml nor a package.json: name the root of a workspace`);
  // A Cargo workspace may have a package.json for its tools.
  const workspace = has('Cargo.toml') ? readCargoWorkspace(root) : readNpmWorkspace(root);
  if (workspace.packages.every(({ role }) => role === undefined))
    throw new UsageError(
      `no package of ${root} has a name that ends in -proto, -core, -rpc, -quic, -server, -client, -p2p or -gui`,
    );
  return workspace;
}
