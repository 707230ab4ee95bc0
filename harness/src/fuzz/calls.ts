import { createHash } from 'node:crypto';
import { type Delivery, nodeService } from '@quicnprotochat/proto';
import type { Method } from '@quicnprotochat/rpc';
import { hybridPublicKey } from '../node/contents.ts';
import type { TargetLimits } from '../target/limits.ts';
import { RandomSource } from '../world/random.ts';
import type { CallKind } from './clients.ts';
import { type CallBy, isChannel, ownerOf, QUEUES, type QueueKey } from './commands.ts';
import { type Names, randomContent } from './contents.ts';
import { Violation } from './findings.ts';
import type { Item, QueueInput, QueueOutput } from './models.ts';
import { type People, SESSIONS } from './people.ts';
import type { RegisterInput, RegisterOutput } from './register.ts';

/** A fetchWait of a model waits this long, in ms: long enough to be woken, short enough for many runs. */
const WAIT_MS = 40;

/** Something that calls are about, and that a model describes. */
export type ThingName = QueueKey | 'channel' | 'KeyPackages' | 'hybrid key' | 'endpoint';
/** A channel is there before the commands: making it again changes nothing. */
export type Input = QueueInput | RegisterInput | { kind: 'make' };
export type Output = QueueOutput | RegisterOutput;

/** How a command is called, and how its answer is read: of each thing that it is about. */
export interface PlannedCall extends CallKind {
  method: Method<unknown, unknown>;
  params: unknown;
  about: { thing: ThingName; input: Input }[];
  /** @throws Violation for an answer that fits no call at all */
  read(results: unknown, place: number): Output;
  /** What it puts there. */
  content?: Uint8Array;
}

/** What calls depend on. */
export interface Stage {
  people: People;
  names: Names;
  limits: TargetLimits;
  /** 16 bytes; empty when no channel is needed. */
  channelId: Uint8Array;
  /** The greatest number that was seen of a queue. */
  greatest: ReadonlyMap<QueueKey, bigint>;
}

function planned<P, R>(
  method: Method<P, R>,
  params: P,
  about: PlannedCall['about'],
  read: (results: R, place: number) => Output,
  more: CallKind & Pick<PlannedCall, 'content'> = {},
): PlannedCall {
  return { method, params, about, read, ...more } as PlannedCall;
}

const done = (): Output => 'done';

