import type { CiphersuiteImpl, ClientState, PrivateMessage } from '../../vendor/ts-mls/index.js';
import { emptyPskIndex, processPrivateMessage } from '../../vendor/ts-mls/index.js';
import { decryptSenderData } from '../../vendor/ts-mls/privateMessage.js';
import { equalBytes } from '../crypto/primitives.ts';
import { CoreError } from '../errors.ts';
import { memberAt } from './members.ts';
import { checkCommit, checkProposal, type ProposalKind, Watch } from './policy.ts';
import { readMessage } from './wire.ts';

/** What a message was. `sender` is the identity key, 32 bytes, of the member who signed it; `epoch` the epoch after it. */
export type Received =
  | { kind: 'application'; sender: Uint8Array; epoch: bigint; plaintext: Uint8Array }
  | {
      kind: 'commit';
      sender: Uint8Array;
      epoch: bigint;
      /** Identity keys, 32 bytes each. */
      added: Uint8Array[];
      removed: Uint8Array[];
      /** Whether this member is among the removed. */
      isRemoved: boolean;
    }
  | { kind: 'proposal'; sender: Uint8Array; epoch: bigint; proposal: ProposalKind };

/** A received message with the state after it, and the secrets of the state before it that are used up. */
export interface Reception {
  received: Received;
  state: ClientState;
  consumed: Uint8Array[];
}

/**
 * Processes an MLSMessage with a PrivateMessage (`00 01 00 02`); all else is refused. The given state stays as it is.
 * @throws CoreError `MESSAGE_MALFORMED`, `MESSAGE_REFUSED`, `WRONG_GROUP`, `FUTURE_EPOCH`, `PAST_EPOCH`, `MESSAGE_USED`,
 * `OWN_MESSAGE`, `MESSAGE_INVALID`, `REMOVED`, `KEY_PACKAGE_LIFETIME`
 */
export async function receive(state: ClientState, suite: CiphersuiteImpl, bytes: Uint8Array): Promise<Reception> {
  const { privateMessage } = readMessage(bytes, 'mls_private_message', 'MESSAGE_MALFORMED');
  checkEpoch(state, privateMessage);
  const sender = await senderOf(state, suite, privateMessage);
  const watch = new Watch();
  const result = await processPrivateMessage(state, privateMessage, emptyPskIndex, suite, watch.callback).catch(
    (cause: unknown) => {
      throw asCoreError(cause);
    },
  );
  const { newState, consumed } = result;
  const epoch = newState.groupContext.epoch;
  if (result.kind === 'applicationMessage') {
    const plaintext = Uint8Array.from(result.message);
    return {
      received: { kind: 'application', sender, epoch: privateMessage.epoch, plaintext },
      state: newState,
      consumed,
    };
  }
  if (result.actionTaken === 'reject') {
    throw new CoreError('MESSAGE_REFUSED', 'a commit or proposal of a kind that is never accepted');
  }
  if (watch.commit) {
    const { added, removed } = checkCommit(state, newState, watch.commit);
    const isRemoved = newState.groupActiveState.kind === 'removedFromGroup';
    return { received: { kind: 'commit', sender, epoch, added, removed, isRemoved }, state: newState, consumed };
  }
  const proposal = checkProposal(state, watch.proposal, sender);
  return { received: { kind: 'proposal', sender, epoch, proposal }, state: newState, consumed };
}

function checkEpoch(state: ClientState, message: PrivateMessage): void {
  const { groupId, epoch } = state.groupContext;
  if (!equalBytes(message.groupId, groupId)) throw new CoreError('WRONG_GROUP', 'a message of another group');
  if (message.epoch > epoch) {
    if (state.groupActiveState.kind === 'removedFromGroup') {
      throw new CoreError('REMOVED', 'this member was removed, and cannot read what came after');
    }
    throw new CoreError('FUTURE_EPOCH', `a message of epoch ${message.epoch}, while this member is at ${epoch}`);
  }
  if (
    message.epoch < epoch &&
    (message.contentType !== 'application' || !state.historicalReceiverData.has(message.epoch))
  ) {
    throw new CoreError('PAST_EPOCH', `a message of epoch ${message.epoch}, while this member is at ${epoch}`);
  }
}

/**
 * Reads who sent a message from its sender data (RFC 9420, 6.3.2), with the state before processing, since processing may
 * replace the leaf. To be trusted only when processing succeeded: only then the signature is that leaf's.
 */
async function senderOf(state: ClientState, suite: CiphersuiteImpl, message: PrivateMessage): Promise<Uint8Array> {
  const past = state.historicalReceiverData.get(message.epoch);
  const { senderDataSecret, ratchetTree } =
    message.epoch === state.groupContext.epoch || past === undefined
      ? { senderDataSecret: state.keySchedule.senderDataSecret, ratchetTree: state.ratchetTree }
      : past;
  const data = await decryptSenderData(message, senderDataSecret, suite).catch((cause: unknown) => {
    throw asCoreError(cause);
  });
  const sender = data && memberAt(ratchetTree, data.leafIndex);
  if (!sender) throw new CoreError('MESSAGE_INVALID', 'the sender is no member');
  if (data.leafIndex === state.privatePath.leafIndex) throw new CoreError('OWN_MESSAGE', 'a message of our own');
  return Uint8Array.from(sender);
}

/** ts-mls tells these two apart from other failures by their text alone. */
const CODES = {
  'Desired gen in the past': 'MESSAGE_USED',
  'Desired generation too far in the future': 'MESSAGE_REFUSED',
} as const;

function asCoreError(cause: unknown): CoreError {
  if (cause instanceof CoreError) return cause;
  const text = cause instanceof Error ? cause.message : '';
  const code = CODES[text as keyof typeof CODES] ?? 'MESSAGE_INVALID';
  const messages = {
    MESSAGE_USED: 'the key of this message was used already',
    MESSAGE_REFUSED: 'too many messages before this one are missing',
    MESSAGE_INVALID: 'the message does not decrypt or verify',
  };
  return new CoreError(code, messages[code], { cause });
}
