import yargs, { type Argv } from 'yargs';
import packageJson from '../package.json' with { type: 'json' };
import type { Command } from './commands/command.ts';
import { loadCommands } from './commands/index.ts';
import { Context, type GlobalOptions } from './context.ts';
import { ClientError, EXIT_CODES, EXIT_INTERRUPTED, toClientError } from './errors.ts';
import { Output } from './output.ts';

const ENV_PREFIX = 'QUICNPROTOCHAT';
/** How long what is under way may take to wind up after Ctrl-C, in ms. */
const WIND_UP_MS = 3_000;

const GLOBAL_OPTIONS = {
  server: { type: 'string', default: '127.0.0.1:7000', describe: 'HOST:PORT of the server (UDP)' },
  'ca-cert': { type: 'string', describe: 'certificate that the server’s must lead to, PEM or DER' },
  'server-name': { type: 'string', describe: 'name that its certificate must be for, when that is not the host' },
  pin: { type: 'string', describe: 'SHA-256 of the server’s certificate, 64 hex digits' },
  'known-hosts': {
    type: 'string',
    describe: 'file of certificates trusted on first use, used without --ca-cert and --pin',
    defaultDescription: '~/.config/quicnprotochat/known-hosts',
  },
  'access-token': {
    type: 'string',
    alias: 'auth-token',
    describe: 'bearer token: hex, or text; better by the environment or a file, where others do not see it',
  },
  'access-token-file': { type: 'string', describe: 'file that holds the token' },
  'device-id': { type: 'string', describe: 'name of this device, for tokens that are bound to one' },
  state: { type: 'string', default: 'quicnprotochat-state.bin', describe: 'file that keeps identity and group' },
  'state-password': {
    type: 'string',
    describe: 'passphrase that the state is encrypted with; better by the environment',
  },
  'timeout-ms': { type: 'number', default: 10_000, describe: 'how long a call is tried, over lost connections' },
  json: { type: 'boolean', default: false, describe: 'one JSON object a line instead of text' },
} as const;

const TEXT_OPTIONS: ReadonlySet<string> = new Set([
  '--msg',
  '--password',
  '--state-password',
  '--access-token',
  '--auth-token',
]);

const EXIT_TEXT =
  'Exit codes: 0 done · 1 failed · 2 wrong usage · 3 no connection · 4 refused by the server · 5 certificate not trusted · ' +
  '6 nothing there · 7 what came does not hold · 8 state file unusable · 130 interrupted.\n' +
  `Every option can come from the environment: ${ENV_PREFIX}_SERVER, ${ENV_PREFIX}_STATE, ${ENV_PREFIX}_ACCESS_TOKEN, ` +
  `${ENV_PREFIX}_STATE_PASSWORD, …`;

/** Streams other than the process's own, for tests. */
export interface Streams {
  out?: NodeJS.WritableStream;
  err?: NodeJS.WritableStream;
}

/**
 * Runs one command line.
 * @param args without node and script
 * @returns the exit code (spec: CLI-004); never rejects
 */
export async function main(
  args: readonly string[],
  streams: Streams = {},
  interrupt = new AbortController(),
): Promise<number> {
  const out = (streams.out ?? process.stdout) as typeof process.stdout;
  const err = (streams.err ?? process.stderr) as typeof process.stderr;
  let output = new Output(args.includes('--json'), out, err);
  let chosen: { command: Command; argv: Record<string, unknown> } | undefined;
  try {
    const text = await parse(args, (command, argv) => {
      chosen = { command, argv };
    });
    if (!chosen) {
      out.write(`${text}\n`);
      return 0;
    }
    const { command, argv } = chosen;
    const options = argv as unknown as GlobalOptions;
    output = new Output(options.json, out, err);
    if (!(options.timeoutMs > 0)) throw new ClientError('usage', '--timeout-ms is a number of milliseconds over 0');
    const context = new Context(options, output, interrupt.signal);
    try {
      await command.run(context, argv);
    } finally {
      await context.close();
    }
    return interrupt.signal.aborted ? EXIT_INTERRUPTED : 0;
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT_INTERRUPTED;
    // Whoever reads has gone away: there is nobody to tell.
    if ((error as NodeJS.ErrnoException)?.code === 'EPIPE') return EXIT_CODES.failed;
    const known = toClientError(error, chosen?.command.name.split(' ')[0] ?? 'quicnprotochat');
    output.error(known);
    return EXIT_CODES[known.kind];
  }
}

/** @returns the help or version asked for, when no command was chosen. @throws ClientError `usage` */
async function parse(
  args: readonly string[],
  choose: (command: Command, argv: Record<string, unknown>) => void,
): Promise<string> {
  const commands = await loadCommands(args);
  const parser = yargs()
    .scriptName('quicnprotochat')
    .usage('$0 COMMAND [options]\n\nEnd-to-end encrypted messages over a NodeService.')
    .parserConfiguration({ 'parse-positional-numbers': false, 'duplicate-arguments-array': false })
    .config(fromEnvironment(commands))
    .options(GLOBAL_OPTIONS)
    .group(Object.keys(GLOBAL_OPTIONS), 'Common options:')
    .epilogue(EXIT_TEXT)
    .version(packageJson.version)
    .strict()
    .demandCommand(1, 1, 'give a command')
    .wrap(110);
  for (const command of commands) {
    parser.command(
      command.name,
      command.describe,
      (builder) => {
        for (const [name, options] of Object.entries(command.positionals ?? {}))
          (builder as Argv).positional(name, options);
        return (builder as Argv)
          .options(command.options ?? {})
          .demandCommand(0, 0)
          .example(`$0 ${command.example[0]}`, command.example[1]);
      },
      (argv) => choose(command, argv),
    );
  }
  return new Promise((resolve, reject) => {
    parser.parse(boundTexts(args), {}, (error, _argv, text) => {
      if (error) reject(new ClientError('usage', `${error.message.split('\n').join(' ')} (see --help)`));
      else resolve(text);
    });
  });
}

/** Options that the environment gives; only those that mean something here, since an unknown one is an error. */
function fromEnvironment(commands: readonly Command[], env = process.env): Record<string, string> {
  const names = [GLOBAL_OPTIONS, ...commands.map(({ options = {} }) => options)].flatMap((options) =>
    Object.keys(options),
  );
  const given = names.flatMap((name) => {
    const value = env[`${ENV_PREFIX}_${name.toUpperCase().replaceAll('-', '_')}`];
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return Object.fromEntries(given);
}

/** Ties a text to its option, so that one that begins with a dash is no option itself. */
function boundTexts(args: readonly string[]): string[] {
  const bound: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const [arg, next] = [args[i] as string, args[i + 1]];
    if (TEXT_OPTIONS.has(arg) && next !== undefined) {
      bound.push(`${arg}=${next}`);
      i += 1;
    } else bound.push(arg);
  }
  return bound;
}

/** Ctrl-C lets what is under way wind up; a second one, or a wind-up that takes too long, ends the process. */
export function interruptOnSignals(interrupt: AbortController): void {
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interrupt.abort(new ClientError('failed', 'interrupted'));
    setTimeout(() => process.exit(EXIT_INTERRUPTED), WIND_UP_MS).unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
