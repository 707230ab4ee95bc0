import { randomBytes } from 'node:crypto';
import type { Auth } from '@quicnprotochat/proto';
import { concat, hybridPublicKey } from './contents.ts';
import type { NodeScenario } from './node-scenario.ts';
import { PEOPLE, type Person } from './people.ts';

/** The methods that these steps call. */
export const CALLED_METHODS = [
  'uploadKeyPackage',
  'fetchKeyPackage',
  'enqueue',
  'fetch',
  'fetchWait',
  'health',
  'uploadHybridKey',
  'fetchHybridKey',
  'createChannel',
] as const;
export type CalledMethod = (typeof CALLED_METHODS)[number];

/** Every parameter that any of the methods has; a call takes those that are its own. */
export interface CallParams {
  identityKey: Uint8Array;
  package: Uint8Array;
  recipientKey: Uint8Array;
  payload: Uint8Array;
  channelId: Uint8Array;
  version: number;
  timeoutMs: bigint;
  limit: number;
  hybridPublicKey: Uint8Array;
  peerKey: Uint8Array;
  auth: Auth;
}

/** Whom a call is about when the scenario does not say: Bob for Alice, Alice for everybody else. */
export function peerOf(person: Person): Person {
  return person === 'Alice' ? 'Bob' : 'Alice';
}

/** A call without a fault: uploads and fetches for oneself, look-ups, messages and channels for the peer. */
export function rightCall(scenario: NodeScenario, person: Person, method: CalledMethod): CallParams {
  const own = scenario.identity(person);
  const peer = scenario.identity(peerOf(person));
  const looksUp = method === 'fetchKeyPackage' || method === 'fetchHybridKey';
  return {
    identityKey: looksUp ? peer : own,
    package: new Uint8Array(randomBytes(100)),
    recipientKey: method === 'enqueue' ? peer : own,
    payload: new Uint8Array(randomBytes(40)),
    channelId: new Uint8Array(0),
    version: 1,
    timeoutMs: 100n,
    limit: 0,
    hybridPublicKey: hybridPublicKey(),
    peerKey: peer,
    auth: scenario.auth(person),
  };
}

type Change = (params: CallParams, scenario: NodeScenario, caller: Person, ...groups: string[]) => void;

const person = `(${PEOPLE.join('|')})`;
const token = (change: (right: Uint8Array) => Uint8Array): Change => {
  return (params, scenario) => {
    const { accessToken } = params.auth;
    params.auth.accessToken = scenario.unknownToken(change(accessToken));
  };
};
const device = (length: (longest: number, ...groups: string[]) => number): Change => {
  return (params, scenario, _caller, ...groups) => {
    if (params.auth.deviceId.length > 0) scenario.target.skip('the account is bound to a device');
    params.auth.deviceId = new Uint8Array(randomBytes(length(scenario.target.limits.deviceIdBytes, ...groups)));
  };
};
const flip = (bytes: Uint8Array, at: number, mask: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ mask : byte));

