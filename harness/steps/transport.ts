import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { Given, Then, When } from '@cucumber/cucumber';
import { nodeService } from '@quicnprotochat/proto';
import { QuicError } from '@quicnprotochat/quic';
import { writeMessage } from '@quicnprotochat/rpc';
import type { TargetAddress } from '../src/target/target.ts';
import { beginWith } from '../src/wire/first-packets.ts';
import { bootstrap, call, finish, health, promise } from '../src/wire/messages.ts';
import { MovingNetwork } from '../src/wire/moving-network.ts';
import { RawSession } from '../src/wire/raw-session.ts';
import { resultsOf, WireScenario } from '../src/wire/scenario.ts';
import { Bystander } from '../src/world/bystander.ts';

Given('a bystander at work', async function () {
  await Bystander.of(WireScenario.of(this).world);
});

Then('the bystander notices nothing', async function () {
  const bystander = await Bystander.of(WireScenario.of(this).world);
  await bystander.stop();
});

Then('a new connection is answered', async function () {
  const scenario = WireScenario.of(this);
  await scenario.health(await scenario.world.session(), 'new');
});

When('a client connects that offers {string}', async function (protocols: string) {
  const scenario = WireScenario.of(this);
  try {
    scenario.connection = await scenario.world.connect({ alpn: protocols.split(', ') });
  } catch (error) {
    scenario.failure = error;
  }
});

Then('the connection is made with {string}', function (protocol: string) {
  const { connection, failure } = WireScenario.of(this);
  if (!connection) throw new Error(`there is no connection: ${failure instanceof Error ? failure.message : failure}`);
  assert.equal(connection.alpn, protocol, 'the protocol agreed on');
});

Then('the handshake fails', function () {
  const { connection } = WireScenario.of(this);
  if (connection) throw new Error(`the connection was made, with protocol "${connection.alpn}"`);
});

Then('the QUIC error is {int}', function (code: number) {
  const { connection, failure } = WireScenario.of(this);
  if (connection) throw new Error('the connection was made');
  const got = failure instanceof QuicError ? failure.errorCode : undefined;
  if (got !== code)
    throw new Error(`the handshake ended with ${got === undefined ? failure : `error ${got}`}, expected error ${code}`);
});

/** Reserved, so that nobody ever speaks them (RFC 9000, section 15), each with another type of packet. */
const VERSIONS_OF_NOBODY = [0xc00a1a2a3a, 0xd01a2a3a4a, 0xe0babababa, 0xf0fafafafa];

When('clients begin with versions that there will never be', async function () {
  const scenario = WireScenario.of(this);
  const { target, random } = scenario.world;
  const [address] = target.addresses as [TargetAddress];
  scenario.asked = [];
  for (const [i, start] of VERSIONS_OF_NOBODY.entries()) {
    const packet = { first: Math.floor(start / 2 ** 32), version: start % 2 ** 32, ids: random.bytes(16) };
    const versions = await beginWith(address, packet, target.timeoutMs);
    if (!versions?.includes(1)) scenario.asked.push(i);
  }
});

Then('each of them is told of version 1', function () {
  const untold = WireScenario.of(this).asked.map((i) => (VERSIONS_OF_NOBODY[i] as number).toString(16));
  if (untold.length > 0)
    throw new Error(`no Version Negotiation with version 1 came for packets that begin with ${untold.join(', ')}`);
});

Given('a client behind a network that changes its port', async function () {
  const scenario = WireScenario.of(this);
  const [address] = scenario.world.target.addresses as [TargetAddress];
  scenario.network = await MovingNetwork.open(address);
  scenario.connection = await scenario.world.connect(scenario.network.address);
  const rpc = await scenario.world.session(scenario.connection);
  scenario.sessions.push(rpc);
  // Twice: then the handshake is confirmed, and what comes has nothing of it in it any more.
  await scenario.health(rpc, 'port 1');
  await scenario.health(rpc, 'port 1');
});

