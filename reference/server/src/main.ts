import { isIP } from 'node:net';
import { QuicError } from '@quicnprotochat/quic';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import packageJson from '../package.json' with { type: 'json' };
import { AccountsFileError, AccountTable, loadAccounts } from './accounts.ts';
import { type Certificate, certificateSha256, keptCertificate, makeCertificate } from './certificate.ts';
import { type Config, ConfigError, type RawOptions, readConfig } from './config.ts';
import { stderrLog } from './log.ts';
import { NodeServer } from './node-server.ts';
import { NodeService } from './service/node-service.ts';
import { fileStore } from './store/file-store.ts';
import { memoryStore } from './store/map-store.ts';
import { type Store, StoreError } from './store/store.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
/** After this a stop is not waited for any longer, in ms. */
const STOP_LIMIT_MS = 10_000;

function parseArguments(args: string[]): RawOptions {
  return yargs(args)
    .scriptName('reference-server')
    .usage('$0 [options]\n\nA quicnprotochat NodeService: Cap’n Proto RPC over QUIC.')
    .options({
      listen: {
        type: 'string',
        default: '0.0.0.0:7000',
        describe: 'HOST:PORT to listen on (UDP); port 0 takes a free one',
      },
      'data-dir': { type: 'string', describe: 'directory that keeps everything; without it all is lost at the end' },
      'tls-cert': {
        type: 'string',
        describe: 'certificate chain, PEM; by default one is made and kept in the data directory',
      },
      'tls-key': { type: 'string', describe: 'its private key, PEM' },
      accounts: { type: 'string', describe: 'JSON file: [{"name", "identityKey": 64 hex, "token": hex}, …]' },
      open: { type: 'boolean', default: false, describe: 'let in callers without a token (development only)' },
      legacy: {
        type: 'boolean',
        default: false,
        describe: 'also answer the interfaces of the first generation, without authentication',
      },
      'stop-with-stdin': {
        type: 'boolean',
        default: false,
        describe: 'stop when standard input closes, as a child process should',
      },
    })
    .example('$0 --open', 'try it out: everybody may call, nothing is kept')
    .example('$0 --data-dir ./data --accounts accounts.json', 'a server that lasts')
    .epilogue('Exit codes: 0 stopped, 1 failed, 2 wrong usage or configuration.')
    .version(packageJson.version)
    .strict()
    .demandCommand(0, 0)
    .wrap(110)
    .fail((message, error) => {
      throw error ?? new ConfigError(`${message.split('\n').join(' ')} (see --help)`);
    })
    .parseSync() as unknown as RawOptions;
}

async function certificateOf(config: Config): Promise<Certificate> {
  if (config.tls) return config.tls;
  const isWildcard = ['0.0.0.0', '::'].includes(config.host);
  const hosts = isWildcard ? [] : [config.host];
  return config.dataDir === undefined ? makeCertificate(hosts) : keptCertificate(config.dataDir, hosts);
}

async function start(config: Config): Promise<NodeServer> {
  const accounts = config.accountsFile === undefined ? new AccountTable() : loadAccounts(config.accountsFile);
  const store: Store = config.dataDir === undefined ? await memoryStore() : await fileStore(config.dataDir, stderrLog);
  try {
    const certificate = await certificateOf(config);
    const service = new NodeService({ store, accounts, isOpen: config.isOpen, isLegacy: config.isLegacy });
    const server = await NodeServer.start({
      host: config.host,
      port: config.port,
      certificate,
      service,
      store,
      log: stderrLog,
    });
    const { host, port } = server.address;
    process.stdout.write(`listening on ${isIP(host) === 6 ? `[${host}]` : host}:${port}\n`);
    process.stdout.write(`certificate sha256 ${certificateSha256(certificate.certPem)}\n`);
    return server;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function stopOnSignals(server: NodeServer, config: Config): void {
  let isStopping = false;
  const stop = (why: string): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(EXIT_FAILURE);
    isStopping = true;
    stderrLog.info(`stopping (${why}): answering what is in flight`);
    setTimeout(() => {
      stderrLog.error('stopping took too long');
      process.exit(EXIT_FAILURE);
    }, STOP_LIMIT_MS).unref();
    server.stop().then(
      () => process.exit(0),
      (error) => fail(error),
    );
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  if (config.stopsWithStdin) {
    process.stdin.on('end', () => stop('standard input closed'));
    process.stdin.on('close', () => !isStopping && stop('standard input closed'));
    process.stdin.resume();
  }
}

function fail(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  const isConfiguration =
    error instanceof ConfigError ||
    error instanceof AccountsFileError ||
    (error instanceof QuicError && error.code === 'CONFIGURATION');
  const known: Record<string, string> = {
    EADDRINUSE: 'that address is in use: choose another with --listen',
    EADDRNOTAVAIL: 'that address is not one of this machine: choose another with --listen',
    EACCES: `not allowed: ${message}`,
  };
  const isExpected =
    isConfiguration || error instanceof StoreError || error instanceof QuicError || (code && code in known);
  const text = (code && known[code]) ?? (isExpected || !(error instanceof Error) ? message : (error.stack ?? message));
  process.stderr.write(`reference-server: ${text}\n`);
  process.exit(isConfiguration ? EXIT_USAGE : EXIT_FAILURE);
}

try {
  const config = readConfig(parseArguments(hideBin(process.argv)));
  stopOnSignals(await start(config), config);
} catch (error) {
  fail(error);
}
