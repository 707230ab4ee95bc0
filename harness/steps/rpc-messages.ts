// How messages are laid out and cut, and what a server does not know: features/rpc/messages.feature.
import { Then, When } from '@cucumber/cucumber';
import { type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import { requireResults, requireUnimplemented } from '../src/wire/answers.ts';
import { bootstrap, finish, health } from '../src/wire/messages.ts';
import { named } from '../src/wire/named.ts';
import { byHand } from '../src/wire/scenario.ts';
import { spread } from '../src/wire/surgery.ts';

/** Bytes written at a time, of so many. */
const PIECES: Readonly<Record<string, (length: number) => number>> = {
  'byte by byte': () => 1,
  'three bytes at a time': () => 3,
  'all at once': (length) => length,
  'cut in the segment table': () => 4,
};

When('it sends Bootstrap and a call of health {string}', async function (pieces: string) {
  const session = await byHand(this);
  const bytes = Buffer.concat([writeMessage(bootstrap()), writeMessage(health(1)), writeMessage(health(2))]);
  const step = named(PIECES, pieces)(bytes.length);
  for (let i = 0; i < bytes.length; i += step) {
    await session.stream.write(bytes.subarray(i, i + step));
    // A turn of the event loop sends what was written: each piece travels by itself.
    await new Promise((resolve) => setImmediate(resolve));
  }
});

Then('both calls are answered', async function () {
  const session = await byHand(this);
  await session.returnFor(0);
  requireResults(await session.returnFor(1));
  requireResults(await session.returnFor(2));
});

When('it calls health in a message of {string}', async function (how: string) {
  const session = await byHand(this);
  await session.sendBytes(spread(writeMessage(health(3)), how as 'far'), `Call 3 of health, ${how}`);
});

When(
  'it calls method {int} of NodeService under question {int}',
  async function (methodId: number, questionId: number) {
    await (await byHand(this)).send({ ...health(questionId), methodId });
  },
);

When(
  'it calls method {int} of the interface {string} under question {int}',
  async function (methodId: number, interfaceId: string, questionId: number) {
    await (await byHand(this)).send({
      ...health(questionId),
      interfaceId: BigInt(interfaceId),
      methodId,
    });
  },
);

Then('question {int} is answered with an exception of type unimplemented', async function (questionId: number) {
  requireUnimplemented(await (await byHand(this)).returnFor(questionId));
});

When('it sends a message of kind {int}', async function (which: number) {
  await (await byHand(this)).send({ kind: 'other', which });
});

Then('{string} comes back with the message of kind {int} in it', async function (kind: string, which: number) {
  const message = await (await byHand(this)).next();
  if (message.kind !== kind) throw new Error(`${message.kind} came instead of ${kind}`);
  if (message.kind === 'unimplemented' && !(message.message?.kind === 'other' && message.message.which === which)) {
    throw new Error(`it holds ${message.message?.kind ?? 'nothing'}`);
  }
});

/** What comes inside `unimplemented`. */
const CONTENTS: Readonly<Record<string, RpcMessage | undefined>> = {
  nothing: undefined,
  'a Finish': finish(77),
  'a message of kind 99': { kind: 'other', which: 99 },
  'a Resolve': {
    kind: 'resolve',
    promiseId: 77,
    value: { kind: 'exception', exception: { type: 'failed', reason: 'no' } },
  },
};

When('it sends unimplemented with {string} in it', async function (what: string) {
  await (await byHand(this)).send({ kind: 'unimplemented', message: named(CONTENTS, what) });
});

When('it sends Abort', async function () {
  await (await byHand(this)).send({
    kind: 'abort',
    exception: { type: 'failed', reason: 'goodbye' },
  });
});