When('its port changes {int} times, and it calls health each time', async function (times: number) {
  const scenario = WireScenario.of(this);
  const { network, sessions } = scenario;
  const [rpc] = sessions;
  if (!network || !rpc) throw new TypeError('no client behind a network');
  let moves = 0;
  try {
    for (moves = 1; moves <= times; moves += 1) {
      network.move();
      await scenario.health(rpc, `port ${moves + 1}`);
    }
  } catch (cause) {
    scenario.failure = new Error(`its call after change ${moves}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  await scenario.connection?.close();
  network.close();
});

Then('each of its calls is answered', function () {
  const { failure } = WireScenario.of(this);
  if (failure) throw failure;
});

Given('a connection with {int} sessions', async function (count: number) {
  const scenario = WireScenario.of(this);
  scenario.connection = await scenario.world.connect();
  for (let i = 0; i < count; i += 1) {
    const rpc = await scenario.world.session(scenario.connection);
    await scenario.health(rpc, `session ${i + 1}`);
    scenario.sessions.push(rpc);
  }
});

Then('every session is answered', async function () {
  const scenario = WireScenario.of(this);
  await Promise.all(scenario.sessions.map((rpc, i) => scenario.health(rpc, `session ${i + 1}`)));
});

Then('a further session of the connection is answered', async function () {
  const scenario = WireScenario.of(this);
  await scenario.health(await scenario.world.session(scenario.connection), 'further');
});

When('{int} streams ask with the same question ids', async function (count: number) {
  const scenario = WireScenario.of(this);
  scenario.connection = await scenario.world.connect();
  const { peerStreamsLeftBidi } = scenario.connection;
  if (peerStreamsLeftBidi < 2) scenario.world.skip(`the target grants ${peerStreamsLeftBidi} streams at once`);
  const sessions: RawSession[] = [];
  // One stream is left for what comes next.
  for (let i = 0; i < Math.min(count, peerStreamsLeftBidi - 1); i += 1)
    sessions.push(await RawSession.open(scenario.world, scenario.connection));
  for (const session of sessions) await session.send(bootstrap(), health(1));
  for (const session of sessions) {
    await session.returnFor(0);
    const { value } = await session.returnFor(1);
    if (value.kind !== 'results') throw new Error(`health was answered with ${value.kind}`);
  }
});

Then('a call on a stream without bootstrap gives no results', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.send(health(1));
  const message = await session.next();
  if (message.kind === 'return' && message.value.kind === 'results')
    throw new Error('the promise of another stream was answered');
});

When('another session waits for a message', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  // Longer than an answer may take: whoever waits for this one first is late. It ends with the scenario.
  const timeoutMs = BigInt(2 * scenario.world.timeoutMs);
  await session.send(bootstrap(), scenario.waiting(1, timeoutMs), bootstrap(2));
  // Its answer shows that the wait was read: else the calls of the others could come first.
  await session.returnFor(2);
});

When('another session stops in the middle of a message', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.sendBytes(Buffer.from('00000000', 'hex'), 'half a segment table');
  // A server may grant few streams; one of them is left for what comes next.
  if ((scenario.connection?.peerStreamsLeftBidi ?? 0) < 2) return;
  const further = await RawSession.open(scenario.world, scenario.connection);
  await further.sendBytes(Buffer.from('0000000064000000', 'hex'), 'a segment table, and no segment');
});

When('another session ends with FIN', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.send(bootstrap());
  await session.returnFor(0);
  await session.stream.end();
  scenario.raw = session;
});

Then('the server ends that session, too', async function () {
  await (await WireScenario.of(this).rawSession()).end();
});

When('another session is reset', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.send(bootstrap());
  await session.returnFor(0);
  session.stream.reset(42);
});

When('a session of it waits for a message', async function () {
  const scenario = WireScenario.of(this);
  const { world, queue } = scenario;
  const rpc = await world.session(scenario.connection);
  scenario.wait = world.call(rpc, 'Alice', nodeService.fetchWait, { ...queue, timeoutMs: LONG_WAIT_MS, limit: 0 });
  scenario.wait.catch(() => {});
  // Only now is it certain that the server has read the wait.
  await scenario.health(rpc, 'waiting');
});

When(
  'another session asks under questions {int} to {int}, and finishes them',
  async function (first: number, last: number) {
    const scenario = WireScenario.of(this);
    const session = await RawSession.open(scenario.world, scenario.connection);
    const own = last + 1;
    const questions = Array.from({ length: own - first }, (_, index) => first + index);
    await session.send(bootstrap(own), ...questions.map((question) => health(question, promise(own))));
    for (const question of questions) await session.returnFor(question);
    await session.send(...questions.map((question) => finish(question)), health(first, promise(own)));
    // Its answer shows that the others were read.
    await session.returnFor(first);
  },
);

When('another connection of Alice fetches and closes', async function () {
  const scenario = WireScenario.of(this);
  const connection = await scenario.world.connect();
  await scenario.drain(await scenario.world.session(connection));
  await connection.close(0, 'leaving');
});

Then('a message that comes now ends that wait', async function () {
  const scenario = WireScenario.of(this);
  const [rpc] = scenario.sessions;
  if (!rpc || !scenario.wait) throw new TypeError('no session, or none that waits');
  // Time for a server that ends the wait with what has ended beside it.
  await sleep(NOTICE_MS);
  const payload = scenario.newPayload();
  await scenario.enqueue(rpc, payload);
  const { payloads } = resultsOf(await scenario.wait);
  if (!payloads.some((came) => Buffer.from(came.payload).equals(payload)))
    throw new Error('the wait ended without the message');
});

When('another session asks for a long message and reads nothing', async function () {
  const scenario = WireScenario.of(this);
  const [rpc] = scenario.sessions;
  if (!rpc) throw new TypeError('no session');
  await scenario.enqueue(rpc, scenario.world.random.bytes(Math.min(scenario.world.limits.payloadBytes, LONG_MESSAGE)));
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.send(bootstrap(), call(1, nodeService.fetch, { ...scenario.queue, limit: 0 }));
  // For the server to find that nothing more is read.
  await sleep(NOTICE_MS);
});

When('another session stops reading', async function () {
  const scenario = WireScenario.of(this);
  const session = await RawSession.open(scenario.world, scenario.connection);
  await session.send(bootstrap(), health(1));
  session.stream.stopReading(42);
});

Given("Alice's queue holds nothing", async function () {
  const scenario = WireScenario.of(this);
  const rpc = await scenario.world.session();
  scenario.sessions.push(rpc);
  await scenario.drain(rpc);
});

/** Longer than a scenario lasts, so that nothing but leaving ends the wait. */
const LONG_WAIT_MS = 20_000n;
/** For a server to do what it does when a stream, or a connection, ends or stands still, in ms. */
const NOTICE_MS = 60;
/** More than a client takes that reads nothing, 1 MiB, in bytes. */
const LONG_MESSAGE = 3 << 20;
/** For the server to see that the client has left, in ms. */
const LEAVE_MS = 400;

When('Alice waits for a message and {string}', async function (leave: string) {
  const scenario = WireScenario.of(this);
  const session = await scenario.bootstrapped();
  const wait = { ...scenario.queue, timeoutMs: LONG_WAIT_MS, limit: 0 };
  await session.send(call(1, nodeService.fetchWait, wait), health(2));
  await session.returnFor(2);
  if (leave === 'ends the stream') await session.stream.end();
  else if (leave === 'resets the stream') session.stream.reset(0);
  else if (leave === 'closes the connection') await session.connection.close(0, 'leaving');
  else throw new TypeError(`unknown way to leave: ${leave}`);
  await sleep(LEAVE_MS);
  // A server that is slow has answered this only after it saw the client leave.
  await scenario.health(await scenario.world.session(), 'new');
});

Then('a message that comes now is still there for her', async function () {
  const scenario = WireScenario.of(this);
  const [rpc] = scenario.sessions;
  if (!rpc) throw new TypeError('no session');
  const payload = scenario.newPayload();
  await scenario.enqueue(rpc, payload);
  // Time for a server that still serves the wait to hand it to nobody.
  await sleep(LEAVE_MS);
  const got = await scenario.drain(rpc);
  if (!got.some((other) => Buffer.from(other).equals(payload)))
    throw new Error('the message is gone: it was taken for a call that nobody waits for');
});

Then('it lets the client open no unidirectional stream', async function () {
  const connection = await WireScenario.of(this).world.connect();
  if (connection.peerStreamsLeftUni > 0)
    throw new Error(`the server grants ${connection.peerStreamsLeftUni} unidirectional streams`);
});

When(
  'a connection is kept alive for {int} ms with an idle time-out of {int} ms',
  async function (duration: number, idle: number) {
    const scenario = WireScenario.of(this);
    scenario.connection = await scenario.world.connect({ maxIdleTimeoutMs: idle, keepAliveMs: idle / 4 });
    scenario.sessions.push(await scenario.world.session(scenario.connection));
    await sleep(duration);
  },
);

When('{int} datagrams of garbage are sent to it', async function (count: number) {
  const { target, random } = WireScenario.of(this).world;
  const [{ host, port }] = target.addresses as [TargetAddress];
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const send = (bytes: Uint8Array) => new Promise<void>((resolve) => socket.send(bytes, port, host, () => resolve()));
  // Short headers, long headers of version 1 and of no version, of all lengths.
  const heads = ['40', 'c000000001', 'c0babababa', 'e000000001', 'f000000001', 'ff', '00'].map((hex) =>
    Buffer.from(hex, 'hex'),
  );
  for (let i = 0; i < count; i += 1) {
    const head = heads[i % heads.length] as Buffer;
    await send(Buffer.concat([head, random.bytes((i * 53) % 1300)]));
    if (i % 50 === 49) await sleep(1);
  }
  socket.close();
});

/** Short: a server cannot know that a client has vanished, and may hand a message to it until its wait is over. */
const VANISHED_WAIT_MS = 200n;
/** When a server may forget them, in ms. */
const VANISHED_IDLE_MS = 5_000;

When('{int} clients vanish in the middle of what they do', async function (count: number) {
  const scenario = WireScenario.of(this);
  const vanish = async (i: number): Promise<void> => {
    if (i % 4 === 0) {
      // In the middle of the handshake.
      await scenario.world.connect({ isPatient: false, signal: AbortSignal.timeout(1 + (i % 5)) }).catch(() => {});
      return;
    }
    const connection = await scenario.world
      .connect({ isPatient: false, maxIdleTimeoutMs: VANISHED_IDLE_MS })
      .catch(() => undefined);
    // A server may have no room for all of them.
    if (!connection) return;
    const session = await RawSession.open(scenario.world, connection);
    if (i % 4 === 1) await session.sendBytes(Buffer.from('0000000010000000', 'hex'), 'a segment table, and no segment');
    else
      await session.send(
        bootstrap(),
        call(1, nodeService.fetchWait, { ...scenario.queue, timeoutMs: VANISHED_WAIT_MS, limit: 1 }),
      );
    await sleep(5);
    if (i % 4 === 3) await session.connection.close(99, 'leaving');
    else session.connection.abandon();
  };
  await Promise.all(Array.from({ length: count }, (_, i) => vanish(i)));
  await sleep(2 * Number(VANISHED_WAIT_MS));
});

When('a client asks for much and reads nothing', async function () {
  const scenario = WireScenario.of(this);
  const rpc = await scenario.world.session();
  const size = Math.min(scenario.world.limits.payloadBytes, 1 << 20);
  for (let i = 0; i < 4; i += 1) await scenario.enqueue(rpc, scenario.world.random.bytes(size));
  const connection = await scenario.world.connect({ initialMaxData: 4_096, initialMaxStreamData: 2_048 });
  const session = await RawSession.open(scenario.world, connection);
  await session.send(bootstrap(), call(1, nodeService.fetch, { ...scenario.queue, limit: 0 }));
  // As much as the server takes in half a second.
  const asking = (async () => {
    for (let id = 2; id < 3_000; id += 1) await session.stream.write(writeMessage(health(id)));
  })();
  await Promise.race([asking.catch(() => {}), sleep(500)]);
});
