import { CHANNEL_ID_LEN, type nodeService, type ParamsOf, type ResultsOf } from '@quicnprotochat/proto';
import type { Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';

type CreateChannel = (typeof nodeService)['createChannel'];

/** createChannel (spec: CH). */
export class ChannelService {
  readonly #store: Store;
  readonly #random: (length: number) => Uint8Array;

  constructor(store: Store, random: (length: number) => Uint8Array) {
    this.#store = store;
    this.#random = random;
  }

  async createChannel({ peerKey }: ParamsOf<CreateChannel>, caller: Caller): Promise<ResultsOf<CreateChannel>> {
    if (!caller.identityKey)
      throw new NodeServiceError('E001', 'a channel needs a caller with an identity: use a token');
    requireKey('peerKey', peerKey);
    if (Buffer.from(peerKey).equals(caller.identityKey))
      throw new NodeServiceError('E020', 'a channel needs two members');
    return { channelId: await this.#store.channelOf(caller.identityKey, peerKey, this.#random(CHANNEL_ID_LEN)) };
  }
}

/**
 * Caller and recipients must all be members of the channel (spec: CH).
 * @throws NodeServiceError E023 when there is no such channel, E022 when one of them is no member
 */
export async function requireMembers(
  store: Store,
  channelId: Uint8Array,
  caller: Caller,
  ...recipientKeys: Uint8Array[]
): Promise<void> {
  const channel = await store.channel(channelId);
  if (!channel) throw new NodeServiceError('E023', 'there is no such channel');
  const isMember = (key: Uint8Array | undefined): boolean =>
    key !== undefined && channel.members.some((member) => Buffer.from(member).equals(key));
  if (!isMember(caller.identityKey)) throw new NodeServiceError('E022', 'the caller is no member of the channel');
  if (!recipientKeys.every(isMember)) throw new NodeServiceError('E022', 'a recipient is no member of the channel');
}
