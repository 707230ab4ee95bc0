import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import type { Config } from '../config.ts';
import { silentLog } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import { openStore, type StoreSpec } from '../store/open-store.ts';
import { type Check, type Finding, of } from './check.ts';

/** Whether the server could start: its store and its addresses. */
export const SERVICE_CHECKS: readonly Check[] = [
  { subject: 'store', look: ({ store }) => storeFindings(store) },
  { subject: 'address', look: address },
  { subject: 'metrics', look: metrics },
];

async function storeFindings(spec: StoreSpec): Promise<Finding[]> {
  const { ok } = of('store');
  if (spec.kind === 'memory') return [ok('in memory')];
  const path = spec.kind === 'file' ? spec.directory : spec.kind === 'sqlite' ? spec.path : undefined;
  if (path !== undefined && !existsSync(path)) return [ok(`${spec.kind}: made on the first start`)];
  const opened = await open(spec);
  if ('holder' in opened) return [ok(`${spec.kind}: in use by process ${opened.holder}, a server that runs`)];
  try {
    const { messages, queues, users, tokens } = await opened.store.stats();
    return [ok(`${spec.kind}: opens; ${messages} messages in ${queues} queues, ${users} users, ${tokens} tokens`)];
  } finally {
    await opened.store.close();
  }
}

async function open(spec: StoreSpec): Promise<{ store: Awaited<ReturnType<typeof openStore>> } | { holder: string }> {
  try {
    return { store: await openStore(spec, { log: silentLog }) };
  } catch (error) {
    const holder = /in use by process (\d+)/.exec((error as Error).message)?.[1];
    if (holder === undefined) throw error;
    return { holder };
  }
}

async function address({ host, port }: Config): Promise<Finding[]> {
  const { ok, warn, fail } = of('address');
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const code = await tried((done, failed) => {
    socket.once('error', failed);
    socket.bind({ port, address: host, exclusive: true }, done);
  });
  socket.close();
  const at = `UDP ${host} port ${port}`;
  if (code === undefined) return [ok(`${at} is free`)];
  if (code === 'EADDRINUSE')
    return [warn(`${at} is in use`, 'right if the server runs; else stop who has it, or choose another --listen')];
  return [fail(`${at} cannot be had (${code})`, 'choose another --listen')];
}

async function metrics({ metrics: page }: Config): Promise<Finding[]> {
  if (!page) return [];
  const { ok, warn, fail } = of('metrics');
  const at = `${page.host} port ${page.port}`;
  const findings: Finding[] = [];
  if (!isLoopback(page.host))
    findings.push(
      warn(`${at} may be reached from elsewhere`, 'they have no access control: use 127.0.0.1, or a firewall'),
    );
  const server = createServer();
  const code = await tried((done, failed) => {
    server.once('error', failed);
    server.listen(page.port, page.host, done);
  });
  if (code === undefined) server.close();
  if (code === undefined) findings.push(ok(`TCP ${at} is free`));
  else if (code === 'EADDRINUSE')
    findings.push(warn(`TCP ${at} is in use`, 'right if the server runs; else choose another --metrics'));
  else findings.push(fail(`TCP ${at} cannot be had (${code})`, 'choose another --metrics'));
  return findings;
}

/** @returns the system's code of what failed, if it did */
function tried(begin: (done: () => void, failed: (error: Error) => void) => void): Promise<string | undefined> {
  return new Promise((resolve) =>
    begin(
      () => resolve(undefined),
      (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message),
    ),
  );
}
