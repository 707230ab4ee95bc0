import type { Argv, CommandModule } from 'yargs';
import { CertificateError, certificateFacts, DAY_MS } from '../certificate.ts';
import {
  type CertificatePaths,
  loadCertificate,
  pathsIn,
  renewCertificate,
  rotateCertificate,
} from '../certificate-files.ts';
import { type CertificateArguments, certificateSource, type StoreArguments, storePlace } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { CERTIFICATE_OPTIONS } from './certificate-options.ts';
import { configured } from './configured.ts';
import { STORE_OPTIONS } from './store-options.ts';

type CertArguments = StoreArguments & CertificateArguments & { json?: boolean };

const OPTIONS = { ...STORE_OPTIONS, ...CERTIFICATE_OPTIONS };

const showCommand: CommandModule = {
  command: 'show',
  describe: 'print its fingerprints, names and end, and check that the key belongs to it',
  builder: (yargs: Argv) =>
    configured(yargs, OPTIONS).option('json', { type: 'boolean', default: false, describe: 'print JSON' }),
  handler: (args) => show(args as unknown as CertArguments),
};

const renewCommand: CommandModule = {
  command: 'renew',
  describe: 'make a new certificate for the same key and names, and those of --hostname; pins of the key stay good',
  builder: (yargs: Argv) => configured(yargs, OPTIONS),
  handler: (args) => replace(args as unknown as CertArguments, renewCertificate),
};

const rotateCommand: CommandModule = {
  command: 'rotate',
  describe: 'make a new key as well: when the old one may be known to others; every pin has to change',
  builder: (yargs: Argv) => configured(yargs, OPTIONS),
  handler: (args) => replace(args as unknown as CertArguments, rotateCertificate),
};

/** `reference-server cert show|renew|rotate`. */
export const certCommand: CommandModule = {
  command: 'cert',
  describe: 'show, renew or rotate the certificate',
  builder: (yargs: Argv) =>
    [showCommand, renewCommand, rotateCommand]
      .reduce((parser, command) => parser.command(command), yargs)
      .demandCommand(1, 1, 'which of show, renew and rotate?')
      .example('$0 cert show --data-dir ./data', 'what clients have to pin')
      .example('$0 cert renew --data-dir ./data', 'before it ends, once a year')
      .epilogue('A server that runs takes the new files by itself within seconds, and loses no connection.'),
  handler: () => {},
};

function show(args: CertArguments): void {
  const paths = givenPaths(args) ?? pathsIn(dataDirOf(args));
  const { certPem } = loadCertificate(paths);
  const facts = certificateFacts(certPem);
  const { notBeforeMs, notAfterMs, ...rest } = facts;
  const [notBefore, notAfter] = [new Date(notBeforeMs).toISOString(), new Date(notAfterMs).toISOString()];
  if (args.json) {
    print(JSON.stringify({ certificate: paths.cert, key: paths.key, ...rest, notBefore, notAfter }, undefined, 2));
    return;
  }
  const days = Math.floor((notAfterMs - Date.now()) / DAY_MS);
  print(`certificate sha256 ${facts.sha256}`);
  print(`public key sha256 ${facts.keySha256}`);
  print(`names ${facts.names.join(', ')}`);
  print(`issuer ${facts.isSelfSigned ? 'itself' : facts.issuer}`);
  print(`valid from ${notBefore} to ${notAfter} (${days < 0 ? 'it has ended' : `${days} days left`})`);
  print(`key ${facts.keyType}`);
  print(`files ${paths.cert}, ${paths.key}`);
}

async function replace(
  args: CertArguments,
  make: (directory: string, hosts: readonly string[]) => Promise<void>,
): Promise<void> {
  if (givenPaths(args))
    throw new ConfigError('--tls-cert and --tls-key are not made here: put the next certificate into these files');
  const dataDir = dataDirOf(args);
  await make(dataDir, args.hostname ?? []);
  show({ ...args, json: false });
}

function givenPaths(args: CertArguments): CertificatePaths | undefined {
  return certificateSource(args).tls;
}

function dataDirOf(args: CertArguments): string {
  const { dataDir } = storePlace(args);
  if (dataDir === undefined)
    throw new CertificateError('which certificate? Give --data-dir DIR, or --tls-cert FILE and --tls-key FILE');
  return dataDir;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
