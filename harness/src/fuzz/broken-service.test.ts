import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Method } from '@quicnprotochat/rpc';
import { DEFAULT_LIMITS } from '../target/limits.ts';
import type { Answer, Service } from './clients.ts';
import { explore } from './explore.ts';
import { Violation } from './findings.ts';
import { linearize } from './linearize.ts';
import { queueModel } from './models.ts';
import { castOf, type SessionName } from './people.ts';
import { modelProperty } from './properties.ts';
import { again } from './report.ts';

type Fault = 'none' | 'reads, then deletes' | 'newest first' | 'numbers restart' | 'loses a package';

/** Queues and packages in memory, with one fault. */
class MemoryService implements Service {
  readonly #fault: Fault;
  readonly #queues = new Map<string, { seq: bigint; payload: Uint8Array }[]>();
  readonly #last = new Map<string, bigint>();
  readonly #packages: Uint8Array[] = [];
  #key: Uint8Array = new Uint8Array();

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  async call<P, R>(_: SessionName, method: Method<P, R>, params: P): Promise<Answer<R>> {
    return { kind: 'results', results: (await this.#answer(method.name, params as never)) as R, isRepeated: false };
  }

  async #answer(
    name: string,
    params: Record<string, Uint8Array> & { limit: number; seqUpTo: bigint },
  ): Promise<unknown> {
    const queue = Buffer.from(params.recipientKey ?? []).toString('hex');
    const messages = this.#queues.get(queue) ?? [];
    this.#queues.set(queue, messages);
    switch (name) {
      case 'enqueue': {
        const isNew = this.#fault === 'numbers restart' && messages.length === 0;
        const seq = (isNew ? 0n : (this.#last.get(queue) ?? 0n)) + 1n;
        this.#last.set(queue, seq);
        messages.push({ seq, payload: params.payload as Uint8Array });
        return { seq };
      }
      case 'fetch':
      case 'fetchWait': {
        const count = params.limit === 0 ? messages.length : params.limit;
        if (this.#fault === 'newest first') return { payloads: messages.splice(-Math.max(count, 1)).reverse() };
        if (this.#fault !== 'reads, then deletes') return { payloads: messages.splice(0, count) };
        const payloads = messages.slice(0, count);
        await new Promise((resolve) => setImmediate(resolve));
        messages.splice(0, count);
        return { payloads };
      }
      case 'uploadKeyPackage': {
        if (this.#fault !== 'loses a package' || this.#packages.length === 0)
          this.#packages.push(params.package as Uint8Array);
        return {
          fingerprint: createHash('sha256')
            .update(params.package as Uint8Array)
            .digest(),
        };
      }
      case 'fetchKeyPackage':
        return { package: this.#packages.shift() ?? new Uint8Array() };
      case 'uploadHybridKey':
        this.#key = params.hybridPublicKey as Uint8Array;
        return {};
      case 'fetchHybridKey':
        return { hybridPublicKey: this.#key };
      default:
        throw new Violation(`no method ${name}`);
    }
  }
}

const propertyOf = (fault: Fault) =>
  modelProperty({
    service: new MemoryService(fault),
    cast: castOf({ accounts: [], isOpen: true }),
    profiles: new Set(['core'] as const),
    limits: DEFAULT_LIMITS,
    hasPeople: false,
  });

test('a right service is not accused', async () => {
  const { found, runs } = await explore({ ...propertyOf('none'), runs: 300 }, { seed: 7 });
  assert.equal(found?.why, undefined);
  assert.ok(runs >= 300);
});

for (const [fault, most] of [
  ['reads, then deletes', 4],
  ['newest first', 3],
  ['numbers restart', 4],
  ['loses a package', 3],
] as const)
  test(`a service that ${fault} is caught by few commands, and again by its seed and path`, async () => {
    const { found } = await explore({ ...propertyOf(fault), runs: 300 }, { seed: 7 });
    assert.ok(found, 'no counterexample was found');
    assert.ok(found.input.length <= most, `${found.input.length} commands:\n${found.why}`);
    const line = again(['--open', '--seed', '1', '--minutes=3', '--save'], 'linearizable', found);
    const [, seed, path] =
      /^npm run fuzz -- --open --seed (\d+) --path ([\d:]+) --property linearizable$/.exec(line) ?? [];
    const repeated = await explore(propertyOf(fault), { seed: Number(seed), path });
    assert.deepEqual(repeated.found?.input, found.input);
  });

test('a call without answer may have happened, or not', () => {
  const numbers = new Map([['m', 1n]]);
  const put = { label: '', input: { kind: 'put', id: 'm' } as const, output: undefined, start: 1, end: Infinity };
  const take = (items: { id: string; seq: bigint }[], start: number) => ({
    ...{ label: '', input: { kind: 'take', limit: 0 } as const, output: { items }, start, end: start + 1 },
  });
  const item = { id: 'm', seq: 1n };
  assert.equal(linearize(queueModel(numbers), [put, take([], 2)]), 'linearizable');
  assert.equal(linearize(queueModel(numbers), [put, take([], 2), take([item], 4)]), 'linearizable');
  assert.equal(linearize(queueModel(numbers), [put, take([item], 2), take([item], 4)]), 'not linearizable');
});
