import { UsageError } from '../errors.ts';

/** How bad a network is: shares from 0 to 1, times in ms. */
export interface NetworkConditions {
  /** Share of the packets that never arrive. */
  loss: number;
  /** Share of the packets that one to three later ones overtake. */
  reorder: number;
  /** Share of the packets that arrive twice. */
  duplicate: number;
  /** How long a packet takes, at least and at most, in ms, one way. */
  delayMs: readonly [min: number, max: number];
}

const EXAMPLE = 'for example --network loss=2%,reorder=5%,duplicate=1%,delay=5..20ms';
/** Above these a right server, too, would run into time-outs. */
const MAX_PERCENT = { loss: 50, reorder: 100, duplicate: 100 } as const;
const MAX_DELAY_MS = 2_000;

/** `loss=2%,reorder=5%,duplicate=1%,delay=5..20ms`, each of them optional, in any order. @throws UsageError */
export function parseNetwork(text: string): NetworkConditions {
  const conditions: NetworkConditions = { loss: 0, reorder: 0, duplicate: 0, delayMs: [0, 0] };
  const seen = new Set<string>();
  for (const part of text.split(',').map((word) => word.trim())) {
    const [, name, value] = /^(\w+)=(.+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError(`--network "${part}" is not NAME=VALUE: ${EXAMPLE}`);
    if (seen.has(name)) throw new UsageError(`--network names ${name} twice: give it once`);
    seen.add(name);
    if (name === 'loss' || name === 'reorder' || name === 'duplicate') conditions[name] = readShare(name, value);
    else if (name === 'delay') conditions.delayMs = readDelay(value);
    else
      throw new UsageError(`--network ${name} is not known; there are loss, reorder, duplicate and delay: ${EXAMPLE}`);
  }
  return conditions;
}

function readShare(name: keyof typeof MAX_PERCENT, value: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(value)?.[1]);
  if (!(percent <= MAX_PERCENT[name]))
    throw new UsageError(`--network ${name}=${value} is not a percentage from 0% to ${MAX_PERCENT[name]}%: ${EXAMPLE}`);
  return percent / 100;
}

/** `20ms` or `5..20ms`. */
function readDelay(value: string): readonly [number, number] {
  const [, first, last] = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?ms$/.exec(value) ?? [];
  const [min, max] = [Number(first), Number(last ?? first)];
  if (!(min <= max && max <= MAX_DELAY_MS))
    throw new UsageError(
      `--network delay=${value} is not a time such as 20ms, or a range such as 5..20ms (${MAX_DELAY_MS} ms at most): ${EXAMPLE}`,
    );
  return [min, max];
}

/** Of the decisions: a whole number. @throws UsageError */
export function parseNetworkSeed(text: string): number {
  if (!/^\d{1,15}$/.test(text.trim()))
    throw new UsageError(
      `--network-seed ${text} is not a whole number, for example 1 (without it, one is chosen and printed)`,
    );
  return Number(text);
}
