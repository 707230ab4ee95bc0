// npm run fuzz: random inputs, for which the properties of harness/fuzz/catalog.json must hold.
import { EXIT, SuiteError, UnreachableError, UsageError } from '../errors.ts';
import { printable } from '../report/console.ts';
import { withAccess } from '../target/access.ts';
import { type EmbeddedServer, startEmbedded } from '../target/embedded.ts';
import { probe } from '../target/probe.ts';
import type { TargetData } from '../target/target.ts';
import { type FuzzOptions, readFuzzOptions } from './options.ts';
import { propertiesFor } from './properties.ts';
import { fuzz } from './report.ts';

/** @returns the exit code */
async function run(options: FuzzOptions, args: readonly string[]): Promise<number> {
  const { targets, limits, timeoutMs, isOpen, accounts } = options.target;
  let embedded: EmbeddedServer | undefined;
  const common = { isOpen, limits, timeoutMs, mustRegister: false, noAccounts: undefined };
  let bare: TargetData = { ...common, addresses: targets, accounts };
  if (targets.length === 0) {
    embedded = await startEmbedded(isOpen, limits);
    const { host, port, pin } = embedded;
    bare = {
      ...common,
      addresses: [{ host, port, verify: { kind: 'pin', sha256: pin } }],
      accounts: embedded.accounts,
    };
  }
  try {
    const offer = await probe(bare);
    const { target } = await withAccess(bare, offer);
    if (target.noAccounts !== undefined) throw new UnreachableError(printable(target.noAccounts));
    const all = propertiesFor(target, offer.profiles);
    try {
      return await fuzz(all, options, args);
    } finally {
      for (const property of all) await property.close();
    }
  } finally {
    await embedded?.stop();
  }
}

const interrupt = (): void => {
  process.stderr.write('\nfuzz: interrupted\n');
  // The embedded server goes with this process.
  process.exit(EXIT.interrupted);
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

const fail = (code: number, message: string): number => {
  console.error(`fuzz: ${message}`);
  return code;
};
try {
  const args = process.argv.slice(2);
  const options = readFuzzOptions(args);
  process.exitCode = options === undefined ? EXIT.conformant : await run(options, args);
} catch (error) {
  if (error instanceof UsageError) process.exitCode = fail(EXIT.usage, error.message);
  else if (error instanceof UnreachableError) process.exitCode = fail(EXIT.unreachable, error.message);
  else {
    const why = error instanceof SuiteError ? error.message : `${error instanceof Error ? error.stack : error}`;
    process.exitCode = fail(EXIT.suiteBroken, `the suite is broken: ${why}`);
  }
}