/** What a scenario calls a fault, and how it changes a right call. */
const FAULTS: [RegExp, Change][] = [
  [
    /no auth/,
    (params) => {
      params.auth = { version: 0, accessToken: new Uint8Array(0), deviceId: new Uint8Array(0) };
    },
  ],
  [
    /auth version (\d+)/,
    (params, _scenario, _caller, version) => {
      params.auth.version = Number(version);
    },
  ],
  [
    /an empty token/,
    (params) => {
      params.auth.accessToken = new Uint8Array(0);
    },
  ],
  [/an unknown token/, token(() => new Uint8Array(randomBytes(32)))],
  [/a token of one zero byte/, token(() => new Uint8Array(1))],
  [/a token of 4,096 bytes/, token(() => new Uint8Array(randomBytes(4096)))],
  [/her token without its last byte/, token((right) => right.subarray(0, -1))],
  [/her token without its first byte/, token((right) => right.subarray(1))],
  [/her token and one more byte/, token((right) => concat(right, Uint8Array.of(0x41)))],
  [/her token and a zero byte/, token((right) => concat(right, Uint8Array.of(0)))],
  [/her token twice/, token((right) => concat(right, right))],
  [/her token with its last bit flipped/, token((right) => flip(right, right.length - 1, 0x01))],
  [/her token with its first bit flipped/, token((right) => flip(right, 0, 0x80))],
  [
    /a token that has expired/,
    (params, scenario) => {
      const expired = scenario.target.expiredPerson();
      if (!expired?.token) return scenario.target.skip('the accounts name no token that has expired');
      params.auth = {
        version: 1,
        accessToken: new Uint8Array(expired.token),
        deviceId: new Uint8Array(expired.deviceId),
      };
      params.identityKey = params.recipientKey = new Uint8Array(expired.identityKey);
    },
  ],
  [
    /her identity key as token/,
    (params, scenario, caller) => {
      params.auth.accessToken = scenario.unknownToken(scenario.identity(caller));
    },
  ],
  [/a deviceId of (\d+) bytes/, device((_longest, length) => Number(length))],
  [/a deviceId as long as is allowed/, device((longest) => longest)],
  [/a deviceId one byte longer than is allowed/, device((longest) => longest + 1)],
  [
    /wire version (\d+)/,
    (params, _scenario, _caller, version) => {
      params.version = Number(version);
    },
  ],
  [
    /an? (identityKey|recipientKey|peerKey) of (\d+) bytes/,
    (params, _scenario, _caller, field, length) => {
      // Cut from, or longer than, the right key: a server that looks at 32 bytes only would take it.
      const key = params[field as 'identityKey'];
      params[field as 'identityKey'] = concat(key, key).subarray(0, Number(length));
    },
  ],
  [
    /an? (payload|package|hybridPublicKey) of (\d+) bytes/,
    (params, _scenario, _caller, field, length) => {
      params[field as 'payload'] = new Uint8Array(randomBytes(Number(length)));
    },
  ],
  [
    new RegExp(`${person}'s key as (identityKey|recipientKey|peerKey)`),
    (params, scenario, _caller, name, field) => {
      params[field as 'peerKey'] = scenario.identity(name as Person);
    },
  ],
  [
    /a stranger's key as (identityKey|recipientKey|peerKey)/,
    (params, scenario, _caller, field) => {
      params[field as 'peerKey'] = scenario.stranger();
    },
  ],
  [
    /the id of no channel/,
    (params) => {
      params.channelId = new Uint8Array(randomBytes(16));
    },
  ],
  [
    /the zero channel id/,
    (params) => {
      params.channelId = new Uint8Array(16);
    },
  ],
  [
    new RegExp(`the channel of ${person} and ${person}`),
    (params, scenario, _caller, one, other) => {
      params.channelId = scenario.channelOf(one as Person, other as Person);
    },
  ],
  [
    new RegExp(`the id one bit beside the channel of ${person} and ${person}`),
    (params, scenario, _caller, one, other) => {
      params.channelId = flip(scenario.channelOf(one as Person, other as Person), 15, 0x01);
    },
  ],
];

/** Any fault, for the parameter type; without the capture groups that only the lookup needs. */
export const FAULT_PATTERN: string = FAULTS.map(([pattern]) => pattern.source.replaceAll(/\((?!\?)/g, '(?:')).join('|');

/** Puts a fault into a right call. @throws on a fault that is not in the vocabulary */
export function applyFault(fault: string, params: CallParams, scenario: NodeScenario, caller: Person): void {
  for (const [pattern, change] of FAULTS) {
    const match = new RegExp(`^(?:${pattern.source})$`).exec(fault);
    if (match) {
      change(params, scenario, caller, ...match.slice(1));
      return;
    }
  }
  throw new Error(`no such fault: ${fault}`);
}
