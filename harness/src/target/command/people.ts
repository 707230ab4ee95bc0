import { redactor } from '../../redact.ts';
import { loggedInAgain, newAccounts } from '../access.ts';
import type { AccountData } from '../accounts.ts';
import type { TargetData } from '../target.ts';

/** What restarts have made of the accounts of a target, for the scenarios that come. */
interface Changed {
  accounts: AccountData[];
  noAccounts: string | undefined;
  /** Those that had other tokens: secrets still. */
  former: AccountData[];
}

const changes = new Map<string, Changed>();

/** The target with the tokens that are good now. */
export function current(target: TargetData): TargetData {
  const changed = changes.get(target.server ?? '');
  return changed ? { ...target, accounts: changed.accounts, noAccounts: changed.noAccounts } : target;
}

/** Takes out every token that there is or was. */
export function redactorOf(target: TargetData): (text: string) => string {
  let known: readonly AccountData[] = [];
  let redact = redactor(known);
  return (text) => {
    const now = secretsOf(target);
    if (now.length !== known.length || now.some((account, i) => account !== known[i])) {
      known = now;
      redact = redactor(now);
    }
    return redact(text);
  };
}

/** All accounts that there are or were, each with its token. */
export function secretsOf(target: TargetData): AccountData[] {
  return [...current(target).accounts, ...(changes.get(target.server ?? '')?.former ?? [])];
}

/**
 * Lets the people of a target in again after a restart.
 * @returns the target with tokens that are good
 * @throws Error when somebody cannot log in any more; the scenarios that come have new people then
 */
export async function letInAgain(target: TargetData): Promise<TargetData> {
  const { accounts } = target;
  try {
    set(target, await loggedInAgain(target), undefined);
  } catch (error) {
    try {
      set(target, await newAccounts(target), undefined);
    } catch (reason) {
      const why = reason instanceof Error ? reason.message : String(reason);
      set(target, accounts, `no user could be registered after a restart: ${why}`);
    }
    throw error;
  }
  return current(target);
}

function set(target: TargetData, accounts: AccountData[], noAccounts: string | undefined): void {
  const before = secretsOf(target).filter((account) => !accounts.includes(account));
  changes.set(target.server ?? '', { accounts, noAccounts, former: before });
}
