import { randomBytes } from 'node:crypto';
import type { Received } from '@quicnprotochat/core';
import type { ClientWorld } from './client-world.ts';
import type { Peer } from './peer.ts';
import { MsgType, type Wrapping } from './wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A text that is found nowhere by chance, in letters that no output changes. */
export const newText = (): string => `hello-${randomBytes(12).toString('hex')}`;

/** Lets the client make a group and invite people, who join. */
export async function inGroupWith(world: ClientWorld, ...names: string[]): Promise<void> {
  if (!world.isRegistered) await world.must('register-state');
  await world.must('create-group --group-id friends');
  const members: Peer[] = [];
  for (const name of names) {
    const peer = await world.peer(name);
    await peer.publish();
    await world.must(`invite --peer-key ${hex(peer.key)}`);
    for (const member of members) await member.read();
    await peer.join();
    members.push(peer);
  }
}

/** How somebody writes to the client by default: as MLS-006 and MLS-007 have it. */
export function usualWrapping(world: ClientWorld): Wrapping {
  return world.service.hybridKeys.has(hex(world.identityKey))
    ? 'in an Envelope with a hybrid envelope'
    : 'in an Envelope';
}

/** Lets somebody make a group and invite the client, which joins. */
export async function joinGroupOf(world: ClientWorld, name: string): Promise<void> {
  await world.must('register-state');
  await inviteClient(world, name);
  await world.must('join');
}

/** Lets somebody make a group and invite the client, by the oldest KeyPackage that it has uploaded. */
export async function inviteClient(world: ClientWorld, name: string): Promise<void> {
  const peer = await world.peer(name);
  const keyPackage = world.service.keyPackages.get(hex(world.identityKey))?.shift();
  if (!keyPackage) throw new Error('the client has uploaded no KeyPackage that one could invite it by');
  const welcome = await peer.invite(world.identityKey, keyPackage, usualWrapping(world)).catch((error: unknown) => {
    throw new Error(`${name} cannot use the client's KeyPackage: ${error instanceof Error ? error.message : error}`);
  });
  world.service.put(world.identityKey, welcome);
}

/** Puts a new message of somebody into a queue of the client. @returns the payload */
export async function say(
  world: ClientWorld,
  name: string,
  wrapping = usualWrapping(world),
  channelId?: Uint8Array,
): Promise<Uint8Array> {
  const text = newText();
  const peer = await world.peer(name);
  await peer.follow();
  const payload = await peer.message(text, world.identityKey, wrapping);
  world.service.put(world.identityKey, payload, channelId);
  world.said.push({ text, payload });
  return payload;
}

/** Lets somebody add another to the group. @returns the commit as it goes to the client */
export async function add(world: ClientWorld, name: string, added: string): Promise<Uint8Array> {
  const [peer, other] = [await world.peer(name), await world.peer(added)];
  await peer.follow();
  const pending = await peer.member.addMember(await other.publish(), other.key);
  await pending.confirm();
  return peer.wrapFor(world.identityKey, pending.commit, MsgType.mlsCommit, usualWrapping(world));
}

/** Lets somebody renew their keys in the group. @returns the commit as it goes to the client */
export async function renew(world: ClientWorld, name: string): Promise<Uint8Array> {
  const peer = await world.peer(name);
  await peer.follow();
  const pending = await peer.member.update();
  await pending.confirm();
  return peer.wrapFor(world.identityKey, pending.commit, MsgType.mlsCommit, usualWrapping(world));
}

/** Lets somebody remove the client from the group. */
export async function removeClient(world: ClientWorld, name: string): Promise<void> {
  const peer = await world.peer(name);
  await peer.follow();
  const pending = await peer.member.removeMember(world.identityKey);
  await pending.confirm();
  const commit = peer.wrapFor(world.identityKey, pending.commit, MsgType.mlsCommit, usualWrapping(world));
  world.service.put(world.identityKey, commit);
}

/** @returns whether it is a message of the client with this text */
export function isMessage(received: Received, sender: Uint8Array, text: string): boolean {
  return (
    received.kind === 'application' &&
    hex(received.sender) === hex(sender) &&
    Buffer.from(received.plaintext).toString() === text
  );
}
