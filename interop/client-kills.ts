import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateFile } from '@quicnprotochat/client';
import type { Person, RunningClient } from './client-process.ts';
import type { Checks } from './peer.ts';

const MESSAGES = 1_000;
const KILLS = 30;
/** About as long as taking in and showing one batch takes, so that a kill may hit each step of it, in ms. */
const CYCLE_MS = 120;
/** A client that was not killed by now tells nothing any more, in ms. */
const ROUND_LIMIT_MS = 6_000;

/** Small and seeded (mulberry32), so that a run can be made again with the seed it printed. */
function randomFrom(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Bob receives 1,000 messages or more with `recv --stream`, and is killed 30 times while some are left: each message is shown at
 * least once, in order, and his state can be read after each kill. A fast client has read all before that: it is sent more.
 */
export async function killReceiver(checks: Checks, alice: Person, bob: Person): Promise<void> {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const random = randomFrom(seed);
  await bob.reads();
  const texts: string[] = [];
  const shown: number[] = [];
  const take = (lines: RunningClient['lines']): void => {
    shown.push(...lines.filter(({ type }) => type === 'message').map(({ text }) => texts.indexOf(String(text))));
  };
  const sendMore = async (): Promise<void> => {
    const more = Array.from({ length: MESSAGES }, (_, i) => `numbered ${texts.length + i + 1}`);
    texts.push(...more);
    const sent = await alice.run(['send', '--lines'], `${more.join('\n')}\n`);
    checks.check('1,000 messages are sent', sent.code === 0 && sent.lines.length === MESSAGES, sent.errors);
  };

  const unreadable: string[] = [];
  for (let kills = 0; kills < KILLS; ) {
    if (new Set(shown).size === texts.length) await sendMore();
    const client = bob.start(['recv', '--stream']);
    await moment(client, random);
    client.child.kill('SIGKILL');
    const { lines } = await client.ended;
    take(lines);
    if (lines.some(({ type }) => type === 'ignored')) unreadable.push('a message was taken for a replay');
    if (new Set(shown).size < texts.length) kills += 1;
    await new StateFile({ state: bob.state }).read().catch((error) => unreadable.push(String(error)));
  }
  const rest = await bob.run(['recv']);
  take(rest.lines);

  const distinct = new Set(shown);
  const seeded = `seed ${seed}, ${texts.length} messages, ${shown.length - distinct.size} shown twice`;
  console.log(`       ${seeded}`);
  checks.check('30 kills: the state stays readable', unreadable.length === 0 && rest.code === 0, unreadable.join('\n'));
  const lost = texts.filter((_, i) => !distinct.has(i));
  checks.check('30 kills: no message is lost', lost.length === 0, `${seeded}; lost: ${lost.slice(0, 20)}`);
  const firsts = [...distinct];
  checks.check(
    '30 kills: they are shown in order',
    firsts.every((n, i) => n === i),
    seeded,
  );
  await interrupt(checks, bob);
}

/** Waits for a random moment: while it starts, while it takes in, between two lines, just after one. */
async function moment(client: RunningClient, random: () => number): Promise<void> {
  const end = Date.now() + ROUND_LIMIT_MS;
  if (random() < 0.25) return void (await sleep(300 + random() * 600));
  const lines = Math.floor(random() * 40);
  while (client.lines.length < lines && Date.now() < end) await sleep(1);
  await sleep(random() * CYCLE_MS);
}

/** How long a client may take to start, in ms. */
const START_LIMIT_MS = 20_000;

async function interrupt(checks: Checks, bob: Person): Promise<void> {
  const [directory, name] = [dirname(bob.state), basename(bob.state, '.bin')];
  const files = (): string =>
    readdirSync(directory)
      .filter((file) => file.startsWith(name))
      .sort()
      .join();
  const own = `${name}.bin,${name}.ks`;
  const client = bob.start(['recv', '--stream']);
  // At work as soon as it holds its state: before, a signal ends it as it ends any process that starts.
  for (const end = Date.now() + START_LIMIT_MS; files() === own && Date.now() < end; ) await sleep(5);
  await sleep(500);
  client.child.kill('SIGINT');
  const { code } = await client.ended;
  const left = files();
  const isClean = left === own;
  checks.check('Ctrl-C: exit 130, and nothing is left behind', code === 130 && isClean, `${code} ${left}`);
}
