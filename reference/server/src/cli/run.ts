import yargs from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { ConfigError } from '../config-error.ts';
import { suggestion } from '../config-file.ts';
import { accountCommand } from './account.ts';
import { certCommand } from './cert.ts';
import { doctorCommand } from './doctor.ts';
import { fail } from './failure.ts';
import { migrateCommand } from './migrate.ts';
import { serveCommand } from './serve.ts';
import { SERVE_OPTIONS } from './serve-options.ts';

/** The commands, a file each in this folder. */
const COMMANDS = [serveCommand, accountCommand, certCommand, doctorCommand, migrateCommand];

/** Commands with a name; without one it serves. */
const OTHERS = COMMANDS.filter((command) => command !== serveCommand).map(
  ({ command }) => String(command).split(' ')[0],
);

/** What yargs says, with what was meant. */
function understandable(message: string, args: readonly string[]): string {
  const [, option] = /^Unknown arguments?: ([\w-]+)/.exec(message) ?? [];
  const isServe = !OTHERS.includes(args[0] ?? '');
  if (isServe && option !== undefined) return `${message}${suggestion(option, Object.keys(SERVE_OPTIONS)) ?? ''}`;
  if (isServe && /^Too many non-option arguments/.test(message))
    return `there is no such command: there are ${OTHERS.join(', ')}`;
  return message;
}

/** Runs a command line. What fails ends the process with a line on standard error and exit code 1 or 2. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await COMMANDS.reduce((parser, command) => parser.command(command), yargs([...args]))
      .scriptName('reference-server')
      .usage('$0 [command] [options]\n\nA quicnprotochat NodeService: Cap’n Proto RPC over QUIC.')
      .epilogue('Exit codes: 0 done or stopped, 1 failed, 2 wrong usage or configuration.')
      .version(packageJson.version)
      .strict()
      .wrap(110)
      .fail((message, error) => {
        // Those of yargs itself are usage faults too.
        throw error && error.name !== 'YError'
          ? error
          : new ConfigError(`${understandable(message.split('\n').join(' '), args)} (see --help)`);
      })
      .parseAsync();
  } catch (error) {
    fail(error);
  }
}
