import assert from 'node:assert/strict';
import { existsSync, watch } from 'node:fs';
import { basename } from 'node:path';
import { When } from '@cucumber/cucumber';
import type { NodeServiceMethod } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { newText, say } from '../../src/client/conversation.ts';
import { alike } from '../../src/client/memory-service.ts';

When('the client runs {string} and is killed when it calls {word}', killedAt);

When('the client sends a message and is killed when it calls {word}', async function (this: ClientWorld, at: string) {
  this.text = newText();
  await killedAt.call(this, `send --msg ${this.text}`, at);
});

/** The call takes its effect; nobody is there any more to hear of it. */
async function killedAt(this: ClientWorld, text: string, method: string): Promise<void> {
  const { before } = await this.node();
  const names = alike(method as NodeServiceMethod);
  const process = await this.start(text);
  for (const name of names) before[name] = () => process.kill();
  await this.finished(process, text);
  for (const name of names) delete before[name];
}

When(
  'the client runs {string} and is killed at its first {int} writes',
  async function (this: ClientWorld, text: string, last: number) {
    await killedAtWrites(this, text, { last, step: 1 });
  },
);

const STEPS: Record<string, number> = { second: 2, third: 3 };

When(
  /^the client runs "([^"]+)" and is killed at every (second|third) of its first (\d+) writes(, after a message of Bob each time)?$/,
  async function (this: ClientWorld, text: string, every: string, last: string, isWritten: string | undefined) {
    const before = async (): Promise<void> => void (isWritten && (await say(this, 'Bob')));
    await killedAtWrites(this, text, { last: Number(last), step: STEPS[every] as number, before });
  },
);

When('it takes messages by peek and ack', async function (this: ClientWorld) {
  if ((await this.node()).of('fetch', 'fetchWait').length > 0)
    this.skip('the client takes messages by fetch: what it is killed with may be lost');
});

interface Writes {
  /** The last write that it is killed at. */
  last: number;
  /** To the next. */
  step: number;
  /** Comes before each. */
  before?: () => Promise<void>;
}

/** Once at each: as soon as something has changed in its folder so many times, whatever it was. */
async function killedAtWrites(world: ClientWorld, text: string, { last, step, before }: Writes): Promise<void> {
  const node = await world.node();
  let acks = node.of('ack').length;
  for (let wanted = step, runs = 0; wanted <= last && runs < last; wanted += step, runs += 1) {
    await before?.();
    const process = await world.start(text);
    let seen = 0;
    const watcher = watch(world.folder.work, () => {
      seen += 1;
      if (seen === wanted) process.kill();
    });
    await world.finished(process, text).finally(() => watcher.close());
    if (seen < wanted) return;
    // What was done once is not done again: the next writes are the first of what comes after it.
    if (node.of('ack').length > acks) wanted = 0;
    acks = node.of('ack').length;
  }
}

When('its state and its key store are moved elsewhere, and nothing else', function (this: ClientWorld) {
  const names = this.folder.files().map(({ path }) => basename(path));
  for (const path of [this.folder.state, this.folder.keyStore])
    assert.ok(existsSync(path), `there is no ${basename(path)}; there is ${names.join(', ') || 'nothing'}`);
  this.folder.moveState();
});
