import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection, QuicStream } from '@quicnprotochat/quic';
import { connectVat, FrameReader, type RpcClient, readMessage, writeMessage } from '@quicnprotochat/rpc';
import type { TargetData } from '../target/target.ts';
import { bootstrap, health } from '../wire/messages.ts';
import { reconnect, type Service, TargetService } from './clients.ts';
import { Suspicion, Violation } from './findings.ts';
import { baseOf, type MutatedFrame, mutate, mutatedFrames } from './frame-changes.ts';
import type { Cast, People } from './people.ts';
import type { Property } from './property.ts';

const PROBE = 4_242;
/** Silence after which the stream is ended, in ms. */
const SILENCE_MS = 1_000;

/** A connection with a session that has done nothing wrong. */
interface Shared {
  connection: QuicConnection;
  sibling: RpcClient;
}

/** A mutated frame gets an answer, an abort or the end of its session, and nobody else notices. */
export function frameProperty(target: TargetData, cast: Cast): Property<MutatedFrame> {
  const service = new TargetService(target);
  let shared: Shared | undefined;
  const open = async (): Promise<Shared> => {
    const connection = await reconnect(target);
    const sibling = connectVat(await connection.openStream());
    await works(sibling, target, 'a session');
    return { connection, sibling };
  };
  const close = async (): Promise<void> => {
    const { connection } = shared ?? {};
    shared = undefined;
    await connection?.close();
  };
  return {
    id: 'mutated-frames',
    arbitrary: mutatedFrames,
    async run({ base, changes }) {
      const { Alice, Bob } = cast.now();
      const { bytes, isWhole } = mutate(writeMessage(baseOf(base, Alice, Bob)), changes);
      try {
        shared ??= await open();
        const { connection, sibling } = shared;
        const bystander = bystand(service, cast.now());
        bystander.catch(() => {});
        const end = await exchange(await connection.openStream(), bytes, target.timeoutMs);
        await bystander;
        await bystand(service, cast.now());
        if (end === 'silence' && isWhole)
          throw new Suspicion('the target neither answered the calls of the session, nor aborted, nor ended it');
        await works(sibling, target, 'another session of the connection');
        const stream = await connection.openStream();
        await works(connectVat(stream), target, 'a new session of the connection');
        stream.reset(0);
      } catch (error) {
        await close();
        throw error;
      }
    },
    show: ({ base, changes }) => `  ${base}: ${changes.map((change) => JSON.stringify(change)).join(', ')}`,
    save: (input) => input,
    load: (saved) => saved as MutatedFrame,
    async close() {
      await close();
      await service.close();
    },
    remark: () => undefined,
    runs: 150,
  };
}

/** Sends the frame between a Bootstrap and a call of health. */
async function exchange(
  stream: QuicStream,
  bytes: Uint8Array,
  timeoutMs: number,
): Promise<'answered' | 'over' | 'silence'> {
  const read = readUntilProbe(stream);
  try {
    await stream.write(Buffer.concat([writeMessage(bootstrap()), bytes, writeMessage(health(PROBE))]));
  } catch {
    // Not taken any more: the session was ended.
  }
  const first = await Promise.race([read, sleep(SILENCE_MS, 'silence' as const)]);
  await Promise.race([stream.end().catch(() => {}), sleep(SILENCE_MS)]);
  const last =
    first === 'silence' ? await Promise.race([read, sleep(timeoutMs, 'silence' as const, { ref: false })]) : first;
  stream.reset(0);
  return last;
}

async function readUntilProbe(stream: QuicStream): Promise<'answered' | 'over'> {
  const frames = new FrameReader();
  try {
    for (;;) {
      const chunk = await stream.read();
      if (chunk === null) return 'over';
      for (const received of frames.push(chunk)) {
        const message = readMessage(received);
        if (message.kind === 'abort') return 'over';
        if (message.kind === 'return' && message.answerId === PROBE) return 'answered';
      }
    }
  } catch {
    return 'over';
  }
}

const BYSTANDER = 'a bystander on another connection';

/** Two other sessions work: what Bob sends Mallory comes. @throws Violation, Suspicion */
async function bystand(service: Service, { Bob, Mallory }: People): Promise<void> {
  const queue = { recipientKey: Mallory.key, channelId: new Uint8Array(), version: 1 };
  const payload = randomBytes(32);
  const put = await service.call('b1', nodeService.enqueue, { ...queue, payload, auth: Bob.auth });
  if (put.kind === 'refused') return;
  if (put.kind === 'unanswered') throw new Suspicion(`${BYSTANDER} was harmed: ${put.why}`);
  for (;;) {
    const got = await service.call('m1', nodeService.fetch, { ...queue, limit: 0, auth: Mallory.auth });
    if (got.kind === 'refused') return;
    if (got.kind === 'unanswered') throw new Suspicion(`${BYSTANDER} was harmed: ${got.why}`);
    if (got.results.payloads.some((delivery) => payload.equals(delivery.payload))) return;
    if (got.results.payloads.length === 0) throw new Violation(`a message of ${BYSTANDER} is lost`);
  }
}

/** @throws Suspicion when a session is not served */
async function works(rpc: RpcClient, { timeoutMs }: TargetData, who: string): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await rpc.call(nodeService.health, {}, { signal });
  } catch (error) {
    throw new Suspicion(`${who} is not served: ${signal.aborted ? 'no answer' : error}`);
  }
}
