import type { Argv } from 'yargs';
import { type OptionTable, readConfigFile } from '../config-file.ts';
import { SERVE_OPTIONS } from './serve-options.ts';

/** Gives a command its options, and `--config FILE`, which may hold any of them: the command line wins. */
export function configured(yargs: Argv, options: OptionTable): Argv {
  return yargs
    .options(options)
    .config('config', 'YAML file with options, by their long names; the command line wins over it', (path) => {
      try {
        return readConfigFile(path, SERVE_OPTIONS, options);
      } catch (error) {
        // Thrown, it would be told as "invalid JSON".
        return error as Error;
      }
    })
    .requiresArg('config');
}
