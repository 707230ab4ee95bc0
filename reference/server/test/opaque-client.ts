import { nodeService } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import { client, ready } from '@serenity-kit/opaque';

/** Argon2id as spec/opaque.md has it: memory in KiB. */
const keyStretching = { 'argon2id-custom': { memory: 19_456, iterations: 2, parallelism: 1 } } as const;

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');

/** @returns the registration record, 192 bytes */
export async function registration(rpc: RpcClient, username: string, password: string): Promise<Uint8Array> {
  await ready;
  const { registrationRequest, clientRegistrationState } = client.startRegistration({ password });
  const request = decode(registrationRequest);
  const { response } = await rpc.call(nodeService.opaqueRegisterStart, { username, request });
  const registrationResponse = encode(response);
  return decode(
    client.finishRegistration({ password, registrationResponse, clientRegistrationState, keyStretching })
      .registrationRecord,
  );
}

export async function register(
  rpc: RpcClient,
  username: string,
  password: string,
  identityKey: Uint8Array,
): Promise<boolean> {
  const upload = await registration(rpc, username, password);
  return (await rpc.call(nodeService.opaqueRegisterFinish, { username, upload, identityKey })).success;
}

/** A login up to its last message. @returns KE3, 64 bytes; undefined when KE2 cannot be opened with that password */
export async function beginLogin(rpc: RpcClient, username: string, password: string): Promise<Uint8Array | undefined> {
  await ready;
  const { startLoginRequest, clientLoginState } = client.startLogin({ password });
  const request = decode(startLoginRequest);
  const { response } = await rpc.call(nodeService.opaqueLoginStart, { username, request });
  const loginResponse = encode(response);
  const finished = client.finishLogin({ password, loginResponse, clientLoginState, keyStretching });
  return finished && decode(finished.finishLoginRequest);
}

/** @returns the session token, 32 bytes */
export async function login(
  rpc: RpcClient,
  username: string,
  password: string,
  identityKey: Uint8Array,
): Promise<Uint8Array> {
  const finalization = await beginLogin(rpc, username, password);
  if (!finalization) throw new Error('wrong password');
  return (await rpc.call(nodeService.opaqueLoginFinish, { username, finalization, identityKey })).sessionToken;
}

/** KE1 of a login, 96 bytes. */
export async function loginRequest(): Promise<Uint8Array> {
  await ready;
  return decode(client.startLogin({ password: 'whatever' }).startLoginRequest);
}
