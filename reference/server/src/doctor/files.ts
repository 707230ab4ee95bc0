import { constants, existsSync } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadAccounts } from '../accounts.ts';
import { certificateFacts, DAY_MS, namesMissing } from '../certificate.ts';
import { loadCertificate, pathsIn } from '../certificate-files.ts';
import { WARN_BEFORE_MS } from '../certificate-keeper.ts';
import { hostsOf } from '../certificate-source.ts';
import type { Config } from '../config.ts';
import { type Check, type Finding, of } from './check.ts';

const MIB = 1024 * 1024;
const LITTLE_SPACE = 1_024 * MIB;
const NO_SPACE = 64 * MIB;
/** File systems round times. */
const CLOCK_SLACK_MS = 5_000;

/** What is on the disk. */
export function fileChecks(now: number): Check[] {
  return [
    { subject: 'data directory', look: (config) => dataDirectory(config, now) },
    { subject: 'disk', look: disk },
    { subject: 'certificate', look: (config) => certificate(config, now) },
    { subject: 'accounts', look: accounts },
  ];
}

async function dataDirectory({ dataDir, store }: Config, now: number): Promise<Finding[]> {
  const { ok, warn, fail } = of('data directory');
  if (dataDir === undefined) {
    if (store.kind !== 'memory')
      return [
        warn('none: the certificate is another one at every start', 'give --data-dir DIR, or --tls-cert and --tls-key'),
      ];
    return [warn('none: all is lost when the server stops', 'give --data-dir DIR for a server that lasts')];
  }
  if (!existsSync(dataDir)) {
    const parent = existingParent(dataDir);
    const canMake = await may(parent, constants.W_OK | constants.X_OK);
    return [
      canMake
        ? ok(`${dataDir} is made on the first start`)
        : fail(`${dataDir} is missing, and ${parent} is not writable`, `make it for the user of the server`),
    ];
  }
  const { mode } = await stat(dataDir);
  if (!(await may(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)))
    return [
      fail(`${dataDir} is not writable for this user`, 'run this as the user of the server, or chown the directory'),
    ];
  const findings = [
    (mode & 0o077) === 0
      ? ok(`${dataDir}, for its owner alone`)
      : warn(`others may look into ${dataDir}`, `chmod 700 ${dataDir}`),
  ];
  for (const name of await readdir(dataDir)) {
    const { mtimeMs } = await stat(join(dataDir, name));
    if (mtimeMs <= now + CLOCK_SLACK_MS) continue;
    findings.push(warn(`${name} was written in the future`, 'the clock went back, or is wrong: check it'));
    break;
  }
  return findings;
}

async function disk({ dataDir, store }: Config): Promise<Finding[]> {
  if (dataDir === undefined || store.kind === 'memory' || store.kind === 'postgres') return [];
  const { ok, warn, fail } = of('disk');
  const { bavail, bsize } = await statfs(existingParent(dataDir));
  const free = bavail * bsize;
  const text = `${Math.round(free / MIB)} MiB free`;
  if (free < NO_SPACE) return [fail(text, 'make room: without it nothing can be enqueued')];
  return [free < LITTLE_SPACE ? warn(text, 'make room before it runs out') : ok(text)];
}

async function certificate(config: Config, now: number): Promise<Finding[]> {
  const { ok, warn, fail } = of('certificate');
  const { tls, dataDir } = config;
  if (!tls && (dataDir === undefined || !existsSync(pathsIn(dataDir).cert))) return [ok('one is made at the start')];
  const paths = tls ?? pathsIn(dataDir as string);
  const facts = certificateFacts(loadCertificate(paths).certPem);
  const end = new Date(facts.notAfterMs).toISOString().slice(0, 10);
  const left = facts.notAfterMs - now;
  const renew = tls ? 'put the next one into its files' : 'reference-server cert renew';
  const findings: Finding[] = [];
  if (left <= 0) findings.push(fail(`it ended on ${end}`, renew));
  else if (left <= WARN_BEFORE_MS)
    findings.push(warn(`it ends in ${Math.floor(left / DAY_MS)} days, on ${end}`, renew));
  else findings.push(ok(`sha256 ${facts.sha256}, until ${end}`));
  if (facts.notBeforeMs > now) findings.push(fail('it is not valid yet', 'check the clock'));
  const missing = namesMissing(facts, hostsOf(config));
  if (missing.length > 0)
    findings.push(
      warn(`it is not for ${missing.join(', ')}`, tls ? 'get one that is' : `${renew} --hostname ${missing[0]}`),
    );
  const { mode } = await stat(paths.key);
  if ((mode & 0o077) !== 0)
    findings.push(fail(`others may read ${paths.key}`, `chmod 600 ${paths.key}; then: reference-server cert rotate`));
  return findings;
}

async function accounts({ accountsFile, isOpen, host }: Config): Promise<Finding[]> {
  const { ok, warn } = of('accounts');
  const findings: Finding[] = [];
  if (isOpen)
    findings.push(
      warn(
        'everybody is let in (--open)',
        `for development only${host === '127.0.0.1' ? '' : ': listen on 127.0.0.1'}`,
      ),
    );
  if (accountsFile === undefined) return findings;
  loadAccounts(accountsFile);
  const { mode } = await stat(accountsFile);
  findings.push(
    (mode & 0o077) === 0
      ? ok(`${accountsFile} is readable, for its owner alone`)
      : warn(`others may read the tokens in ${accountsFile}`, `chmod 600 ${accountsFile}`),
  );
  return findings;
}

function existingParent(path: string): string {
  let at = resolve(path);
  while (!existsSync(at)) at = dirname(at);
  return at;
}

const may = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
