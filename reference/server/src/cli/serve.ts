import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Argv, CommandModule } from 'yargs';
import { AccountTable, loadAccounts } from '../accounts.ts';
import { type Certificate, certificateSha256, keptCertificate, makeCertificate } from '../certificate.ts';
import { type Config, type RawOptions, readConfig } from '../config.ts';
import { stderrLog } from '../log.ts';
import { NodeServer } from '../node-server.ts';
import { NodeService } from '../service/node-service.ts';
import { openStore } from '../store/open-store.ts';
import { EXIT_FAILURE, fail } from './failure.ts';
import { SERVE_OPTIONS } from './serve-options.ts';

/** After this a stop is not waited for any longer, in ms. */
const STOP_LIMIT_MS = 10_000;

/** `reference-server [options]`: serves until it is told to stop. */
export const serveCommand: CommandModule = {
  command: '$0',
  describe: 'serve',
  builder: (yargs: Argv) =>
    yargs
      .options(SERVE_OPTIONS)
      .example('$0 --open', 'try it out: everybody may call, nothing is kept')
      .example('$0 --data-dir ./data --accounts accounts.json', 'a server that lasts')
      .demandCommand(0, 0),
  handler: async (args) => {
    const config = readConfig(args as unknown as RawOptions);
    const { server, certificate } = await start(config);
    // Whoever reads the address may stop us at once.
    stopOnSignals(server, config);
    const { host, port } = server.address;
    process.stdout.write(`listening on ${isIP(host) === 6 ? `[${host}]` : host}:${port}\n`);
    process.stdout.write(`certificate sha256 ${certificateSha256(certificate.certPem)}\n`);
  },
};

async function start(config: Config): Promise<{ server: NodeServer; certificate: Certificate }> {
  const accounts = config.accountsFile === undefined ? new AccountTable() : loadAccounts(config.accountsFile);
  if (config.dataDir !== undefined) await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore(config.store, { log: stderrLog });
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
    return { server, certificate };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function certificateOf(config: Config): Promise<Certificate> {
  if (config.tls) return config.tls;
  const isWildcard = ['0.0.0.0', '::'].includes(config.host);
  const hosts = isWildcard ? [] : [config.host];
  return config.dataDir === undefined ? makeCertificate(hosts) : keptCertificate(config.dataDir, hosts);
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
