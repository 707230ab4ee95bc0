import { randomInt } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { type Flags, readCommandLine } from '../options/command-line.ts';
import { type Options, readOptions } from '../options/options.ts';
import { REGRESSIONS } from './regressions.ts';

const FLAGS = {
  target: {
    type: 'string',
    describe: 'HOST:PORT of the server under test (UDP); with commas, several of one service',
  },
  accounts: { type: 'string', describe: 'JSON file of accounts, as npm run conformance takes it' },
  open: { type: 'boolean', default: false, describe: 'the target takes calls without a token' },
  'tls-ca': { type: 'string', describe: 'PEM file: the certificate must chain up to it' },
  pin: { type: 'string', array: true, describe: 'SHA-256 of the certificate (DER), 64 hex digits' },
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
} as const satisfies Flags;

const EPILOGUE =
  'Exit codes: 0 nothing found, 1 a counterexample, 2 wrong usage, 3 target unreachable, 4 the suite broke.';

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
  const given = readCommandLine(args, {
    name: 'npm run fuzz --',
    usage: '$0 [options]\n\nLooks for inputs with which a NodeService breaks a property; by default an embedded one.',
    flags: FLAGS,
    epilogue: EPILOGUE,
  })?.given;
  if (given === undefined) return undefined;
  const { seed, path, property, minutes, save, regressions, ...target } = given;
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw new UsageError('--seed is not a whole number');
  if (minutes !== undefined && !(minutes > 0)) throw new UsageError('--minutes is not a number above 0');
  if (path !== undefined && (seed === undefined || property === undefined))
    throw new UsageError('--path needs the --seed and the --property that it was found with');
  return {
    target: readOptions(target),
    seed: seed ?? randomInt(2 ** 31),
    path,
    property,
    timeMs: minutes === undefined ? undefined : minutes * 60_000,
    isSave: save,
    regressions,
  };
}
