// A person who is kept in a file: npx tsx docs/examples/kept.ts 127.0.0.1:7000 SHA256 alice.bin
// The first time it makes alice.bin, each time it uploads a KeyPackage and prints what has come.
import {
  ClientAuth,
  ClientError,
  NodeClient,
  parseAddress,
  parseToken,
  Session,
  StateFile,
} from '@quicnprotochat/client';

const [server = '127.0.0.1:7000', sha256 = '', state = 'alice.bin'] = process.argv.slice(2);
const node = new NodeClient({ address: parseAddress(server), trust: { kind: 'pin', sha256 } });
const file = new StateFile({ state, statePassword: process.env.STATE_PASSWORD });
const unlock = await file.lock(); // nobody else uses it meanwhile
try {
  const kept = (await file.read()) ?? (await file.create());
  const session = await Session.open({
    node,
    auth: new ClientAuth(parseToken(process.env.TOKEN)), // without a token for an open server
    state: kept,
    keyStore: await file.keyStore(),
    save: (changed) => file.write(changed),
  });
  await session.register(1);
  await session.sync(true);
  const count = await session.show(async ({ text }) => console.log(text));
  console.log(`${Buffer.from(session.identityKey).toString('hex')}: ${count} shown`);
  session.dispose();
} catch (error) {
  if (!(error instanceof ClientError)) throw error;
  console.error(`${error.kind}${error.code ? ` ${error.code}` : ''}: ${error.message}`);
  process.exitCode = 1;
} finally {
  unlock();
  await node.close();
}
