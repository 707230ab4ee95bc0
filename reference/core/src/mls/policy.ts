import type { ClientState, IncomingMessageCallback, Proposal, ProposalWithSender } from '../../vendor/ts-mls/index.js';
import { CoreError } from '../errors.ts';
import { identityOf } from './config.ts';
import { checkSpan } from './key-package.ts';
import { changes, memberAt, sameKeys } from './members.ts';

/** The proposals that are ever accepted. Of the others some need capabilities that no leaf has, some would let strangers in. */
const ACCEPTED = ['add', 'update', 'remove'] as const;
export type ProposalKind = (typeof ACCEPTED)[number];
/** Proposals kept in an epoch until somebody commits them: a bound on what one member can make others store. */
const MAX_PROPOSALS = 256;

const kindOf = ({ proposalType }: Proposal): ProposalKind | undefined =>
  ACCEPTED.find((accepted) => accepted === proposalType);

const refuse = (what: string): never => {
  throw new CoreError('MESSAGE_REFUSED', what);
};

/** Takes down what a message does to the group, and refuses kinds of proposals and senders that are never accepted. */
export class Watch {
  commit: ProposalWithSender[] | undefined;
  proposal: Proposal | undefined;

  readonly callback: IncomingMessageCallback = (incoming) => {
    const all = incoming.kind === 'commit' ? incoming.proposals : [incoming.proposal];
    if (incoming.kind === 'commit') this.commit = all;
    else this.proposal = incoming.proposal.proposal;
    const member = incoming.kind === 'proposal' || incoming.senderLeafIndex !== undefined;
    return member && all.every(({ proposal }) => kindOf(proposal) !== undefined) ? 'accept' : 'reject';
  };
}

/**
 * Holds the members after a commit against its proposals: whoever is new was added, whoever is gone was removed, and nobody
 * became somebody else by an update.
 * @returns the identity keys that were added and removed
 * @throws CoreError `MESSAGE_REFUSED`, `KEY_PACKAGE_LIFETIME`
 */
export function checkCommit(
  before: ClientState,
  after: ClientState,
  proposals: ProposalWithSender[],
): { added: Uint8Array[]; removed: Uint8Array[] } {
  const named = { added: [] as Uint8Array[], removed: [] as Uint8Array[] };
  for (const { proposal } of proposals) {
    if (proposal.proposalType === 'add') {
      checkSpan(proposal.add.keyPackage);
      const { credential, signaturePublicKey } = proposal.add.keyPackage.leafNode;
      named.added.push(identityOf(credential, signaturePublicKey) ?? refuse('a commit adds somebody without identity'));
    } else if (proposal.proposalType === 'remove') {
      named.removed.push(
        memberAt(before.ratchetTree, proposal.remove.removed) ?? refuse('a commit removes somebody who is not there'),
      );
    }
  }
  const changed = changes(before.ratchetTree, after.ratchetTree);
  // Who is removed and added again by one commit shows in neither list of changes.
  const both = (key: Uint8Array, others: Uint8Array[]): boolean => others.some((other) => sameKeys([key], [other]));
  const added = named.added.filter((key) => !both(key, named.removed));
  const removed = named.removed.filter((key) => !both(key, named.added));
  if (!sameKeys(added, changed.added) || !sameKeys(removed, changed.removed)) {
    refuse('a commit changes the identity of a member');
  }
  return changed;
}

/**
 * Checks a proposal that came on its own; committing it checks the rest.
 * @throws CoreError `MESSAGE_REFUSED`, `KEY_PACKAGE_LIFETIME`
 */
export function checkProposal(state: ClientState, proposal: Proposal | undefined, sender: Uint8Array): ProposalKind {
  const kind = (proposal && kindOf(proposal)) ?? refuse('a proposal of a kind that is never accepted');
  if (Object.keys(state.unappliedProposals).length >= MAX_PROPOSALS) refuse('too many proposals in this epoch');
  if (proposal?.proposalType === 'add') checkSpan(proposal.add.keyPackage);
  if (proposal?.proposalType === 'remove' && !memberAt(state.ratchetTree, proposal.remove.removed)) {
    refuse('a proposal removes somebody who is not there');
  }
  if (proposal?.proposalType === 'update') {
    const { credential, signaturePublicKey } = proposal.update.leafNode;
    const identity = identityOf(credential, signaturePublicKey);
    if (!identity || !sameKeys([identity], [sender])) refuse('a proposal changes the identity of a member');
  }
  return kind;
}
