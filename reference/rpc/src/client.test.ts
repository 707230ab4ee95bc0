import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { bootstrap, capability, echo, params, probe, returned, scripted, wait } from '../test/peers.ts';

const nothing = { kind: 'results', payload: params } as const;

test('a signal that outlives its call cancels no other one, and is let go of', async () => {
  const { client, peer } = scripted();
  const controller = new AbortController();
  const { signal } = controller;
  const first = client.call(echo, probe(1), { signal });
  assert.deepEqual(await peer.nextKinds(2), ['bootstrap', 'call']);
  peer.send(returned(1, nothing));
  await first;
  const second = client.call(wait, probe(2));
  const [, again] = [await peer.next(), await peer.next()];
  assert.ok(again?.kind === 'call' && again.questionId === 1, 'the id is used again');
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  controller.abort(new Error('too late'));
  peer.send({ kind: 'other', which: 99 });
  assert.deepEqual(await peer.nextKinds(1), ['unimplemented'], 'no Finish');
  peer.send(returned(1, nothing));
  await second;
});

test('a signal that outlives its wait for the bootstrap is let go of', async () => {
  for (const isHere of [true, false]) {
    const { client, peer } = scripted();
    const { signal } = new AbortController();
    const ready = client.bootstrap(signal);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    const capTable = [{ kind: 'senderHosted', id: 1 } as const];
    peer.send(
      returned(0, isHere ? { kind: 'results', payload: { content: capability, capTable } } : { kind: 'canceled' }),
    );
    if (isHere) await ready;
    else await assert.rejects(ready, /gave no bootstrap capability/);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
});

test('a call that waits for the one before it is sent when that returns, also when no Finish is due', async () => {
  const { client, peer } = scripted({ questions: 2 });
  const calls = [client.call(echo, probe(1)), client.call(echo, probe(2))];
  assert.deepEqual(await peer.nextKinds(2), ['bootstrap', 'call']);
  const answer = { kind: 'return', answerId: 1, releaseParamCaps: true, noFinishNeeded: true, value: nothing } as const;
  peer.send(answer);
  assert.deepEqual(await peer.nextKinds(1), ['call']);
  peer.send(answer);
  await Promise.all(calls);
});

test('a client bounds the answers that its server does not finish, too', async () => {
  const { client, peer } = scripted({ unfinishedAnswers: 1 });
  peer.send(bootstrap, { ...bootstrap, questionId: 1 } as typeof bootstrap);
  assert.deepEqual(await client.closed, { kind: 'protocol-error', reason: 'too many answers were not finished' });
});
