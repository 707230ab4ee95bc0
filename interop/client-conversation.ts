import { isDeepStrictEqual } from 'node:util';
import type { Line, Person } from './client-process.ts';
import type { Checks, RunningServer } from './peer.ts';

const GROUP = 'friends';

/**
 * Three people talk, each step a process of its own: Alice makes a group and invites Bob and Carol, everybody reads
 * everybody, Carol is away for a while, is removed, reads nothing that comes after, and comes back.
 * @param missed how many messages Carol catches up on
 */
export async function converse(
  checks: Checks,
  where: string,
  [alice, bob, carol]: Person[],
  server: RunningServer,
  missed: number,
): Promise<void> {
  if (!alice || !bob || !carol) throw new Error('three people are needed');
  const everyone = [alice, bob, carol];
  const expect = (what: string, got: unknown, wanted: unknown): void =>
    checks.check(`${where}: ${what}`, isDeepStrictEqual(got, wanted), `got ${JSON.stringify(got)?.slice(0, 2_000)}`);
  for (const person of everyone) {
    person.use(server);
    await person.must('register-state', '--count', '2');
  }

  await alice.must('create-group', '--group-id', GROUP);
  await alice.must('invite', '--peer-key', bob.identityKey);
  const early = await bob.run(['send', '--msg', 'too early']);
  expect('who has not joined cannot send: exit 6', early.code, 6);
  await alice.must('send', '--msg', 'welcome, bob');
  await bob.must('join');
  expect('a message sent before the join is read after it', await bob.reads(), ['welcome, bob']);
  await bob.must('invite', '--peer-key', carol.identityKey);
  await carol.must('join');
  expect('alice learns who was added', membersAfter(await alice.must('recv')), keysOf(everyone));

  await carol.must('send', '--msg', 'hello from carol ✓');
  for (const person of [alice, bob]) expect(`${person.name} reads carol`, await person.reads(), ['hello from carol ✓']);

  const texts = Array.from({ length: missed }, (_, i) => `message ${i + 1}`);
  const half = Math.floor(missed / 2);
  const [first, second] = [texts.slice(0, half), texts.slice(half)];
  expect('alice sends many', (await alice.run(['send', '--lines'], first.map(line).join(''))).code, 0);
  await bob.must('update');
  expect('alice sends more', (await alice.run(['send', '--lines'], second.map(line).join(''))).code, 0);
  expect(`carol catches up on ${missed}, over a change of keys`, await carol.reads(), texts);
  expect('nothing is left for her', await carol.reads(), []);
  expect('bob has them, too', await bob.reads(), texts);

  await alice.must('remove', '--peer-key', carol.identityKey);
  await alice.must('send', '--msg', 'without carol');
  const last = await carol.must('recv');
  expect(
    'carol learns that she was removed',
    last.map(({ type }) => type),
    ['removed'],
  );
  expect('carol cannot send any more: exit 6', (await carol.run(['send', '--msg', 'still here?'])).code, 6);
  expect('bob reads on', await bob.reads(), ['without carol']);

  await bob.must('invite', '--peer-key', carol.identityKey);
  await carol.must('join');
  await carol.must('send', '--msg', 'back again');
  for (const person of [alice, bob]) expect(`${person.name} reads carol again`, await person.reads(), ['back again']);
  const nobody = await alice.run(['invite', '--peer-key', 'ab'.repeat(32)]);
  expect('nobody to invite: exit 6', nobody.code, 6);
}

const line = (text: string): string => `${text}\n`;
const keysOf = (people: Person[]): string[] => people.map(({ identityKey }) => identityKey).sort();
const membersAfter = (lines: Line[]): unknown => {
  const members = lines.findLast(({ type }) => type === 'members')?.members;
  return Array.isArray(members) ? members.sort() : members;
};
