import { UsageError } from '../errors.ts';
import { type AccountData, loadAccounts } from '../target/accounts.ts';
import type { TargetAddress } from '../target/target.ts';
import { kebab } from './command-line.ts';
import type { RawOptions } from './flags.ts';
import { listOf, parseReport, parseTarget } from './values.ts';

/** The server that a target is compared with. */
export interface Against {
  /** None: an embedded reference server. */
  targets: TargetAddress[];
  accounts: AccountData[];
}

/** What a comparison does not do. */
const SINGLE = [
  ...(['network', 'shuffle', 'jobs', 'trace', 'strict', 'require'] as const),
  ...(['knownFailing', 'writeKnownFailing', 'bail', 'repeat'] as const),
] as const;
const KINDS = ['json', 'md'];

/** @returns undefined when nothing is compared @throws UsageError */
export function readAgainst(raw: RawOptions): Against | undefined {
  const { against, againstAccounts } = raw;
  if (against === undefined) {
    if (againstAccounts !== undefined) throw new UsageError('--against-accounts needs --against HOST:PORT');
    return undefined;
  }
  const given = SINGLE.find((name) => raw[name] !== undefined && raw[name] !== false);
  if (given !== undefined)
    throw new UsageError(`--against and --${kebab(given)} exclude each other: leave out --${kebab(given)}`);
  const report = (raw.report ?? []).map(parseReport).find(({ kind }) => !KINDS.includes(kind));
  if (report !== undefined)
    throw new UsageError(`--report ${report.kind} is of a single run: --against writes ${KINDS.join(' and ')}`);
  const isEmbedded = against === '' || against === 'embedded';
  if (isEmbedded && againstAccounts !== undefined)
    throw new UsageError(
      '--against-accounts needs --against HOST:PORT: the embedded server has the accounts of the target',
    );
  const targets = isEmbedded ? [] : listOf('--against', [against]).map((address) => parseTarget(address, '--against'));
  const accounts = againstAccounts ?? raw.accounts;
  return {
    targets: targets.map((address) => ({ ...address, verify: { kind: 'none' } })),
    accounts: accounts === undefined ? [] : loadAccounts(accounts),
  };
}
