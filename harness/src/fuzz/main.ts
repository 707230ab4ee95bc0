// npm run fuzz: random inputs, for which the properties of harness/fuzz/catalog.json must hold.
import { EXIT, SuiteError, UnreachableError, UsageError } from '../errors.ts';
import { printable } from '../report/printable.ts';
import { newAccounts, withAccess } from '../target/access.ts';
import { type EmbeddedServer, startEmbedded } from '../target/embedded.ts';
import { probe } from '../target/probe.ts';
import type { TargetData } from '../target/target.ts';
import { type FuzzOptions, readFuzzOptions } from './options.ts';
import { castOf } from './people.ts';
import { propertiesFor } from './properties.ts';
import { fuzz } from './report.ts';

/** @returns the exit code */
async function run(options: FuzzOptions, args: readonly string[], signal: AbortSignal): Promise<number> {
  const { targets, limits, timeoutMs, isOpen, accounts } = options.target;
  const embedded = targets.length === 0 ? await startEmbedded(isOpen, limits) : undefined;
  const bare: TargetData = {
    addresses: embedded ? [addressOf(embedded)] : targets,
    // The embedded server registers whom it is asked to: new people whenever they are needed.
    ...{ lane: 0, isOpen, limits, timeoutMs, accounts, mustRegister: false, noAccounts: undefined },
  };
  try {
    const offer = await probe(bare);
    const { target, remark } = await withAccess(bare, offer);
    if (target.noAccounts !== undefined) throw new UnreachableError(printable(target.noAccounts));
    if (remark !== undefined && !embedded) console.log(printable(remark));
    const canRegister = accounts.length === 0 && !isOpen;
    const all = propertiesFor(
      target,
      offer.profiles,
      castOf(target, canRegister ? () => newAccounts(bare) : undefined),
    );
    try {
      return await fuzz(all, options, args, signal);
    } finally {
      for (const property of all) await property.close();
    }
  } finally {
    await embedded?.stop();
  }
}

const addressOf = ({ host, port, pin }: EmbeddedServer) =>
  ({ host, port, verify: { kind: 'pin', sha256: pin } }) as const;

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // At the second one nothing is waited for; the embedded server goes with this process.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nfuzz: interrupted: ends after this run\n');
    interruption.abort();
  });
// Somebody who reads only the first lines (`| head`) changes nothing about the verdict.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const fail = (code: number, message: string): number => {
  console.error(`fuzz: ${message}`);
  return code;
};
try {
  const args = process.argv.slice(2);
  const options = readFuzzOptions(args);
  process.exitCode = options === undefined ? EXIT.conformant : await run(options, args, interruption.signal);
} catch (error) {
  if (interruption.signal.aborted) process.exitCode = EXIT.interrupted;
  else if (error instanceof UsageError) process.exitCode = fail(EXIT.usage, error.message);
  else if (error instanceof UnreachableError) process.exitCode = fail(EXIT.unreachable, error.message);
  else {
    const why = error instanceof SuiteError ? error.message : `${error instanceof Error ? error.stack : error}`;
    process.exitCode = fail(EXIT.suiteBroken, `the suite is broken: ${why}`);
  }
}
