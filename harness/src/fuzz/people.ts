import type { Auth } from '@quicnprotochat/proto';
import { type AccountData, newIdentityKey } from '../target/accounts.ts';
import type { TargetData } from '../target/target.ts';

export const PEOPLE = ['Alice', 'Bob', 'Mallory'] as const;
export type Person = (typeof PEOPLE)[number];
/** Sessions, each on a connection of its own. */
export const SESSIONS = { a1: 'Alice', a2: 'Alice', b1: 'Bob', b2: 'Bob', m1: 'Mallory' } as const;
export type SessionName = keyof typeof SESSIONS;

export interface Identity {
  /** 32 bytes. */
  key: Uint8Array;
  auth: Auth;
}
export type People = Record<Person, Identity>;

/** Who plays the people of the runs. */
export interface Cast {
  /** Whom the runs are about, until somebody else is asked for. */
  now(): People;
  /** Other people, where the target allows it: nothing that happened before concerns them. @returns whether there are others */
  renew(): Promise<boolean>;
}

const bytes = (hex: string | undefined): Uint8Array => new Uint8Array(Buffer.from(hex ?? '', 'hex'));

const anonymous = (): Identity => ({
  key: newIdentityKey(),
  auth: { version: 0, accessToken: bytes(''), deviceId: bytes('') },
});

function identityOf({ identityKey, token, deviceId }: AccountData): Identity {
  const auth = { version: token === undefined ? 0 : 1, accessToken: bytes(token), deviceId: bytes(deviceId) };
  return { key: bytes(identityKey), auth };
}

/** Accounts that can be logged in with, those without a device first. */
function usable(accounts: readonly AccountData[]): AccountData[] {
  const valid = accounts.filter(({ isExpired }) => !isExpired);
  return [...valid.filter(({ deviceId }) => deviceId === undefined), ...valid.filter(({ deviceId }) => deviceId)];
}

/** On an open target without accounts, people who were never there before. */
function peopleOf(accounts: readonly AccountData[]): People {
  const [Alice, Bob, Mallory] = PEOPLE.map((_, i) => {
    const account = accounts[i];
    return account ? identityOf(account) : anonymous();
  }) as [Identity, Identity, Identity];
  return { Alice, Bob, Mallory };
}

/**
 * The accounts of a target in threes, each three once; then people whom `register` makes, if it can.
 * @param register makes three new accounts; undefined when there is no way
 */
export function castOf(
  { accounts, isOpen }: Pick<TargetData, 'accounts' | 'isOpen'>,
  register?: () => Promise<AccountData[]>,
): Cast {
  const left = usable(accounts);
  const isAnonymous = isOpen && left.length === 0;
  let people = peopleOf(left.splice(0, PEOPLE.length));
  return {
    now: () => people,
    async renew() {
      if (left.length < PEOPLE.length && register) left.push(...usable(await register().catch(() => [])));
      if (left.length < PEOPLE.length && !isAnonymous) return false;
      people = peopleOf(left.splice(0, PEOPLE.length));
      return true;
    },
  };
}
