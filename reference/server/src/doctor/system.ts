import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { type Check, type Finding, of } from './check.ts';

const MIB = 1024 * 1024;
/** Less than this is tight for a node with some hundred connections. */
const MEMORY_WANTED = 512 * MIB;
const OPEN_FILES_WANTED = 1_024;
/** Receive buffer that the socket asks for; what does not fit is lost under load. */
const UDP_BUFFER = 4 * MIB;
/** A clock before this is wrong. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** What the checks ask of the machine; a parameter for the sake of the tests. */
export interface Machine {
  /** For example `20.19.0`. */
  nodeVersion: string;
  memoryBytes: number;
  now: number;
  /** User id; undefined where there are none. */
  uid: number | undefined;
  /** The text of a file of /proc; undefined where there is none. */
  proc(path: string): string | undefined;
}

export const thisMachine = (): Machine => ({
  nodeVersion: process.versions.node,
  memoryBytes: totalmem(),
  now: Date.now(),
  uid: process.getuid?.(),
  proc: (path) => {
    try {
      return readFileSync(`/proc/${path}`, 'utf8');
    } catch {
      return undefined;
    }
  },
});

/** The machine and the process, whatever the configuration says. */
export function systemChecks(machine: Machine): Check[] {
  const { nodeVersion, memoryBytes, now, uid } = machine;
  return [
    { subject: 'Node.js', look: () => [nodeFinding(nodeVersion)] },
    {
      subject: 'QUIC library',
      look: async () => {
        await import('@quicnprotochat/quic');
        return [of('QUIC library').ok('it loads on this machine')];
      },
    },
    {
      subject: 'clock',
      look: () => {
        const { ok, fail } = of('clock');
        const time = new Date(now).toISOString();
        return [
          now < EARLIEST ? fail(`it says ${time}`, 'set the clock: certificates and tokens depend on it') : ok(time),
        ];
      },
    },
    {
      subject: 'memory',
      look: () => {
        const { ok, warn } = of('memory');
        const text = `${Math.round(memoryBytes / MIB)} MiB`;
        return [
          memoryBytes < MEMORY_WANTED
            ? warn(text, 'expect trouble with many connections; 512 MiB is little')
            : ok(text),
        ];
      },
    },
    {
      subject: 'user',
      look: () => {
        const { ok, warn } = of('user');
        return [uid === 0 ? warn('root', 'run the server as a user of its own: it needs no rights') : ok('not root')];
      },
    },
    { subject: 'open files', look: () => openFiles(machine) },
    { subject: 'UDP buffers', look: () => udpBuffers(machine) },
  ];
}

function nodeFinding(version: string): Finding {
  const { ok, fail } = of('Node.js');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > 20 || (major === 20 && minor >= 19);
  return isEnough ? ok(version) : fail(version, 'install Node.js 20.19 or newer');
}

function openFiles({ proc }: Machine): Finding[] {
  const { ok, warn } = of('open files');
  const soft = /^Max open files\s+(\S+)/m.exec(proc('self/limits') ?? '')?.[1];
  if (soft === undefined) return [];
  const isEnough = soft === 'unlimited' || Number(soft) >= OPEN_FILES_WANTED;
  return [
    isEnough
      ? ok(`${soft} allowed`)
      : warn(`${soft} allowed`, 'raise it: ulimit -n 4096, or LimitNOFILE=4096 in the unit'),
  ];
}

function udpBuffers({ proc }: Machine): Finding[] {
  const { ok, warn } = of('UDP buffers');
  return ['rmem_max', 'wmem_max'].flatMap((name) => {
    const bytes = proc(`sys/net/core/${name}`)?.trim();
    if (bytes === undefined) return [];
    const text = `net.core.${name} is ${bytes}`;
    return [
      Number(bytes) < UDP_BUFFER
        ? warn(text, `packets get lost under load: sysctl -w net.core.${name}=${UDP_BUFFER}`)
        : ok(text),
    ];
  });
}
