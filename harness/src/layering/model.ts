/** What a package of the system is for, by the end of its name: `quicnprotochat-core`, `@quicnprotochat/core`. */
export const ROLES = ['proto', 'core', 'rpc', 'quic', 'server', 'client', 'p2p', 'gui', 'harness'] as const;
export type Role = (typeof ROLES)[number];

/** A line of a file; the path is from the root of the workspace, with `/`. */
export interface Place {
  file: string;
  line: number;
}

/**
 * Something that a package uses. `what` is, in npm, `MODULE#NAME` (`node:net#createServer`, `#*` for all of it, `yargs#` where
 * a manifest declares it), in Cargo a path (`tokio::net::TcpStream`, `clap` where a manifest declares it); `syntax:async` and
 * the like stand for words of the language, `global:fetch#` for what needs no import.
 */
export interface Use extends Place {
  what: string;
  /** The package of the workspace that it belongs to. */
  member?: string | undefined;
  /** In a test, a benchmark, an example, a build script, or declared for development alone. */
  isTest: boolean;
  isDeclared: boolean;
  isGenerated: boolean;
}

/** A way into a package of the workspace that is none of its doors, or a door for tests. */
interface Reach extends Place {
  /** Name of the package, or of the root. */
  into: string;
  /** As it is written. */
  path: string;
  isTest: boolean;
  isTestDoor: boolean;
}

export interface Package {
  name: string;
  role: Role | undefined;
  /** From the root of the workspace, with `/`; empty: the root itself. */
  folder: string;
  uses: Use[];
  reaches: Reach[];
  /** Imports that no manifest declares. */
  undeclared: Use[];
}

export interface Workspace {
  kind: 'npm' | 'Cargo';
  packages: Package[];
}

/** The last word of a name, and what comes before it. */
const split = (name: string): [string, string] => {
  const [, before = '', last = ''] = /^(.*?)([^-_/]*)$/s.exec(name) ?? [];
  return [before.replaceAll('_', '-'), last.toLowerCase()];
};

/**
 * The role of each name. Names of the system begin alike: of those that end in a role's name, the beginning that most of them
 * share is the system's; `http-client` beside `quicnprotochat-client` is a package like any other.
 */
export function rolesOf(names: readonly string[]): Map<string, Role> {
  const byPrefix = new Map<string, Map<string, Role>>();
  for (const name of names) {
    const [prefix, last] = split(name);
    const role = ROLES.find((known) => known === last);
    if (role) byPrefix.set(prefix, (byPrefix.get(prefix) ?? new Map()).set(name, role));
  }
  return [...byPrefix.values()].toSorted((a, b) => b.size - a.size)[0] ?? new Map();
}
