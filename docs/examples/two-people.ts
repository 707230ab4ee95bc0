// Two people meet on a NodeService and talk: npx tsx docs/examples/two-people.ts 127.0.0.1:7000 SHA256
// The server has to be open (`npx reference-server --open`); SHA256 is what it prints about its certificate.
import { randomBytes } from 'node:crypto';
import { ClientAuth, NodeClient, newState, parseAddress, Session } from '@quicnprotochat/client';
import { MemoryKeyStore } from '@quicnprotochat/core';

const [server = '127.0.0.1:7000', sha256 = ''] = process.argv.slice(2);
const node = new NodeClient({ address: parseAddress(server), trust: { kind: 'pin', sha256 } });

/** Somebody new, who is forgotten when the program ends; docs/libraries.md keeps a person in a file. */
const person = (): Promise<Session> =>
  Session.open({
    node,
    auth: new ClientAuth(undefined),
    state: newState(randomBytes(32)),
    keyStore: new MemoryKeyStore(),
    save: async () => {},
  });

const [alice, bob] = [await person(), await person()];
await bob.register(1); // uploads one KeyPackage, and his hybrid key
await alice.createGroup(randomBytes(32));
await alice.invite(bob.identityKey); // takes his KeyPackage, sends him a Welcome
await bob.sync(true); // joins by the Welcome in his queue
await alice.send(new TextEncoder().encode('hello, Bob'));
await bob.sync(); // takes in what is in his queue
await bob.show(async ({ type, fields }) => {
  if (type === 'message') console.log(`${fields.sender}: ${fields.text}`);
});
alice.dispose();
bob.dispose();
await node.close();
