// The same with calls of our own, to see what goes over the wire: npx tsx docs/examples/bare-calls.ts 127.0.0.1:7000 SHA256
import { connectNode, parseAddress, senderIdOf } from '@quicnprotochat/client';
import { GroupMember, IdentityKeypair } from '@quicnprotochat/core';
import {
  AUTH_VERSION_NONE,
  buildEnvelope,
  MsgType,
  nodeService,
  parseEnvelope,
  WIRE_VERSION,
} from '@quicnprotochat/proto';
import { connectVat } from '@quicnprotochat/rpc';

const [server = '127.0.0.1:7000', sha256 = ''] = process.argv.slice(2);
const connection = await connectNode({ address: parseAddress(server), trust: { kind: 'pin', sha256 } });
const rpc = connectVat(await connection.openStream());

const [alice, bob] = [IdentityKeypair.generate(), IdentityKeypair.generate()];
const auth = { version: AUTH_VERSION_NONE, accessToken: new Uint8Array(), deviceId: new Uint8Array() };
const queue = { recipientKey: bob.publicKey, channelId: new Uint8Array(), version: WIRE_VERSION, auth };

// Bob uploads a KeyPackage; Alice fetches it, and adds him to a group.
const bobsMember = await GroupMember.new(bob);
const { keyPackage } = await bobsMember.generateKeyPackage();
await rpc.call(nodeService.uploadKeyPackage, { identityKey: bob.publicKey, package: keyPackage, auth });
const fetched = await rpc.call(nodeService.fetchKeyPackage, { identityKey: bob.publicKey, auth });
const alicesMember = await GroupMember.new(alice);
await alicesMember.createGroup();
const adding = await alicesMember.addMember(fetched.package, bob.publicKey);

// The Welcome and a message go into his queue, each in an Envelope (spec/envelope.md).
const about = { groupId: alicesMember.groupId as Uint8Array, senderId: senderIdOf(alice.publicKey) };
const put = (msgType: MsgType, payload: Uint8Array): Promise<{ seq: bigint }> =>
  rpc.call(nodeService.enqueue, {
    ...queue,
    payload: buildEnvelope({ ...about, msgType, payload, timestampMs: BigInt(Date.now()) }),
  });
await put(MsgType.mlsWelcome, adding.welcome as Uint8Array);
await adding.confirm();
await put(MsgType.mlsApplication, await alicesMember.sendMessage(new TextEncoder().encode('hello, Bob')));

// Bob takes both out of it.
const { payloads } = await rpc.call(nodeService.fetch, { ...queue, limit: 0 });
const [welcome, message] = payloads.map(({ payload }) => parseEnvelope(payload).payload);
await bobsMember.joinGroup(welcome as Uint8Array);
const received = await bobsMember.receiveMessage(message as Uint8Array);
if (received.kind === 'application') console.log(new TextDecoder().decode(received.plaintext));
await connection.close();
