import { type CiphersuiteImpl, type ClientState, createCommit, type Proposal } from '../../vendor/ts-mls/index.js';
import { consumeRatchet } from '../../vendor/ts-mls/secretTree.js';
import { leafToNodeIndex, toLeafIndex } from '../../vendor/ts-mls/treemath.js';
import { CoreError } from '../errors.ts';
import type { StoredCommit } from './saved-state.ts';
import { writeMessage } from './wire.ts';

/** A commit of ours with the state that stays until it is confirmed. */
export interface MadeCommit extends StoredCommit {
  /** The state before, but for the key that the commit was encrypted with. */
  state: ClientState;
  /** Secrets that are used up once the commit is confirmed. */
  consumed: Uint8Array[];
}

/**
 * Commits proposals of ours together with those of others that came in this epoch; these are left out when they cannot be
 * committed, so that nobody can block the group by a bad proposal.
 * @throws CoreError `KEY_PACKAGE_INVALID`, `INTERNAL`
 */
export async function makeCommit(
  state: ClientState,
  suite: CiphersuiteImpl,
  proposals: Proposal[],
): Promise<MadeCommit> {
  const attempt = (from: ClientState) =>
    createCommit({ state: from, cipherSuite: suite }, { extraProposals: proposals, ratchetTreeExtension: true });
  const others = Object.keys(state.unappliedProposals).length > 0;
  try {
    const made = await attempt(state).catch((error: unknown) => {
      if (!others) throw error;
      return attempt({ ...state, unappliedProposals: {} });
    });
    if (made.commit.wireformat !== 'mls_private_message') throw new Error('the commit is no private message');
    return {
      state: { ...state, secretTree: await afterCommit(state, suite) },
      next: made.newState,
      commit: writeMessage<'mls_private_message'>(made.commit),
      welcome: made.welcome && writeMessage<'mls_welcome'>({ wireformat: 'mls_welcome', welcome: made.welcome }),
      consumed: made.consumed,
    };
  } catch (cause) {
    if (cause instanceof CoreError) throw cause;
    const adds = proposals.some(({ proposalType }) => proposalType === 'add');
    const code = adds ? 'KEY_PACKAGE_INVALID' : 'INTERNAL';
    throw new CoreError(code, 'the commit cannot be made', { cause });
  }
}

/** ts-mls leaves the ratchet of the old state where it was: another commit of this epoch would use its key again. */
async function afterCommit(state: ClientState, suite: CiphersuiteImpl): Promise<ClientState['secretTree']> {
  const node = leafToNodeIndex(toLeafIndex(state.privatePath.leafIndex));
  return (await consumeRatchet(state.secretTree, node, 'commit', suite)).newTree;
}

/**
 * The state of a confirmed commit. What was received between making and confirming it moved the ratchets of its old epoch on.
 */
export function afterConfirm(old: ClientState, next: ClientState): ClientState {
  const epoch = old.groupContext.epoch;
  const past = next.historicalReceiverData.get(epoch);
  if (past === undefined) return next;
  const historicalReceiverData = new Map(next.historicalReceiverData);
  for (const [key, data] of old.historicalReceiverData)
    if (historicalReceiverData.has(key)) historicalReceiverData.set(key, data);
  historicalReceiverData.set(epoch, { ...past, secretTree: old.secretTree });
  return { ...next, historicalReceiverData };
}
