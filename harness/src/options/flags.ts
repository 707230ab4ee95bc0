import packageJson from '../../package.json' with { type: 'json' };
import { type CommandLine, type Flags, type Given, readCommandLine } from './command-line.ts';

const TARGET = 'Target:';
const SELECTION = 'What runs:';
const RUN = 'How it runs:';
const REPORTS = 'Reports:';

/** The options of `conformance`. None has a default here, so that what is not given can come from elsewhere. */
export const FLAGS = {
  target: {
    group: TARGET,
    type: 'string',
    describe:
      'HOST:PORT of the server under test (UDP); several servers of one service, with commas, are asked in turn',
  },
  command: {
    group: TARGET,
    type: 'string',
    describe:
      'command that starts the server under test, instead of a target; the suite ends it and starts it again.\n{port}: where it listens (UDP, 127.0.0.1), {dir}: a folder that survives restarts,\n{accounts}: file with three accounts, in the form of --accounts',
  },
  volatile: {
    group: TARGET,
    type: 'boolean',
    describe: 'the server of --command keeps nothing beyond its end (the default without {dir})',
  },
  client: {
    group: TARGET,
    type: 'string',
    describe:
      'command that starts the client under test, instead of a target; it is run with subcommands (spec/cli.md)',
  },
  against: {
    group: TARGET,
    type: 'string',
    isValueOptional: true,
    describe:
      'compare with another server: HOST:PORT, or embedded (also without a value) for the reference server; tells the first message in which they differ',
  },
  'against-accounts': {
    group: TARGET,
    type: 'string',
    describe: 'accounts that the server of --against knows, in the order of --accounts; by default the same file',
  },
  accounts: {
    group: TARGET,
    type: 'string',
    describe:
      'JSON file of three or more accounts that the target knows:\n[{"name", "identityKey": 64 hex, "token": hex}, …];\nby default they are registered by OPAQUE',
  },
  open: { group: TARGET, type: 'boolean', describe: 'the target takes calls without a token' },
  'tls-ca': { group: TARGET, type: 'string', describe: 'PEM file: the certificate must chain up to it' },
  pin: {
    group: TARGET,
    type: 'string',
    array: true,
    describe: 'SHA-256 of the certificate (DER), 64 hex digits; one for all targets, or one for each',
  },
  insecure: {
    group: TARGET,
    type: 'boolean',
    describe: 'do not check the certificate (the default for a target)',
  },
  limits: {
    group: TARGET,
    type: 'string',
    describe: 'JSON file of the target’s own limits: queueMessages, payloadBytes, …',
  },
  label: { group: TARGET, type: 'string', describe: 'what reports call the target, such as its name and version' },

  requirement: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only these requirements (DS-004) or areas (DS)',
  },
  scenario: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only these: features/delivery/fetch.feature:12, or the file alone',
  },
  profile: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only these profiles, each of which the target must offer then (--require)',
  },
  tag: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only scenarios with one of these tags: @needs:accounts, …',
  },
  level: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only requirements of these levels: must, should, may',
  },
  source: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'only requirements of this provenance, such as stated',
  },
  exclude: {
    group: SELECTION,
    type: 'string',
    array: true,
    describe: 'not these requirements (DS-004), areas (DS) or tags (@needs:accounts)',
  },
  shard: {
    group: SELECTION,
    type: 'string',
    describe: 'only the I-th of N parts of what is selected: 1/4; all parts together are everything, once',
  },
  list: { group: SELECTION, type: 'boolean', describe: 'print what would run, and run nothing' },

  config: {
    group: RUN,
    type: 'string',
    defaultDescription: 'conformance.yaml, if there is one here',
    describe:
      'YAML file of options by these names, and of limits; the command line wins over it. --no-config: none; --no-NAME: without that option',
  },
  timeout: {
    group: RUN,
    type: 'string',
    defaultDescription: '10s',
    describe: 'how long one answer may take: 10, 10s, 1500ms; a command of --client three times that',
  },
  require: {
    group: RUN,
    type: 'string',
    array: true,
    describe: 'profiles that the target must offer: without one the run fails, and what needs it runs all the same',
  },
  strict: { group: RUN, type: 'boolean', describe: 'a SHOULD that is not followed fails the run' },
  'known-failing': {
    group: RUN,
    type: 'string',
    describe:
      'file of scenarios that fail, DS-004: NAME or DS-004 a line: they do not fail the run; one that passes does',
  },
  'write-known-failing': {
    group: RUN,
    type: 'string',
    describe: 'file that gets the failures of this run, for --known-failing',
  },
  bail: {
    group: RUN,
    type: 'string',
    isValueOptional: true,
    describe: 'stop at the first failure, or at the N-th; what is left is skipped',
  },
  repeat: {
    group: RUN,
    type: 'string',
    describe: 'run everything N times: what does not come out the same each time is flaky, and fails the run',
  },
  jobs: {
    group: RUN,
    type: 'string',
    describe:
      'how many scenarios run at once, each with people of its own; by default 12 on the embedded server, 4 on servers of --command, 1 on a target',
  },
  shuffle: {
    group: RUN,
    type: 'string',
    isValueOptional: true,
    describe: 'run in a random order: a seed, or nothing for a new one, which is printed',
  },
  seed: {
    group: RUN,
    type: 'string',
    describe: 'of payloads, keys and whatever else is random in what scenarios send; without it a new one',
  },
  network: {
    group: RUN,
    type: 'string',
    describe:
      'put a bad network in front of the target: loss=2%,reorder=5%,duplicate=1%,delay=5..20ms; what measures time or transport is skipped',
  },
  'network-seed': {
    group: RUN,
    type: 'string',
    describe: 'which packets --network loses, reorders …; without it a new one, which is printed',
  },

  report: {
    group: REPORTS,
    type: 'string',
    array: true,
    describe: 'KIND=FILE; kinds: junit, json, html, md, badge',
  },
  'spec-url': {
    group: REPORTS,
    type: 'string',
    describe: 'where spec/ is on the web: reports link each requirement there',
  },
  trace: { group: REPORTS, type: 'string', describe: 'folder for the frames of each scenario, as NDJSON' },
} as const satisfies Flags;

