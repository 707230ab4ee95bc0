import { withoutSecrets } from './client/command-line.ts';
import { testClient } from './client/test-client.ts';
import { differ } from './differential/differ.ts';
import { EXIT, UnreachableError } from './errors.ts';
import { checkKnownFailing } from './known/known-list.ts';
import { repeatable } from './options/again.ts';
import type { Options } from './options/options.ts';
import { loadFeatures } from './plan/features.ts';
import { whyNothing } from './plan/nothing-selected.ts';
import { select, shardOf } from './plan/select.ts';
import type { Output } from './report/console.ts';
import { discardReports, prepareFile, prepareReports, prepareTrace } from './report/files.ts';
import { loadSpec } from './spec/spec.ts';
import { testServer } from './test-server.ts';
import { conclude, type Plan, type Ran } from './verdict.ts';

/** Where the scenarios come from; by default those of the suite. */
export interface Sources {
  specDir?: string | undefined;
  featuresDir?: string | undefined;
  support?: string[] | undefined;
  /** Where the report for people goes. */
  out?: Output | undefined;
}

/**
 * Plans, runs and reports.
 * @param given the command line, for the commands that repeat a part
 * @returns the exit code
 * @throws UsageError, UnreachableError, SuiteError
 */
export async function conform(options: Options, given: string[], sources: Sources = {}): Promise<number> {
  const { out = process.stdout, support } = sources;
  const print = (text: string): void => void out.write(`${text}\n`);
  const spec = loadSpec(sources.specDir);
  const subject = options.client === undefined ? 'server' : 'client';
  const planned = loadFeatures(spec, sources.featuresDir, 'any');
  const ofSubject = planned.filter((scenario) => scenario.subject === subject);
  const whole = select(ofSubject, options, spec, planned);
  const selected = shardOf(whole, options.shard);
  if (selected.length === 0) {
    if (whole.length > 0)
      throw new UnreachableError(`this shard is empty: only ${whole.length} scenarios are selected`);
    throw new UnreachableError(whyNothing(options, subject, spec, planned));
  }
  if (options.config !== undefined) print(`Options from ${options.config.path} (--no-config leaves it out).`);
  if (options.isList) {
    for (const { requirement, name, uri, line } of selected) print(`${requirement}  ${name}  (${uri}:${line})`);
    print(`${selected.length} scenarios`);
    return EXIT.conformant;
  }
  if (options.known !== undefined) checkKnownFailing(options.known, planned);
  if (options.writeKnown !== undefined) prepareFile('--write-known-failing', options.writeKnown);
  prepareReports(options.reports);
  if (options.traceDir !== undefined) prepareTrace(options.traceDir);
  const args = repeatable(given, options);
  const plan: Plan = { options, args, startedAt: new Date(), spec, planned };
  const { client } = options;
  if (options.against !== undefined)
    return interruptible(options, () => differ({ options, args, scenarios: selected, spec, support, out }));
  return interruptible(options, async () => {
    const ran =
      client === undefined
        ? await testServer({ options, args, scenarios: selected, support, out })
        : await aboutClient(options, testClient({ ...options, command: client, scenarios: selected, out }));
    return conclude(plan, ran, print);
  });
}

/** A client under test is reached by its command. */
async function aboutClient({ client = [], label }: Options, run: ReturnType<typeof testClient>): Promise<Ran> {
  const { results, faults } = await run;
  const nothing = { profiles: [], certificateSha256: null, health: null };
  const about = {
    kind: 'client',
    ...nothing,
    label: label ?? null,
    address: withoutSecrets(client).join(' '),
  } as const;
  return { results, faults, unrunBecause: [], problems: [], about };
}

/** Ctrl-C ends at once what runs, and what was started for it. */
async function interruptible(options: Options, body: () => Promise<number>): Promise<number> {
  const interrupt = (): void => {
    process.stderr.write('\nconformance: interrupted\n');
    discardReports(options.reports);
    // The embedded server, and its files, go with this process.
    process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await body();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    discardReports(options.reports);
  }
}
