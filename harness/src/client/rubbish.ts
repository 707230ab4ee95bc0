import { randomBytes } from 'node:crypto';
import { GroupMember, HybridKeypair, IdentityKeypair } from '@quicnprotochat/core';
import type { ClientWorld } from './client-world.ts';
import { usualWrapping } from './conversation.ts';
import { MsgType, wrap } from './wrapping.ts';

/** Behind the segment table and the root pointer. */
const MSG_TYPE_AT = 16;
/** Payloads that the client cannot read, by what scenarios call them. */
export const RUBBISH: Record<string, (world: ClientWorld) => Promise<Uint8Array>> = {
  'some text': async () => Buffer.from('nothing that anybody could read'),
  'a hybrid envelope to somebody else': async (world) => {
    const stranger = HybridKeypair.generate().publicKey.toBytes();
    const content = { message: randomBytes(200), msgType: MsgType.mlsApplication };
    const { key } = await world.peer('Mallory');
    return wrap(
      { ...content, groupId: randomBytes(32), sender: key },
      'in an Envelope with a hybrid envelope',
      stranger,
    );
  },
  'a PrivateMessage with its last bit flipped': async (world) => {
    const bob = await world.peer('Bob');
    const message = await bob.member.sendMessage(Buffer.from('damaged'));
    const last = message.length - 1;
    message[last] = (message[last] as number) ^ 1;
    return bob.wrapFor(world.identityKey, message, MsgType.mlsApplication, usualWrapping(world));
  },
  'a single byte': async () => Uint8Array.of(0),
  'a hybrid envelope of 40 bytes': async () => Buffer.concat([Uint8Array.of(1), randomBytes(39)]),
  'an Envelope that holds nothing': async (world) => {
    const { key } = await world.peer('Mallory');
    const nothing = { message: new Uint8Array(), msgType: MsgType.mlsApplication };
    return wrap({ ...nothing, groupId: new Uint8Array(), sender: key }, 'in an Envelope');
  },
  // msgType, the first field, beyond the enum.
  'an Envelope of an unknown kind': async (world) => {
    const { key } = await world.peer('Mallory');
    const content = { message: randomBytes(40), msgType: MsgType.error, groupId: new Uint8Array(), sender: key };
    const bytes = Buffer.from(wrap(content, 'in an Envelope'));
    bytes[MSG_TYPE_AT] = 200;
    return bytes;
  },
  'a PrivateMessage that is cut': async (world) => {
    const bob = await world.peer('Bob');
    const message = await bob.member.sendMessage(Buffer.from('cut'));
    return bob.wrapFor(world.identityKey, message.subarray(0, 30), MsgType.mlsApplication, usualWrapping(world));
  },
  'a Welcome to somebody else': async (world) => {
    const [mallory, carol] = [await world.peer('Mallory'), await world.peer('Carol')];
    return mallory.invite(carol.key, await carol.publish(), 'in an Envelope');
  },
  'a KeyPackage': async (world) => {
    const mallory = await world.peer('Mallory');
    return (await mallory.member.generateKeyPackage()).keyPackage;
  },
  'a message of another group': async () => {
    const [one, other] = [IdentityKeypair.generate(), IdentityKeypair.generate()];
    const [member, invited] = [await GroupMember.new(one), await GroupMember.new(other)];
    await member.createGroup();
    const pending = await member.addMember((await invited.generateKeyPackage()).keyPackage);
    await pending.confirm();
    const content = { msgType: MsgType.mlsApplication, groupId: member.groupId as Uint8Array, sender: one.publicKey };
    return wrap({ ...content, message: await member.sendMessage(Buffer.from('elsewhere')) }, 'in an Envelope');
  },
};