/** The command line as it was given, by names in camel case. */
export type RawOptions = Partial<Omit<Given<typeof FLAGS>, 'limits'> & { limits: string | object | undefined }>;

/** @returns the options; undefined when help or the version was shown @throws UsageError */
export function parseArguments(args: readonly string[]): CommandLine<typeof FLAGS> | undefined {
  return readCommandLine(args, {
    name: 'conformance',
    usage:
      '$0 [options]\n\nTests a quicnprotochat NodeService, or a client, against the specification; by default an embedded reference server.',
    flags: FLAGS,
    examples: [
      ['$0', 'the embedded reference server'],
      ['$0 --target 127.0.0.1:7000', 'a server of yours that registers users (OPAQUE)'],
      ['$0 --target 127.0.0.1:7000 --accounts accounts.json', 'one that does not'],
      ['$0 --target 127.0.0.1:7000 --open --requirement DS', 'one area, on an open server'],
      ["$0 --command './my-server --listen 127.0.0.1:{port} --data {dir}'", 'one that the suite starts, and restarts'],
      ["$0 --client './my-client --verbose'", 'a client of yours, on servers of the suite'],
      ['$0 --target 127.0.0.1:7000 --against embedded', 'where a server of yours differs from the reference server'],
      ['$0 compare A.json B.json', 'reports of several implementations side by side'],
      ['$0 report A.json --report html=A.html', 'other reports of a JSON report'],
    ],
    epilogue:
      'Exit codes: 0 conformant, 1 not conformant, 2 wrong usage or configuration, 3 target unreachable or nothing ran, 4 the suite itself broke.',
    version: packageJson.version,
    stray: 'a server is named by --target HOST:PORT; the commands, compare and report, stand first',
  });
}
