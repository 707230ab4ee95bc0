import type { RandomSource } from '../world/random.ts';
import { flip } from './contents.ts';
import type { CallParams } from './methods.ts';
import type { NodeScenario } from './node-scenario.ts';
import { PEOPLE, type Person } from './people.ts';
import { sameLossyText, TOKEN_CHANGES } from './tokens.ts';

type Change = (params: CallParams, scenario: NodeScenario, caller: Person, ...groups: string[]) => void;

const person = `(${PEOPLE.join('|')})`;
const token = (change: (right: Uint8Array, random: RandomSource) => Uint8Array): Change => {
  return (params, scenario) => {
    const { accessToken } = params.auth;
    params.auth.accessToken = scenario.unknownToken(change(accessToken, scenario.random));
  };
};
const device = (length: (longest: number, ...groups: string[]) => number): Change => {
  return (params, scenario, _caller, ...groups) => {
    if (params.auth.deviceId.length > 0) scenario.target.skip('the account is bound to a device');
    params.auth.deviceId = scenario.random.bytes(length(scenario.target.limits.deviceIdBytes, ...groups));
  };
};

/** Cut from, or longer than, the right key: a server that looks at 32 bytes only would take it. */
const ofLength = (key: Uint8Array, length: string | undefined): Uint8Array =>
  Uint8Array.from({ length: Number(length) }, (_, at) => key[at % key.length] as number);

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
  [/an unknown token/, token((_right, random) => random.bytes(32))],
  [/a token of one zero byte/, token(() => new Uint8Array(1))],
  [/a token of 4,096 bytes/, token((_right, random) => random.bytes(4096))],
  ...Object.entries(TOKEN_CHANGES).map(([name, change]): [RegExp, Change] => [new RegExp(name), token(change)]),
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
  [
    /a deviceId (one byte|256 bytes) longer than is allowed/,
    device((longest, more) => longest + (more === 'one byte' ? 1 : 256)),
  ],
  [
    /wire version (\d+)/,
    (params, _scenario, _caller, version) => {
      params.version = Number(version);
    },
  ],
  [
    /an? (identityKey|recipientKey|peerKey) of (\d+) bytes/,
    (params, _scenario, _caller, field, length) => {
      params[field as 'identityKey'] = ofLength(params[field as 'identityKey'], length);
    },
  ],
  [
    /an? (payload|package|hybridPublicKey|nodeAddr) of (\d+) bytes/,
    (params, scenario, _caller, field, length) => {
      params[field as 'payload'] = scenario.random.bytes(Number(length));
    },
  ],
  [
    /a (payload|package) longer than is allowed/,
    (params, scenario, _caller, field) => {
      const { payloadBytes, packageBytes } = scenario.target.limits;
      const limit = field === 'payload' ? payloadBytes : packageBytes;
      params[field as 'payload'] = scenario.sized(new Uint8Array(limit + 1), limit, true);
    },
  ],
  [
    new RegExp(`${person}'s key as (identityKey|recipientKey|peerKey)`),
    (params, scenario, _caller, name, field) => {
      params[field as 'peerKey'] = scenario.identity(name as Person);
    },
  ],
  [
    new RegExp(`${person}'s key with its (first|last) bit flipped as (identityKey|recipientKey)`),
    (params, scenario, _caller, name, which, field) => {
      const key = scenario.identity(name as Person);
      params[field as 'identityKey'] = which === 'last' ? flip(key, 31, 0x80) : flip(key, 0, 0x01);
    },
  ],
  [
    new RegExp(`${person}'s key changed so that lossy text is the same as (identityKey|recipientKey)`),
    (params, scenario, _caller, name, field) => {
      const key = sameLossyText(scenario.identity(name as Person));
      if (!key) return scenario.target.skip('no byte of that key may change without a change of its lossy text');
      params[field as 'identityKey'] = key;
    },
  ],
  [
    /a stranger's key that (begins|ends) with a zero as (identityKey|recipientKey)/,
    (params, scenario, _caller, which, field) => {
      let key = scenario.stranger();
      while (key.at(which === 'begins' ? 0 : -1) !== 0) key = scenario.stranger();
      params[field as 'identityKey'] = key;
    },
  ],
  [
    /a stranger's key as (identityKey|recipientKey|peerKey)/,
    (params, scenario, _caller, field) => {
      params[field as 'peerKey'] = scenario.stranger();
    },
  ],
  [
    /a key of (\d+) bytes first among the (identityKeys|recipientKeys)/,
    (params, scenario, caller, length, field) => {
      params[field as 'identityKeys'].unshift(ofLength(scenario.identity(caller), length));
    },
  ],
  [
    /a key of (\d+) bytes in the middle of the (identityKeys|recipientKeys)/,
    (params, scenario, caller, length, field) => {
      // Between those of a right call: not every server lets its caller be a recipient.
      const [other = scenario.identity(caller)] = params[field as 'identityKeys'];
      params[field as 'identityKeys'] = [other, ofLength(other, length), other];
    },
  ],
  [
    /a key of (\d+) bytes among the (identityKeys|recipientKeys)/,
    (params, scenario, caller, length, field) => {
      params[field as 'identityKeys'].push(ofLength(scenario.identity(caller), length));
    },
  ],
  [
    new RegExp(`${person}'s key among the (identityKeys|recipientKeys)`),
    (params, scenario, _caller, name, field) => {
      params[field as 'identityKeys'].push(scenario.identity(name as Person));
    },
  ],
  [
    /a stranger's key among the (identityKeys|recipientKeys)/,
    (params, scenario, _caller, field) => {
      params[field as 'identityKeys'].push(scenario.stranger());
    },
  ],
  [
    /no (identityKeys|recipientKeys)/,
    (params, _scenario, _caller, field) => {
      params[field as 'identityKeys'] = [];
    },
  ],
  [
    /the id of no channel/,
    (params, scenario) => {
      params.channelId = scenario.random.bytes(16);
    },
  ],
  [
    /the zero channel id/,
    (params) => {
      params.channelId = new Uint8Array(16);
    },
  ],
  [
    /a channel that has never held a message/,
    (params, scenario) => {
      params.channelId = scenario.unusedChannel();
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
