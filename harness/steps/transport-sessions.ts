// Sessions of one connection that come and go.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { When } from '@cucumber/cucumber';
import { bootstrap, health } from '../src/wire/messages.ts';
import { RawSession } from '../src/wire/raw-session.ts';
import { WireScenario } from '../src/wire/scenario.ts';

/** How many sessions are under way at once while many come and go. */
const SESSIONS_AT_ONCE = 8;
/** For a server to end its side of a stream (TRN-009) before the client does not read it any more, in ms. */
const OWN_END_MS = 300;

/** How a session ends, after its last answer. */
const ENDS: Readonly<Record<string, (session: RawSession) => Promise<void>>> = {
  go: async ({ stream }) => void (await stream.end()),
  'are reset': async ({ stream }) => stream.reset(0),
  'go wrong': async (session) => {
    await session.sendBytes(Uint8Array.of(0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0), 'a segment table of 2^28 segments');
    await Promise.race([session.end().catch(() => {}), sleep(OWN_END_MS)]);
    session.stream.reset(0);
  },
};

When(
  /^(\d+) sessions of one connection come and (go|are reset|go wrong)$/,
  async function (number: string, how: string) {
    const count = Number(number);
    const endOf = ENDS[how] as (session: RawSession) => Promise<void>;
    const scenario = WireScenario.of(this);
    const { world } = scenario;
    const connection = await world.connect();
    scenario.connection = connection;
    let ended = 0;
    const comeAndGo = async (): Promise<void> => {
      for (const end = performance.now() + world.timeoutMs; connection.peerStreamsLeftBidi < 1; await sleep(5))
        if (performance.now() > end)
          throw new Error(`after ${ended} sessions that have ended the server lets the client open no further stream`);
      const session = await RawSession.open(world, connection);
      await session.send(bootstrap(), health(1));
      const { value } = await session.returnFor(1);
      if (value.kind !== 'results') throw new Error(`health was answered with ${value.kind}`);
      await endOf(session);
      await Promise.race([session.end().catch(() => {}), sleep(OWN_END_MS)]);
      session.stream.stopReading(0);
      ended += 1;
    };
    const atOnce = Math.min(SESSIONS_AT_ONCE, connection.peerStreamsLeftBidi);
    let begun = 0;
    const inTurn = async (): Promise<void> => {
      for (; begun < count; ) {
        begun += 1;
        await comeAndGo();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, inTurn));
  },
);
