import { LARGEST_DATAGRAM, LEAST_DATAGRAM } from '@quicnprotochat/quic';
import type { Options } from 'yargs';
import { ConfigError } from '../config-error.ts';
import { DEFAULT_NODE_LIMITS, type NodeLimits } from '../node-limits.ts';
import { DEFAULT_SERVICE_LIMITS, type ServiceLimits } from '../service/limits.ts';

/** The options that set a limit: what it counts, and where its value goes. */
const COUNTS = {
  'max-payload': { of: 'service', name: 'payloadBytes', isSize: true, describe: 'bytes of a message (E006)' },
  'max-package': { of: 'service', name: 'packageBytes', isSize: true, describe: 'bytes of a KeyPackage (E008)' },
  'max-queue-messages': { of: 'service', name: 'queueMessages', describe: 'messages in a queue (E015)' },
  'max-queue-bytes': { of: 'service', name: 'queueBytes', isSize: true, describe: 'payload bytes in a queue (E015)' },
  'max-stored': {
    of: 'service',
    name: 'storedBytes',
    isSize: true,
    describe:
      'bytes of messages and KeyPackages in the whole store (E015); the memory and file stores keep them in memory',
  },
  'max-key-packages': { of: 'service', name: 'keyPackages', describe: 'KeyPackages that wait for an identity (E015)' },
  'max-users': { of: 'service', name: 'users', describe: 'users that may register (E015)' },
  'max-waiters': { of: 'service', name: 'waiters', describe: 'fetchWaits at once for an identity (E014)' },
  'max-calls': { of: 'node', name: 'callsInFlight', describe: 'calls under way on a session; then it is not read' },
  'max-streams': { of: 'node', name: 'streams', describe: 'streams of a connection at once' },
  'max-connections': { of: 'node', name: 'connections', describe: 'connections at once' },
  'max-connections-per-address': {
    of: 'node',
    name: 'connectionsPerAddress',
    describe: 'connections at once from one address',
  },
  'max-buffered': {
    of: 'node',
    name: 'bufferedBytes',
    isSize: true,
    describe: 'bytes of messages on their way, of all sessions; over it the largest are ended',
  },
  'max-datagram': {
    of: 'node',
    name: 'datagramBytes',
    isSize: true,
    describe:
      'bytes of a UDP payload sent; more is faster where the whole way to every client carries it (8952: jumbo frames)',
  },
} as const satisfies Record<
  string,
  ({ of: 'service'; name: keyof ServiceLimits } | { of: 'node'; name: keyof NodeLimits }) & {
    isSize?: boolean;
    describe: string;
  }
>;

type CountOption = keyof typeof COUNTS;
const DEFAULTS = { service: DEFAULT_SERVICE_LIMITS, node: DEFAULT_NODE_LIMITS };
const numberIn = (limits: object, name: string): number => (limits as Record<string, number>)[name] as number;

const UNITS: Record<string, number> = { K: 1 << 10, M: 1 << 20, G: 1 << 30 };

/** What a message takes on top of its payload when it is sent, in bytes, at most. */
const ENVELOPE_BYTES = 64 * 1024;
const MESSAGE_BYTES = 16 << 20;

/** Options for the limits of a server. Their values are read by `readLimits`. */
export const LIMIT_OPTIONS: Record<string, Options> = {
  ...Object.fromEntries(
    (Object.entries(COUNTS) as [CountOption, (typeof COUNTS)[CountOption]][]).map(
      ([option, { of, name, describe }]) => [
        option,
        {
          type: 'string',
          requiresArg: true,
          describe,
          default: shown(numberIn(DEFAULTS[of], name), 'isSize' in COUNTS[option]),
        },
      ],
    ),
  ),
  'rate-limit': {
    type: 'string',
    requiresArg: true,
    describe: 'N or N/s: calls a second of an identity, for long (E014); by default there is no limit',
  },
  'rate-burst': {
    type: 'string',
    requiresArg: true,
    describe: 'calls at once of an identity after a pause; by default as many as in a second',
  },
  'opaque-rate': {
    type: 'string',
    requiresArg: true,
    default: `${DEFAULT_SERVICE_LIMITS.opaquePerSecond}/s`,
    describe: 'registration and login calls a second from one address, and ten times as many at once (E014)',
  },
};

/** The limits that a command line sets. @throws ConfigError */
export function readLimits(given: Record<string, unknown>): { service: ServiceLimits; node: NodeLimits } {
  const service: ServiceLimits = { ...DEFAULT_SERVICE_LIMITS };
  const node: NodeLimits = { ...DEFAULT_NODE_LIMITS };
  const text = (option: string): string | undefined => {
    const value = given[option];
    if (Array.isArray(value)) throw new ConfigError(`--${option} is given twice`);
    return value === undefined ? undefined : String(value);
  };
  for (const [option, count] of Object.entries(COUNTS)) {
    const value = text(option);
    if (value === undefined) continue;
    const number = readCount(option, value, 'isSize' in count);
    if (count.of === 'service') service[count.name] = number;
    else node[count.name] = number;
  }
  if (Math.max(service.payloadBytes, service.packageBytes) > MESSAGE_BYTES - ENVELOPE_BYTES)
    throw new ConfigError('--max-payload and --max-package are at most 16320K: a message on the wire has 16 MiB');
  if (node.datagramBytes < LEAST_DATAGRAM || node.datagramBytes > LARGEST_DATAGRAM)
    throw new ConfigError(`--max-datagram is ${LEAST_DATAGRAM} to ${LARGEST_DATAGRAM} bytes`);
  const rate = text('rate-limit');
  if (rate !== undefined) {
    service.callsPerSecond = readRate('rate-limit', rate);
    service.callsAtOnce = service.callsPerSecond;
  }
  const burst = text('rate-burst');
  if (burst !== undefined) {
    if (rate === undefined) throw new ConfigError('--rate-burst goes with --rate-limit');
    service.callsAtOnce = readCount('rate-burst', burst, false);
  }
  const opaque = text('opaque-rate');
  if (opaque !== undefined) service.opaquePerSecond = readRate('opaque-rate', opaque);
  return { service, node };
}

/** @throws ConfigError */
function readCount(option: string, value: string, isSize: boolean): number {
  const [, digits, unit = ''] = /^(\d+)([KMG]?)$/i.exec(value) ?? [];
  const number = Number(digits) * (UNITS[unit.toUpperCase()] ?? 1);
  if (Number.isSafeInteger(number) && number >= 1 && (isSize || unit === '')) return number;
  throw new ConfigError(
    `--${option} ${value} is no ${isSize ? 'size like 65536, 512K or 5M' : 'whole number above 0'}`,
  );
}

/** @returns calls a second. @throws ConfigError */
function readRate(option: string, value: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(value) ?? [];
  if (number !== undefined && Number(number) > 0) return Number(number);
  throw new ConfigError(`--${option} ${value} is no number of calls a second like 50 or 50/s`);
}

function shown(value: number, isSize: boolean): string {
  const unit = Object.entries(UNITS)
    .toReversed()
    .find(([, size]) => value >= size && value % size === 0);
  return isSize && unit ? `${value / unit[1]}${unit[0]}` : String(value);
}
