import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import { type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { connectVat, type RpcClient, RpcException, SessionEndedError } from '@quicnprotochat/rpc';
import { UnreachableError } from '../errors.ts';
import { connectTarget, PROFILES, type Profile, type TargetAddress, type TargetData } from './target.ts';

/** What the target offers, and what is odd about it already. */
export interface Offer {
  profiles: Set<Profile>;
  remark: string | undefined;
  /** SHA-256 of its certificate (DER), hex. */
  certificateSha256: string;
  /** What its health says, when it says anything. */
  health: string | undefined;
}

/** A server that is just starting is given this long, in ms. */
const START_GRACE_MS = 2_000;
const RETRY_MS = 100;

/** Why a connection failed, and what to look at. */
function explain({ host, port }: TargetAddress, timeoutMs: number, error: QuicError): string {
  const at = `${host} port ${port}`;
  const hints: Partial<Record<QuicError['code'], string>> = {
    UNREACHABLE: / does not resolve$/.test(error.message)
      ? `${error.message}: is it spelt right?`
      : `nothing listens on UDP ${at}: is the server started, on that address? A TCP server does not count`,
    HANDSHAKE_TIMEOUT: `${at} did not answer within ${timeoutMs} ms (firewall? not a QUIC server? --timeout gives it longer)`,
    ALPN_MISMATCH: `the server at ${at} does not accept the ALPN protocol "capnp" (see spec/transport.md)`,
    CERTIFICATE_REJECTED: `the certificate of ${at} is not accepted: ${error.message} (see --pin, --tls-ca, --insecure)`,
  };
  return hints[error.code] ?? `no connection to ${at}: ${error.message}`;
}

/** Connects, waiting for a server that is just starting. @throws UnreachableError */
async function reach(target: TargetData): Promise<QuicConnection> {
  const [address] = target.addresses as [TargetAddress];
  const end = Date.now() + START_GRACE_MS;
  for (;;) {
    try {
      return await connectTarget(target);
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
      if (error.code !== 'UNREACHABLE' || Date.now() > end)
        throw new UnreachableError(explain(address, target.timeoutMs, error));
      await sleep(RETRY_MS);
    }
  }
}

/**
 * Finds out whether the target can be tested at all, and what it offers: a profile whose method is answered as
 * `unimplemented` is not offered, nor is one that only some of its addresses have. What else is wrong with it is for the
 * scenarios to find.
 * @throws UnreachableError when there is no connection to one of the addresses, or no call on it is ever answered
 */
export async function probe(target: TargetData): Promise<Offer> {
  const offers: Offer[] = [];
  for (const address of target.addresses) offers.push(await probeOne({ ...target, addresses: [address] }));
  const [first] = offers as [Offer];
  return {
    ...first,
    profiles: new Set(PROFILES.filter((profile) => offers.every(({ profiles }) => profiles.has(profile)))),
    remark: offers.find(({ remark }) => remark !== undefined)?.remark,
  };
}

/** Each question has a connection of its own, since that several sessions share one is itself a requirement. */
async function probeOne(target: TargetData): Promise<Offer> {
  const [{ host, port }] = target.addresses as [TargetAddress];
  const connection = await reach(target);
  const { peerCertificateSha256: certificateSha256 } = connection;
  const health = await startedHealth(target, connection);
  if (health === 'silence') {
    throw new UnreachableError(
      `the server at ${host} port ${port} takes connections, but answers no call within ${target.timeoutMs} ms (--timeout gives it longer)`,
    );
  }
  const profiles = new Set<Profile>(['core']);
  for (const [profile, question] of Object.entries(probesOf(target)) as [Profile, Question][]) {
    const answer = await ask(target, await reach(target), question);
    // Silence is for the scenarios of that profile to find.
    if (!(answer instanceof RpcException && answer.type === 'unimplemented')) profiles.add(profile);
  }
  const isNoRpc = health instanceof SessionEndedError && health.end.kind === 'protocol-error';
  const remark = isNoRpc ? `its answer to health is no Cap'n Proto RPC: ${health.end.reason}` : undefined;
  return { profiles, remark, certificateSha256, health: (health as { status?: string }).status };
}

/** What health is answered with, once a server that still reads its store has had the time for it. */
async function startedHealth(target: TargetData, connection: QuicConnection): Promise<unknown> {
  const end = Date.now() + START_GRACE_MS;
  let answer = await ask(target, connection, askHealth);
  while (answer instanceof RpcException && answer.type === 'overloaded' && Date.now() < end) {
    await sleep(RETRY_MS);
    answer = await ask(target, await reach(target), askHealth);
  }
  return answer;
}

/** How often a target that seems to be gone is asked again, and for how long it may be away, in ms. */
const GONE_AFTER_TRIES = 2;
const GONE_AFTER_MS = 3_000;
const GONE_TIMEOUT_MS = 5_000;

/** @returns why the target cannot be tested any further; undefined when it still answers, whatever that is */
export async function goneBecause(target: TargetData): Promise<string | undefined> {
  for (const address of target.addresses) {
    const why = await oneIsGoneBecause({ ...target, addresses: [address] });
    if (why !== undefined) return why;
  }
  return undefined;
}

async function oneIsGoneBecause(target: TargetData): Promise<string | undefined> {
  const timeoutMs = Math.min(target.timeoutMs, GONE_TIMEOUT_MS);
  const end = Date.now() + GONE_AFTER_MS;
  for (let tries = 1; ; tries += 1) {
    let why: string;
    try {
      const connection = await connectTarget(target, { handshakeTimeoutMs: timeoutMs });
      const answer = await ask({ ...target, timeoutMs }, connection, askHealth);
      if (answer !== 'silence') return undefined;
      why = 'it takes connections, but answers no call';
    } catch (error) {
      if (!(error instanceof QuicError) || !GONE_CODES.has(error.code)) return undefined;
      why = error.message;
    }
    if (tries >= GONE_AFTER_TRIES && Date.now() > end) return why;
    await sleep(RETRY_MS);
  }
}

const GONE_CODES = new Set<QuicError['code']>(['UNREACHABLE', 'HANDSHAKE_TIMEOUT']);

type Options = { signal: AbortSignal };
type Question = (rpc: RpcClient, options: Options) => Promise<unknown>;

const askHealth: Question = (rpc, options) => rpc.call(nodeService.health, {}, options);

/** A call of each profile that changes nothing, whatever the server makes of it. */
function probesOf({ accounts }: TargetData): Record<Exclude<Profile, 'core'>, Question> {
  const nothing = new Uint8Array();
  const { token, deviceId } = accounts.find(({ isExpired }) => !isExpired) ?? {};
  const auth = {
    version: token === undefined ? 0 : 1,
    accessToken: Buffer.from(token ?? '', 'hex'),
    deviceId: Buffer.from(deviceId ?? '', 'hex'),
  };
  const queue = { recipientKey: nothing, channelId: nothing, version: 1, auth };
  return {
    channels: (rpc, options) => rpc.call(nodeService.createChannel, { peerKey: nothing, auth }, options),
    reliable: (rpc, options) => rpc.call(nodeService.peek, { ...queue, limit: 1 }, options),
    batch: (rpc, options) => rpc.call(nodeService.fetchHybridKeys, { identityKeys: [], auth }, options),
    p2p: (rpc, options) => rpc.call(nodeService.resolveEndpoint, { identityKey: nothing, auth }, options),
    opaque: (rpc, options) => rpc.call(nodeService.opaqueLoginStart, { username: '', request: nothing }, options),
  };
}

/** @returns what the question was answered with: results, an error, or silence */
async function ask({ timeoutMs }: TargetData, connection: QuicConnection, question: Question): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await question(connectVat(await connection.openStream()), { signal });
  } catch (error) {
    return signal.aborted ? 'silence' : error;
  } finally {
    await connection.close();
  }
}
