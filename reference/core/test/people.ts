import { GroupMember, type GroupMemberOptions, IdentityKeypair, type Received } from '../src/index.ts';
import { decodeState } from '../src/mls/saved-state.ts';
import { makeSuite } from '../src/mls/suite.ts';
import type { CiphersuiteImpl, ClientState } from '../vendor/ts-mls/index.js';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (data: Uint8Array): string => new TextDecoder().decode(data);
export const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

export const person = (options?: GroupMemberOptions): Promise<GroupMember> =>
  GroupMember.new(IdentityKeypair.generate(), options);

/** A commit of one member reaches all the others, and is confirmed. */
export async function commit(
  by: GroupMember,
  others: GroupMember[],
  make: (member: GroupMember) => ReturnType<GroupMember['update']>,
): Promise<Uint8Array | undefined> {
  const pending = await make(by);
  for (const other of others) await other.receiveMessage(pending.commit);
  await pending.confirm();
  return pending.welcome;
}

/** Adds somebody, who joins. */
export async function add(by: GroupMember, others: GroupMember[], newcomer: GroupMember): Promise<void> {
  const { keyPackage } = await newcomer.generateKeyPackage();
  const welcome = await commit(by, others, (member) => member.addMember(keyPackage, newcomer.identity.publicKey));
  if (!welcome) throw new Error('no Welcome for who was added');
  await newcomer.joinGroup(welcome);
}

/** A group of so many, made by the first. */
export async function group(size: number, options?: GroupMemberOptions): Promise<GroupMember[]> {
  const members = [await person(options)];
  const [creator] = members as [GroupMember];
  await creator.createGroup();
  while (members.length < size) {
    const newcomer = await person(options);
    await add(creator, members.slice(1), newcomer);
    members.push(newcomer);
  }
  return members;
}

/** The plaintext of what should be an application message by `sender`. */
export function said(received: Received, sender: GroupMember): string {
  if (received.kind !== 'application') throw new Error(`a ${received.kind} came, no message`);
  if (hex(received.sender) !== hex(sender.identity.publicKey)) throw new Error('another sender');
  return text(received.plaintext);
}

/** The inside of a member, for making what no right member would. */
export async function inside(member: GroupMember): Promise<{ state: ClientState; suite: CiphersuiteImpl }> {
  return {
    state: decodeState(await member.save()).state,
    suite: await makeSuite((message) => member.identity.sign(message)),
  };
}
