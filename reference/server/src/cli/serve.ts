import { isIP } from 'node:net';
import type { Argv, CommandModule } from 'yargs';
import { AccountTable, loadAccounts, StoredAccounts } from '../accounts.ts';
import { storeAdmin } from '../admin/account-admin.ts';
import { serveControl } from '../admin/control.ts';
import { forgetExpiredTokens } from '../admin/forget-tokens.ts';
import { certificateFacts, certificateSha256 } from '../certificate.ts';
import { CertificateKeeper } from '../certificate-keeper.ts';
import { chooseCertificate } from '../certificate-source.ts';
import { type Config, type RawOptions, readConfig } from '../config.ts';
import { makeDataDirectory } from '../data-directory.ts';
import { type Log, makeLog } from '../log.ts';
import { NodeServer } from '../node-server.ts';
import { NodeService } from '../service/node-service.ts';
import { type CallObserver, observeCalls } from '../service/observe.ts';
import { keptServerSetup } from '../service/opaque.ts';
import { openStore } from '../store/open-store.ts';
import { configured } from './configured.ts';
import { readLimits } from './limit-options.ts';
import { SERVE_OPTIONS } from './serve-options.ts';
import { stopOnSignals } from './stop.ts';

/** `reference-server [options]`: serves until it is told to stop. */
export const serveCommand: CommandModule = {
  command: '$0',
  describe: 'serve',
  builder: (yargs: Argv) =>
    configured(yargs, SERVE_OPTIONS)
      .example('$0 --open', 'try it out: everybody may call, nothing is kept')
      .example('$0 --data-dir ./data', 'a server that lasts: users register with a password')
      .example(
        '$0 --data-dir ./data --no-registration',
        'only those that "account add" let in, or that registered before',
      )
      .demandCommand(0, 0),
  handler: async (args) => {
    const config = readConfig(args as unknown as RawOptions);
    const limits = readLimits(args);
    const log = makeLog(config.log);
    const running = await start(config, limits, log);
    // Whoever reads the address may stop us at once.
    stopOnSignals(running.stop, log, config.stopsWithStdin);
    announce(running);
  },
};

/** A server that runs. */
interface Running {
  /** Where it listens, with the real port. */
  address: { host: string; port: number };
  /** Hex of the SHA-256 of its certificate. */
  sha256: string;
  metricsUrl: string | undefined;
  stop(): Promise<void>;
}

async function start(config: Config, limits: ReturnType<typeof readLimits>, log: Log): Promise<Running> {
  const fileAccounts = config.accountsFile === undefined ? new AccountTable() : loadAccounts(config.accountsFile);
  if (config.dataDir !== undefined) await makeDataDirectory(config.dataDir);
  const store = await openStore(config.store, { log });
  /** What ends all that has begun, in order. */
  const ends: (() => Promise<void> | void)[] = [() => store.close()];
  const stop = async (): Promise<void> => {
    for (const end of ends) await end();
  };
  try {
    const { certificate, paths, isOwn } = await chooseCertificate(config, log);
    const observers: CallObserver[] = [(method, code, seconds) => log.debug('call', { method, code, seconds })];
    const service = new NodeService({
      store,
      accounts: new StoredAccounts(fileAccounts, store),
      isOpen: config.isOpen,
      isLegacy: config.isLegacy,
      opaqueSetup: config.hasOpaque ? await keptServerSetup(store) : undefined,
      takesRegistrations: config.takesRegistrations,
      limits: limits.service,
      middleware: observeCalls((...call) => {
        for (const observe of observers) observe(...call);
      }),
    });
    const { host, port } = config;
    const server = await NodeServer.start({ host, port, certificate, service, store, log, limits: limits.node });
    // It closes the store.
    ends[0] = () => server.stop();
    ends.unshift(forgetExpiredTokens(store, log));
    if (config.store.kind === 'file') {
      // Whoever is revoked does not go on waiting.
      const admin = storeAdmin(store, { onRevoke: () => service.endWaits() });
      ends.unshift(await serveControl(config.store.directory, admin, log));
    }
    const apply = (next: typeof certificate): void => server.reloadCertificate(next);
    const keeper = new CertificateKeeper({ paths, certificate, isOwn, apply, log });
    keeper.start();
    process.on('SIGHUP', () => keeper.reload('SIGHUP'));
    ends.unshift(() => keeper.stop());
    // Loaded when it is wanted: a start is quicker without.
    const page =
      config.metrics &&
      (await (
        await import('./serve-metrics.ts')
      ).startMetrics(config.metrics, log, {
        connections: () => server.connections,
        sessions: () => server.sessions,
        waiters: () => service.waiters,
        certificateEndMs: () => certificateFacts(keeper.certificate.certPem).notAfterMs,
        stats: () => store.stats(),
      }));
    if (page) {
      observers.push(page.observe);
      ends.unshift(() => page.close());
    }
    const sha256 = certificateSha256(certificate.certPem);
    return { address: server.address, sha256, metricsUrl: page?.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What programs that start a server read from it. */
function announce({ address: { host, port }, sha256, metricsUrl }: Running): void {
  process.stdout.write(`listening on ${isIP(host) === 6 ? `[${host}]` : host}:${port}\n`);
  if (metricsUrl !== undefined) process.stdout.write(`metrics on ${metricsUrl}\n`);
  process.stdout.write(`certificate sha256 ${sha256}\n`);
}
