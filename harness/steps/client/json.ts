import assert from 'node:assert/strict';
import { Then } from '@cucumber/cucumber';
import type { ClientWorld } from '../../src/client/client-world.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

Then('it writes objects of type {string} with {string}', function (this: ClientWorld, type: string, fields: string) {
  const lines = this.strictJson();
  for (const line of lines) assert.equal(typeof line.type, 'string', `a line has no type: ${JSON.stringify(line)}`);
  const found = lines.find((line) => line.type === type);
  assert.ok(found, `there is no object of type "${type}"`);
  for (const field of fields.split(' ')) assert.ok(found[field] !== undefined, `"${type}" has no ${field}`);
});

Then('it writes an error with the code {word}', function (this: ClientWorld, code: string) {
  const lines = this.last.stderr.split('\n').filter((line) => line.trim().startsWith('{'));
  const errors = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ type }) => type === 'error');
  assert.equal(errors.length, 1, `${errors.length} objects of type "error" are on standard error`);
  const [error] = errors as [Record<string, unknown>];
  assert.deepEqual([typeof error.kind, typeof error.message, error.code], ['string', 'string', code]);
});

Then('it tells these messages with group, sender and epoch', async function (this: ClientWorld) {
  const bob = await this.peer('Bob');
  const told = this.strictJson().filter(({ type }) => type === 'message');
  assert.deepEqual(
    told.map(({ text }) => text),
    this.said.map(({ text }) => text),
  );
  for (const { groupId, sender, epoch } of told) {
    const right = [hex(bob.member.groupId as Uint8Array), hex(bob.key), Number(bob.member.epoch)];
    assert.deepEqual([groupId, sender, Number(epoch)], right);
  }
});

Then('it tells these bytes as Base64', function (this: ClientWorld) {
  const told = this.strictJson().filter(({ type }) => type === 'message');
  assert.deepEqual(
    told.map(({ base64 }) => base64),
    this.said.map(({ text }) => text),
  );
});

Then('it tells that it ignored something', function (this: ClientWorld) {
  const told = this.strictJson().filter(({ type }) => type === 'ignored');
  assert.equal(told.length, 1, `it tells of ${told.length} payloads that it ignored`);
  const [{ code, reason }] = told as [Record<string, unknown>];
  assert.deepEqual([typeof code, typeof reason], ['string', 'string']);
});

Then('it tells that {person} has added {person}', async function (this: ClientWorld, _name: string, added: string) {
  const key = hex((await this.peer(added)).key);
  const told = this.strictJson().find(({ type }) => type === 'members');
  assert.ok(told, 'there is no object of type "members"');
  assert.ok((told.added as unknown[] | undefined)?.includes(key), 'its "added" does not hold the new member');
  assert.ok((told.members as unknown[] | undefined)?.includes(key), 'its "members" do not hold the new member');
});

Then('nothing that it shows is from {person}', async function (this: ClientWorld, name: string) {
  const key = hex((await this.peer(name)).key);
  const bob = hex((await this.peer('Bob')).key);
  for (const { type, sender } of this.json())
    if (type === 'message' && sender !== undefined)
      assert.equal(sender, bob, 'it shows another sender than the one who signed it');
  assert.ok(!this.last.stdout.includes(key), `the key of ${name} is in what it shows`);
});
