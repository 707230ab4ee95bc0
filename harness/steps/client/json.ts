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
  const [error] = lines.flatMap(asObject).filter(({ type }) => type === 'error');
  assert.ok(error, 'no object of type "error" is on standard error');
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
  assert.ok(told.length > 0, 'it tells of no payload that it ignored');
  const [{ code, reason }] = told as [Record<string, unknown>];
  assert.deepEqual([typeof code, typeof reason], ['string', 'string']);
});

Then('it tells that {person} has added {person}', async function (this: ClientWorld, _name: string, added: string) {
  const key = hex((await this.peer(added)).key);
  const all = this.strictJson().filter(({ type }) => type === 'members');
  assert.ok(all.length > 0, 'there is no object of type "members"');
  const told = all.find((one) => (one.added as unknown[] | undefined)?.includes(key));
  assert.ok(told, 'there is no "added" that holds the new member');
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

/** What else is on standard error is for people. */
function asObject(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}
