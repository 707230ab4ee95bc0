import { UsageError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type { ReportedTarget } from '../report/json.ts';
import { aboutTarget } from '../target/about.ts';
import { type Access, withAccess } from '../target/access.ts';
import { type Lanes, openLanes } from '../target/lanes.ts';
import { type Offer, probe } from '../target/probe.ts';
import { showAddress, type TargetAddress, type TargetData } from '../target/target.ts';
import type { Pair } from './compare.ts';

/** Two servers, and the same people on both. */
export interface OpenPair {
  targets: Pair<TargetData>;
  offers: Pair<Offer>;
  abouts: Pair<ReportedTarget>;
  /** What is to be said about them. */
  remarks: string[];
  close(): Promise<void>;
}

/**
 * Comes to both servers. The people of B have the identity keys of those of A wherever the suite can choose them.
 * @throws UsageError, UnreachableError that says which of the two, SuiteError
 */
export async function openPair(options: Options): Promise<OpenPair> {
  const { against } = options;
  if (against === undefined) throw new TypeError('there is nothing to compare with');
  const opened: Lanes[] = [];
  const close = async (): Promise<void> => void (await Promise.all(opened.map((lanes) => lanes.close())));
  const open = async (name: string, of: Options, access: (target: TargetData, offer: Offer) => Promise<Access>) => {
    const lanes = await openLanes(of, 1);
    opened.push(lanes);
    const [target] = lanes.targets;
    try {
      const offer = await probe(target);
      return { offer, ...(await access(target, offer)) };
    } catch (error) {
      if (error instanceof Error) error.message = `${name}: ${error.message}`;
      throw error;
    }
  };
  try {
    const a = await open('A', options, withAccess);
    const isOneServer = against.targets.length > 0 && show(against.targets) === show(options.targets);
    if (isOneServer && options.isOpen)
      throw new UsageError('--against is the target itself, and open: it would take the people of both for the same');
    const isEmbedded = against.targets.length === 0;
    const known = isOneServer || isEmbedded ? a.target.accounts : against.accounts;
    const identities = a.target.accounts.map(({ identityKey }) => Buffer.from(identityKey, 'hex'));
    const ofB = { ...options, targets: against.targets, accounts: known, command: undefined, label: undefined };
    const b = await open('B', ofB, (target, offer) => withAccess(target, offer, identities));
    return {
      targets: { a: a.target, b: b.target },
      offers: { a: a.offer, b: b.offer },
      abouts: { a: aboutTarget(options, a.target, a.offer), b: aboutTarget(ofB, b.target, b.offer) },
      remarks: [...remarksOf('A', a), ...remarksOf('B', b)],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const show = (addresses: readonly TargetAddress[]): string => addresses.map(showAddress).join();

const remarksOf = (name: string, { remark, offer }: Access & { offer: Offer }): string[] =>
  [remark, offer.remark].flatMap((one) => (one === undefined ? [] : [`${name}: ${one}`]));
