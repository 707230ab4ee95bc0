import { randomInt } from 'node:crypto';
import yargs from 'yargs';
import { UsageError } from '../errors.ts';
import { type Options, readOptions } from '../options/options.ts';
import { REGRESSIONS } from './regressions.ts';

/** The command line of `npm run fuzz`, checked. */
export interface FuzzOptions {
  target: Options;
  seed: number;
  path: string | undefined;
  property: string | undefined;
  /** For all properties together, in ms. */
  timeMs: number | undefined;
  isSave: boolean;
  /** The folder of the counterexamples that each run begins with, and that `--save` adds to. */
  regressions: string;
}

/** @throws UsageError · undefined after help */
export function readFuzzOptions(args: readonly string[]): FuzzOptions | undefined {
  let shown: string | undefined;
  const given = yargs(args as string[])
    .scriptName('npm run fuzz --')
    .usage('$0 [options]\n\nLooks for inputs with which a NodeService breaks a property; by default an embedded one.')
    .options({
      target: {
        type: 'string',
        describe: 'HOST:PORT of the server under test (UDP); with commas, several of one service',
      },
      accounts: { type: 'string', describe: 'JSON file of accounts, as npm run conformance takes it' },
      open: { type: 'boolean', default: false, describe: 'the target takes calls without a token' },
      'tls-ca': { type: 'string', describe: 'PEM file: the certificate must chain up to it' },
      pin: { type: 'string', array: true, default: [], describe: 'SHA-256 of the certificate (DER), 64 hex digits' },
      insecure: { type: 'boolean', default: false, describe: 'do not check the certificate' },
      limits: { type: 'string', describe: 'JSON file of the target’s own limits' },
      timeout: { type: 'string', default: '10s', describe: 'how long one answer may take' },
      seed: { type: 'number', describe: 'of the inputs; by default a new one, which is printed' },
      path: { type: 'string', describe: 'of a counterexample that was found with that seed: it alone runs' },
      property: { type: 'string', describe: 'only this one' },
      minutes: { type: 'number', describe: 'how long to look; by default some hundred inputs a property' },
      regressions: {
        type: 'string',
        default: REGRESSIONS,
        defaultDescription: 'vectors/regressions',
        describe: 'folder of counterexamples: each run begins with them',
      },
      save: { type: 'boolean', default: false, describe: 'add a counterexample to them' },
    })
    .requiresArg([
      'target',
      'accounts',
      'tls-ca',
      'pin',
      'limits',
      'timeout',
      'seed',
      'path',
      'property',
      'minutes',
      'regressions',
    ])
    .epilogue(
      'Exit codes: 0 nothing found, 1 a counterexample, 2 wrong usage, 3 target unreachable, 4 the suite broke.',
    )
    .strict()
    .demandCommand(0, 0)
    .version(false)
    .wrap(110)
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(`${message ?? error.message} (see --help)`);
    })
    .parseSync(args as string[], {}, (_error, _argv, output) => {
      shown = output;
    });
  if (shown) {
    console.log(shown);
    return undefined;
  }
  const {
    seed,
    path,
    property,
    minutes,
    save,
    regressions,
    target,
    accounts,
    open,
    tlsCa,
    pin,
    insecure,
    limits,
    timeout,
  } = given;
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw new UsageError('--seed is not a whole number');
  if (minutes !== undefined && !(minutes > 0)) throw new UsageError('--minutes is not a number above 0');
  if (path !== undefined && (seed === undefined || property === undefined))
    throw new UsageError('--path needs the --seed and the --property that it was found with');
  const rest = { profile: [], requirement: [], report: [], list: false, strict: false };
  return {
    target: readOptions({ ...rest, target, accounts, open, tlsCa, pin, insecure, limits, timeout }),
    seed: seed ?? randomInt(2 ** 31),
    path,
    property,
    timeMs: minutes === undefined ? undefined : minutes * 60_000,
    isSave: save,
    regressions,
  };
}