/** @param id names what the command puts somewhere */
export function plan(command: CallBy, id: string, stage: Stage): PlannedCall {
  const { people, names, limits } = stage;
  const { auth } = people[SESSIONS[command.by]];
  const identityKey = people.Alice.key;
  switch (command.op) {
    case 'enqueue': {
      const payload = names.make(id, () => randomContent(command.content, limits.payloadBytes));
      const about = [{ thing: command.queue, input: { kind: 'put', id } as const }];
      return planned(
        nodeService.enqueue,
        { ...at(command.queue, stage), payload, auth },
        about,
        ({ seq }) => ({ seq }),
        {
          content: payload,
          isToOneself: ownerOf(command.queue) === SESSIONS[command.by],
        },
      );
    }
    case 'batchEnqueue': {
      const payload = names.make(id, () => randomContent('short', limits.payloadBytes));
      const about = command.queues.map((thing) => ({ thing, input: { kind: 'put', id } as const }));
      const recipientKeys = command.queues.map((queue) => people[ownerOf(queue)].key);
      const params = { recipientKeys, payload, channelId: new Uint8Array(), version: 1, auth };
      const read = ({ seqs }: { seqs: bigint[] }, place: number): Output => {
        if (seqs.length !== recipientKeys.length)
          throw new Violation(`batchEnqueue to ${recipientKeys.length} returned ${seqs.length} numbers`);
        return { seq: seqs[place] as bigint };
      };
      const isToOneself = command.queues.some((queue) => ownerOf(queue) === SESSIONS[command.by]);
      return planned(nodeService.batchEnqueue, params, about, read, { content: payload, isToOneself });
    }
    case 'fetch':
    case 'fetchWait':
    case 'peek': {
      const { op, queue, limit } = command;
      const about = [{ thing: queue, input: { kind: op === 'peek' ? 'look' : 'take', limit } as const }];
      const params = { ...at(queue, stage), auth, limit, timeoutMs: BigInt(WAIT_MS) };
      const read = ({ payloads }: { payloads: Delivery[] }): Output => ({
        items: payloads.map(({ seq, payload }): Item => ({ id: names.of(payload), seq })),
      });
      const method = nodeService[op] as Method<typeof params, { payloads: Delivery[] }>;
      return planned(method, params, about, read, { waitMs: op === 'fetchWait' ? WAIT_MS : 0 });
    }
    case 'ack': {
      const greatest = (stage.greatest.get(command.queue) ?? 0n) - BigInt(command.less);
      const seqUpTo = greatest < 0n ? 0n : greatest;
      const about = [{ thing: command.queue, input: { kind: 'ack', upTo: seqUpTo } as const }];
      return planned(nodeService.ack, { ...at(command.queue, stage), seqUpTo, auth }, about, done);
    }
    case 'createChannel': {
      const peerKey = (SESSIONS[command.by] === 'Alice' ? people.Bob : people.Alice).key;
      const read = ({ channelId }: { channelId: Uint8Array }): Output => {
        if (!Buffer.from(stage.channelId).equals(channelId)) throw new Violation('a pair got a second channel');
        return 'done';
      };
      return planned(
        nodeService.createChannel,
        { peerKey, auth },
        [{ thing: 'channel', input: { kind: 'make' } }],
        read,
      );
    }
    case 'uploadKeyPackage': {
      const content = names.make(id, () => randomContent(command.content, limits.packageBytes));
      const about = [{ thing: 'KeyPackages', input: { kind: 'put', id } } as const];
      const digest = createHash('sha256').update(content).digest();
      const read = ({ fingerprint }: { fingerprint: Uint8Array }): Output => {
        if (!digest.equals(fingerprint)) throw new Violation('the fingerprint of a package is not its SHA-256');
        return 'done';
      };
      return planned(nodeService.uploadKeyPackage, { identityKey, package: content, auth }, about, read, { content });
    }
    case 'fetchKeyPackage': {
      const about = [{ thing: 'KeyPackages', input: { kind: 'take', limit: 1 } } as const];
      return planned(nodeService.fetchKeyPackage, { identityKey, auth }, about, ({ package: content }) => ({
        items: content.length === 0 ? [] : [{ id: names.of(content), seq: undefined }],
      }));
    }
    case 'write': {
      const about = [{ thing: command.register, input: { kind: 'write', id } as const }];
      if (command.register === 'hybrid key') {
        const ending = command.content === 'short' ? 'any' : 'zeros';
        const content = names.make(id, () => hybridPublicKey(new RandomSource(), ending));
        const params = { identityKey, hybridPublicKey: content, auth };
        return planned(nodeService.uploadHybridKey, params, about, done, { content });
      }
      const content = names.make(id, () => randomContent(command.content, limits.nodeAddrBytes));
      return planned(nodeService.publishEndpoint, { identityKey, nodeAddr: content, auth }, about, done, { content });
    }
    case 'read': {
      const about = [{ thing: command.register, input: { kind: 'read' } as const }];
      if (command.register === 'hybrid key')
        return planned(nodeService.fetchHybridKey, { identityKey, auth }, about, (results) => ({
          id: names.of(results.hybridPublicKey),
        }));
      return planned(nodeService.resolveEndpoint, { identityKey, auth }, about, ({ nodeAddr }) => ({
        id: names.of(nodeAddr),
      }));
    }
    case 'readAll': {
      const about = [{ thing: 'hybrid key', input: { kind: 'read' } } as const];
      const params = { identityKeys: [people.Mallory.key, identityKey], auth };
      return planned(nodeService.fetchHybridKeys, params, about, ({ keys }) => {
        if (keys.length !== 2) throw new Violation(`fetchHybridKeys for 2 identities returned ${keys.length} keys`);
        return { id: names.of(keys[1] as Uint8Array) };
      });
    }
  }
}

function at(queue: QueueKey, { people, channelId }: Stage) {
  return {
    recipientKey: people[ownerOf(queue)].key,
    channelId: isChannel(queue) ? channelId : new Uint8Array(),
    version: 1,
  };
}

/** What a command is about. */
export function thingsOf(command: CallBy): ThingName[] {
  if ('queue' in command) return [command.queue];
  if ('queues' in command) return command.queues;
  if ('register' in command) return [command.register];
  if (command.op === 'readAll') return ['hybrid key'];
  return [command.op === 'createChannel' ? 'channel' : 'KeyPackages'];
}

export const isQueue = (thing: ThingName): thing is QueueKey => (QUEUES as readonly string[]).includes(thing);
/** Whether it holds what is taken out of it. */
export const isStore = (thing: ThingName): thing is QueueKey | 'KeyPackages' =>
  isQueue(thing) || thing === 'KeyPackages';
export const isRegister = (thing: ThingName): thing is 'hybrid key' | 'endpoint' =>
  thing === 'hybrid key' || thing === 'endpoint';
