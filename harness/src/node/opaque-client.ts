import { nodeService } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import { client, ready } from '@serenity-kit/opaque';

/**
 * The client's side of OPAQUE (RFC 9807) as spec/opaque.md fixes it: ristretto255-SHA512, TripleDH, no identities, an
 * empty context, and Argon2id as the key-stretching function.
 */
export const OPAQUE_LENGTHS = {
  registrationRequest: 32,
  registrationResponse: 64,
  registrationRecord: 192,
  ke1: 96,
  ke2: 320,
  ke3: 64,
} as const;

/** Argon2id; memory in KiB. */
type KeyStretching = { 'argon2id-custom': { memory: number; iterations: number; parallelism: number } };

/** That of OPQ-001: what an account needs that another client is to open. */
export const KEY_STRETCHING: KeyStretching = { 'argon2id-custom': { memory: 19_456, iterations: 2, parallelism: 1 } };

/** For throw-away users of the suite, whose passwords are random: a server sees no difference, and it costs next to nothing. */
const NO_STRETCHING: KeyStretching = { 'argon2id-custom': { memory: 8, iterations: 1, parallelism: 1 } };

/** Resolves when the functions of this file can be called. */
export const opaqueReady: Promise<void> = ready;

/** What the client sends first, and what it keeps for its second step. Secret: it holds what blinds the password. */
export interface Started {
  request: Uint8Array;
  state: string;
}

/** A user name, a password, and the Ed25519 public key (32 bytes) that the account stands for. */
export interface Credentials {
  username: string;
  password: string;
  identityKey: Uint8Array;
}

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/** @returns a registration request of 32 bytes */
export function startRegistration(password: string): Started {
  const { registrationRequest, clientRegistrationState } = client.startRegistration({ password });
  return { request: decode(registrationRequest), state: clientRegistrationState };
}

/**
 * @param response of the server, 64 bytes
 * @param keyStretching by default none: the account is for `finishLogin` of this file alone
 * @returns the registration record, 192 bytes
 * @throws Error when the response is not well-formed
 */
export function finishRegistration(
  password: string,
  { state }: Started,
  response: Uint8Array,
  keyStretching = NO_STRETCHING,
): Uint8Array {
  const registrationResponse = checked('registration response', response, OPAQUE_LENGTHS.registrationResponse);
  const finished = understood('registration response', () =>
    client.finishRegistration({
      password,
      registrationResponse,
      clientRegistrationState: state,
      keyStretching,
    }),
  );
  return decode(finished.registrationRecord);
}

/** @returns KE1, 96 bytes */
export function startLogin(password: string): Started {
  const { startLoginRequest, clientLoginState } = client.startLogin({ password });
  return { request: decode(startLoginRequest), state: clientLoginState };
}

/**
 * @param response KE2 of the server, 320 bytes
 * @returns KE3, 64 bytes; undefined when KE2 cannot be opened: the password is wrong, or there is no such user
 * @throws Error when KE2 is not well-formed
 */
export function finishLogin(
  password: string,
  { state }: Started,
  response: Uint8Array,
  keyStretching = NO_STRETCHING,
): Uint8Array | undefined {
  const loginResponse = checked('KE2', response, OPAQUE_LENGTHS.ke2);
  const finished = understood('KE2', () =>
    client.finishLogin({ password, loginResponse, clientLoginState: state, keyStretching }),
  );
  return finished && decode(finished.finishLoginRequest);
}

/**
 * Registers a new user.
 * @throws RpcException when the server refuses, Error when its answer is no OPAQUE message, what `rpc.call` throws
 */
export async function register(rpc: RpcClient, credentials: Credentials, signal?: AbortSignal): Promise<void> {
  await opaqueReady;
  const { username, password, identityKey } = credentials;
  const options = signal ? { signal } : {};
  const started = startRegistration(password);
  const { response } = await rpc.call(nodeService.opaqueRegisterStart, { username, request: started.request }, options);
  const upload = finishRegistration(password, started, response);
  const { success } = await rpc.call(nodeService.opaqueRegisterFinish, { username, upload, identityKey }, options);
  if (!success) throw new Error('opaqueRegisterFinish returned that it was no success, and no error');
}

/**
 * Logs in, on one session.
 * @returns the session token
 * @throws RpcException when the server refuses, Error when the password is wrong or an answer is no OPAQUE message, what
 *   `rpc.call` throws
 */
export async function login(rpc: RpcClient, credentials: Credentials, signal?: AbortSignal): Promise<Uint8Array> {
  await opaqueReady;
  const { username, password, identityKey } = credentials;
  const options = signal ? { signal } : {};
  const started = startLogin(password);
  const { response } = await rpc.call(nodeService.opaqueLoginStart, { username, request: started.request }, options);
  const finalization = finishLogin(password, started, response);
  if (!finalization) throw new Error('the answer to opaqueLoginStart cannot be opened with this password');
  const { sessionToken } = await rpc.call(
    nodeService.opaqueLoginFinish,
    { username, finalization, identityKey },
    options,
  );
  return sessionToken;
}

function checked(what: string, bytes: Uint8Array, length: number): string {
  if (bytes.length !== length) throw new Error(`the server's ${what} has ${bytes.length} bytes, expected ${length}`);
  return encode(bytes);
}

/** The library's own errors quote what it was given. */
function understood<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch {
    throw new Error(`the server's ${what} is no OPAQUE message of ristretto255-SHA512`);
  }
}
