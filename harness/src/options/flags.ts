import yargs from 'yargs';
import packageJson from '../../package.json' with { type: 'json' };
import { UsageError } from '../errors.ts';

/** The command line as yargs gives it. */
export interface RawOptions {
  target?: string | undefined;
  client?: string | undefined;
  accounts?: string | undefined;
  open: boolean;
  tlsCa?: string | undefined;
  pin: string[];
  insecure: boolean;
  profile: string[];
  requirement: string[];
  scenario?: string[] | undefined;
  level?: string[] | undefined;
  source?: string[] | undefined;
  exclude?: string[] | undefined;
  list: boolean;
  timeout: string;
  strict: boolean;
  limits?: string | undefined;
  report: string[];
  specUrl?: string | undefined;
  label?: string | undefined;
  trace?: string | undefined;
  shuffle?: string | undefined;
  network?: string | undefined;
  networkSeed?: string | undefined;
  jobs?: string | undefined;
}

/** @returns the options; undefined when help or the version was shown @throws UsageError */
export function parseArguments(args: string[]): RawOptions | undefined {
  let shown: string | undefined;
  const parsed = yargs(args)
    .scriptName('conformance')
    .usage(
      '$0 [options]\n\nTests a quicnprotochat NodeService, or a client, against the specification; by default an embedded reference server.',
    )
    .options({
      target: {
        type: 'string',
        describe:
          'HOST:PORT of the server under test (UDP); several servers of one service, with commas, are asked in turn',
      },
      client: {
        type: 'string',
        describe:
          'command that starts the client under test, instead of a target; it is run with subcommands (spec/cli.md)',
      },
      accounts: {
        type: 'string',
        describe:
          'JSON file of three or more accounts that the target knows:\n[{"name", "identityKey": 64 hex, "token": hex}, …];\nby default they are registered by OPAQUE',
      },
      open: { type: 'boolean', default: false, describe: 'the target takes calls without a token' },
      'tls-ca': { type: 'string', describe: 'PEM file: the certificate must chain up to it' },
      pin: {
        type: 'string',
        array: true,
        default: [],
        describe: 'SHA-256 of the certificate (DER), 64 hex digits; one for all targets, or one for each',
      },
      insecure: {
        type: 'boolean',
        default: false,
        describe: 'do not check the certificate (the default for a target)',
      },
      profile: {
        type: 'string',
        array: true,
        default: [],
        describe: 'only these profiles, which the target must offer then',
      },
      requirement: {
        type: 'string',
        array: true,
        default: [],
        describe: 'only these requirements (DS-004) or areas (DS)',
      },
      scenario: {
        type: 'string',
        array: true,
        default: [],
        describe: 'only these: features/delivery/fetch.feature:12, or the file alone',
      },
      level: {
        type: 'string',
        array: true,
        default: [],
        describe: 'only requirements of these levels: must, should, may',
      },
      source: {
        type: 'string',
        array: true,
        default: [],
        describe: 'only requirements of this provenance, such as stated',
      },
      exclude: { type: 'string', array: true, default: [], describe: 'not these requirements (DS-004) or areas (DS)' },
      list: { type: 'boolean', default: false, describe: 'print what would run, and run nothing' },
      timeout: {
        type: 'string',
        default: '10s',
        describe: 'how long one answer may take: 10, 10s, 1500ms; a command of --client three times that',
      },
      strict: { type: 'boolean', default: false, describe: 'a SHOULD that is not followed fails the run' },
      limits: { type: 'string', describe: 'JSON file of the target’s own limits: queueMessages, payloadBytes, …' },
      report: { type: 'string', array: true, default: [], describe: 'KIND=FILE; kinds: junit, json, html, md, badge' },
      'spec-url': { type: 'string', describe: 'where spec/ is on the web: reports link each requirement there' },
      label: { type: 'string', describe: 'what reports call the target, such as its name and version' },
      trace: { type: 'string', describe: 'folder for the frames of each scenario, as NDJSON' },
      network: {
        type: 'string',
        describe:
          'put a bad network in front of the target: loss=2%,reorder=5%,duplicate=1%,delay=5..20ms; what measures time or transport is skipped',
      },
      'network-seed': {
        type: 'string',
        describe: 'which packets --network loses, reorders …; without it a new one, which is printed',
      },
      shuffle: {
        type: 'string',
        describe: 'run in a random order: a seed, or nothing for a new one, which is printed',
      },
      jobs: {
        type: 'string',
        describe:
          'processes that run scenarios at once, each with people of its own; by default as many as cores (at most 4) on embedded servers, 1 on a target',
      },
    })
    .example('$0', 'the embedded reference server')
    .example('$0 --target 127.0.0.1:7000', 'a server of yours that registers users (OPAQUE)')
    .example('$0 --target 127.0.0.1:7000 --accounts accounts.json', 'one that does not')
    .example('$0 --target 127.0.0.1:7000 --open --requirement DS', 'one area, on an open server')
    .example("$0 --client './my-client --verbose'", 'a client of yours, on servers of the suite')
    .example('$0 compare A.json B.json', 'reports of several implementations side by side')
    .example('$0 report A.json --report html=A.html', 'other reports of a JSON report')
    .epilogue(
      'Exit codes: 0 conformant, 1 not conformant, 2 wrong usage or configuration, 3 target unreachable or nothing ran, 4 the suite itself broke.',
    )
    .version(packageJson.version)
    .alias('help', 'h')
    .requiresArg([
      'client',
      'target',
      'accounts',
      'tls-ca',
      'pin',
      'profile',
      'requirement',
      'scenario',
      'level',
      'source',
      'exclude',
      'timeout',
      'limits',
    ])
    .requiresArg(['report', 'spec-url', 'label', 'trace', 'network', 'network-seed', 'jobs'])
    .strict()
    .demandCommand(0, 0)
    .wrap(110)
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(`${(message ?? error.message).split('\n').join(' ')} (see --help)`);
    });
  const options = parsed.parseSync(args, {}, (_error, _argv, output) => {
    shown = output;
  });
  if (shown) {
    console.log(shown);
    return undefined;
  }
  return options as unknown as RawOptions;
}
