import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { readKey } from '../config.ts';
import { ConfigError } from '../config-error.ts';
import { makeLog } from '../log.ts';
import { type Copied, copyStore, isEmpty } from '../store/copy-store.ts';
import { discardStore } from '../store/discard-store.ts';
import { openStore, parseStoreSpec, type StoreSpec } from '../store/open-store.ts';
import { type Store, StoreError } from '../store/store.ts';

/** As a shell says that a command was interrupted. */
const EXIT_INTERRUPTED = 130;
/** Between lines of progress, in ms: on a terminal, and in a file. */
const TERMINAL_MS = 100;
const FILE_MS = 5_000;

interface MigrateArguments {
  from: string;
  to: string;
  fromKeyFile?: string;
  toKeyFile?: string;
}

/** `reference-server migrate FROM TO`. */
export const migrateCommand: CommandModule = {
  command: 'migrate <from> <to>',
  describe: 'copy everything from one store into another one, which is empty',
  builder: (yargs: Argv) =>
    yargs
      .positional('from', { type: 'string', describe: 'file:DIR, sqlite:FILE or postgres://…, which no server uses' })
      .positional('to', { type: 'string', describe: 'the same; made when there is none' })
      .options({
        'from-key-file': {
          type: 'string',
          describe: 'file with the key of FROM, when it is an encrypted SQLite store',
        },
        'to-key-file': { type: 'string', describe: 'file with the key that is to encrypt TO, a SQLite store' },
      })
      .example('$0 migrate file:./data sqlite:./data/store.db', 'then serve with --store sqlite:./data/store.db')
      .epilogue(
        'FROM is left as it is. When the copy fails, or is interrupted, TO is emptied again. The certificate is not in ' +
          'the store: keep --data-dir.\n\nExit codes: 0 copied, 1 failed, 2 wrong usage, 130 interrupted.',
      ),
  handler: (args) => migrate(args as unknown as MigrateArguments),
};

async function migrate(args: MigrateArguments): Promise<void> {
  if (args.from === args.to) throw new ConfigError('FROM and TO are the same store');
  const from = specOf('FROM', args.from, args.fromKeyFile);
  const to = specOf('TO', args.to, args.toKeyFile);
  await requireThere(from);
  const interrupted = new AbortController();
  const interrupt = (): void => {
    // Whoever asks twice does not want to wait.
    if (interrupted.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interrupted.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const copied = await copyBetween(from, to, interrupted.signal);
    process.stdout.write(`copied ${summary(copied)}\n`);
  } catch (error) {
    if (error !== interrupted.signal.reason) throw error;
    process.stderr.write('reference-server: interrupted; TO is empty again\n');
    process.exitCode = EXIT_INTERRUPTED;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** @throws StoreError; the reason of the signal */
async function copyBetween(from: StoreSpec, to: StoreSpec, signal: AbortSignal): Promise<Copied> {
  const log = makeLog({ format: 'pretty', level: 'warn' });
  const source = await openStore(from, { log });
  try {
    const target = await openStore(to, { log });
    if (!(await isEmpty(target))) {
      await target.close();
      throw new StoreError('TO is not empty: nothing was copied; give a store that is');
    }
    try {
      const copied = await copyStore(source, target, { progress: await progressOf(source), signal });
      // What was loaded lasts only now.
      await target.close();
      return copied;
    } catch (error) {
      await target.close().catch(() => {});
      await discardStore(to);
      throw error;
    }
  } finally {
    await source.close();
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}

/** Says now and then how much is copied. */
async function progressOf(source: Store): Promise<(copied: Copied) => void> {
  const { messages, keyPackages, hybridKeys, endpoints, channels, users, tokens } = await source.stats();
  const total = messages + keyPackages + hybridKeys + endpoints + channels + users + tokens;
  const { isTTY } = process.stderr;
  let next = Date.now() + (isTTY ? 0 : FILE_MS);
  return ({ queue: _queues, setting: _settings, ...counted }) => {
    if (Date.now() < next) return;
    next = Date.now() + (isTTY ? TERMINAL_MS : FILE_MS);
    const done = Object.values(counted).reduce((sum, count) => sum + count, 0);
    const text = `copied ${done} of ${total}`;
    process.stderr.write(isTTY ? `\r${text}` : `${text}\n`);
  };
}

const summary = (copied: Copied): string =>
  [
    `${copied.delivery} messages in ${copied.queue} queues`,
    `${copied.keyPackage} KeyPackages`,
    `${copied.hybridKey} hybrid keys`,
    `${copied.endpoint} endpoints`,
    `${copied.channel} channels`,
    `${copied.user} users`,
    `${copied.token} tokens`,
  ].join(', ');

/** @throws ConfigError */
function specOf(what: string, text: string, keyFile: string | undefined): StoreSpec {
  const spec = parseStoreSpec(text, what);
  if (spec.kind === 'memory') throw new ConfigError(`${what} is memory, which ends with this command`);
  if (keyFile === undefined) return spec;
  if (spec.kind !== 'sqlite') throw new ConfigError(`${what} has no key: only a SQLite store has one`);
  return { ...spec, key: readKey(`--${what.toLowerCase()}-key-file`, keyFile) };
}

/** Opening would make it. @throws ConfigError */
async function requireThere(spec: StoreSpec): Promise<void> {
  const path =
    spec.kind === 'file' ? join(spec.directory, 'deliveries.bin') : spec.kind === 'sqlite' ? spec.path : undefined;
  if (path === undefined) return;
  await access(path).catch(({ code }) => {
    throw new ConfigError(`there is no store at FROM: ${path} cannot be read (${code})`);
  });
}
