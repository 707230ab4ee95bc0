import type { Options, PositionalOptions } from 'yargs';
import type { Context } from '../context.ts';

/** Values of a command's own options, by their camel-case name. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One subcommand: what its help says, and what it does. */
export interface Command {
  /** With positional arguments, as yargs writes them: `fetch-key [identityKey]`. */
  name: string;
  describe: string;
  options?: Readonly<Record<string, Options>>;
  positionals?: Readonly<Record<string, PositionalOptions>>;
  /** Command line without the program, and what it is for. */
  example: readonly [string, string];
  /** @throws ClientError and whatever else; the caller makes an exit code of it */
  run(context: Context, args: Arguments): Promise<void>;
}
