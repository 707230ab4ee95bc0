import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { When } from '@cucumber/cucumber';
import type { NodeServiceMethod } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { newText } from '../../src/client/conversation.ts';
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

When('the client runs {string} and is killed at {int} moments', killedAtMoments);

/** Evenly over the time that it takes when it is left alone. */
async function killedAtMoments(this: ClientWorld, text: string, times: number): Promise<void> {
  const { durationMs } = await this.run(text);
  for (let i = 0; i < times; i += 1) {
    const process = await this.start(text);
    await sleep(((i + Math.random()) / times) * durationMs);
    process.kill();
    await this.finished(process, text);
  }
}

When('its state and its key store are moved elsewhere, and nothing else', function (this: ClientWorld) {
  const names = this.folder.files().map(({ path }) => basename(path));
  for (const path of [this.folder.state, this.folder.keyStore])
    assert.ok(existsSync(path), `there is no ${basename(path)}; there is ${names.join(', ') || 'nothing'}`);
  this.folder.moveState();
});
