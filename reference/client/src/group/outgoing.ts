import { type MsgType, nodeService, WIRE_VERSION } from '@quicnprotochat/proto';
import type { ClientAuth } from '../client-auth.ts';
import { ClientError } from '../errors.ts';
import type { NodeClient } from '../node/node-client.ts';
import { hex } from '../output.ts';
import type { Outgoing } from '../state/stored-state.ts';
import { fetchHybridKeys } from './directory.ts';
import { type Content, wrap } from './wrap.ts';

/** Recipients that batchEnqueue is given at once (spec: DS). */
const RECIPIENTS_AT_ONCE = 256;

/** A recipient that the server refused to take something for. */
export interface Refusal {
  /** Identity key, 32 bytes. */
  recipient: Uint8Array;
  /** `the message`, `the Welcome`, `the commit`. */
  what: string;
  /** Of kind `refused`. */
  error: ClientError;
}

/**
 * Wraps a message for each recipient: those with a hybrid key get a payload of their own, the others share one.
 * @throws ClientError when the hybrid keys cannot be had
 */
export async function address(
  node: NodeClient,
  auth: ClientAuth,
  content: Content & { what: string; channelId: Uint8Array },
  recipients: readonly Uint8Array[],
): Promise<Outgoing[]> {
  const { what, channelId } = content;
  if (recipients.length === 0) return [];
  const keys = await fetchHybridKeys(node, auth, recipients);
  const outgoing: Outgoing[] = [];
  const plain: Uint8Array[] = [];
  for (const [i, recipient] of recipients.entries()) {
    const key = keys[i] as Uint8Array;
    if (key.length === 0) plain.push(recipient);
    else outgoing.push({ recipients: [recipient], channelId, what, payload: wrapFor(recipient, content, key) });
  }
  if (plain.length > 0) outgoing.push({ recipients: plain, channelId, what, payload: wrap(content, new Uint8Array()) });
  return outgoing;
}

function wrapFor(recipient: Uint8Array, content: Content & { msgType: MsgType }, key: Uint8Array): Uint8Array {
  try {
    return wrap(content, key);
  } catch (error) {
    throw new ClientError(
      'untrusted',
      `the server’s hybrid key of ${hex(recipient)} is not used: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Sends what is in the outbox, in order, and takes out what the server took or refused. What is behind a refused payload
 * still goes out: receivers put things in order by their epochs.
 * @param outbox changed in place; when this throws, it holds what may not have been sent
 * @returns what the server refused
 * @throws ClientError `connection`
 */
export async function flush(node: NodeClient, auth: ClientAuth, outbox: Outgoing[]): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  for (let item = outbox[0]; item; item = outbox[0]) {
    await sendBatches(node, auth, item);
    while (item.recipients.length > 0) {
      const recipient = item.recipients[0] as Uint8Array;
      const error = await sendTo(node, auth, item, recipient);
      if (error) refusals.push({ recipient, what: item.what, error });
      item.recipients.shift();
    }
    outbox.shift();
  }
  return refusals;
}

const paramsOf = ({ payload, channelId }: Outgoing, auth: ClientAuth) => ({
  ...{ payload, channelId },
  version: WIRE_VERSION,
  auth: auth.toAuth(),
});

/** One call for all; where the server has no batches, or refuses one, the recipients stay, to be tried one by one. */
async function sendBatches(node: NodeClient, auth: ClientAuth, item: Outgoing): Promise<void> {
  while (item.recipients.length > 1) {
    const recipientKeys = item.recipients.slice(0, RECIPIENTS_AT_ONCE);
    try {
      await node.call(nodeService.batchEnqueue, { ...paramsOf(item, auth), recipientKeys });
    } catch (error) {
      if (error instanceof ClientError && error.kind === 'refused') return;
      throw error;
    }
    item.recipients.splice(0, recipientKeys.length);
  }
}

/** @returns why the server refused it, if so */
async function sendTo(
  node: NodeClient,
  auth: ClientAuth,
  item: Outgoing,
  recipientKey: Uint8Array,
): Promise<ClientError | undefined> {
  try {
    await node.call(nodeService.enqueue, { ...paramsOf(item, auth), recipientKey });
    return undefined;
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'refused') return error;
    throw error;
  }
}
