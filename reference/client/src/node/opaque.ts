import { nodeService } from '@quicnprotochat/proto';
import { client, ready } from '@serenity-kit/opaque';
import { ClientError } from '../errors.ts';
import type { NodeClient } from './node-client.ts';

/** A user name, a password, and the Ed25519 public key (32 bytes) that the account stands for. */
export interface Credentials {
  /** Not empty; UTF-8. */
  username: string;
  /** Never leaves this process (RFC 9807). */
  password: string;
  /** 32 bytes; the session token is bound to it. */
  identityKey: Uint8Array;
}

/** Argon2id as spec/opaque.md fixes it: memory in KiB. */
const KEY_STRETCHING = { 'argon2id-custom': { memory: 19_456, iterations: 2, parallelism: 1 } };
const REGISTRATION_RESPONSE_LEN = 64;
const KE2_LEN = 320;

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/**
 * Registers an account by OPAQUE (RFC 9807; spec: OPQ): the server never sees the password.
 * @throws ClientError `refused` (E018: the username is taken), `untrusted`, `connection`
 */
export async function registerAccount(node: NodeClient, credentials: Credentials): Promise<void> {
  await ready;
  const { username, password, identityKey } = credentials;
  await node.withRetry('registering the account', async (rpc, signal) => {
    const { registrationRequest, clientRegistrationState } = client.startRegistration({ password });
    const request = decode(registrationRequest);
    const { response } = await rpc.call(nodeService.opaqueRegisterStart, { username, request }, { signal });
    const registrationResponse = checked(response, REGISTRATION_RESPONSE_LEN);
    const { registrationRecord } = understood(() =>
      client.finishRegistration({
        ...{ password, registrationResponse, clientRegistrationState },
        keyStretching: KEY_STRETCHING,
      }),
    );
    const upload = decode(registrationRecord);
    const { success } = await rpc.call(nodeService.opaqueRegisterFinish, { username, upload, identityKey }, { signal });
    if (!success) throw new ClientError('refused', 'the server did not register the account, and did not say why');
  });
}

/**
 * Logs in by OPAQUE. Both steps take place on one session, and the whole login again when it is lost.
 * @returns the session token
 * @throws ClientError `refused` with E010 when the password is wrong or there is no such user, `untrusted`, `connection`
 */
export async function logIn(node: NodeClient, credentials: Credentials): Promise<Uint8Array> {
  await ready;
  const { username, password, identityKey } = credentials;
  return node.withRetry('logging in', async (rpc, signal) => {
    const { startLoginRequest, clientLoginState } = client.startLogin({ password });
    const request = decode(startLoginRequest);
    const { response } = await rpc.call(nodeService.opaqueLoginStart, { username, request }, { signal });
    const loginResponse = checked(response, KE2_LEN);
    const finished = understood(() =>
      client.finishLogin({ password, loginResponse, clientLoginState, keyStretching: KEY_STRETCHING }),
    );
    if (!finished)
      throw new ClientError('refused', 'logging in: the username or the password is wrong', { code: 'E010' });
    const finalization = decode(finished.finishLoginRequest);
    const params = { username, finalization, identityKey };
    const { sessionToken } = await rpc.call(nodeService.opaqueLoginFinish, params, { signal });
    if (sessionToken.length === 0) throw new ClientError('untrusted', 'logging in: the server returned an empty token');
    return sessionToken;
  });
}

function checked(message: Uint8Array, length: number): string {
  if (message.length !== length) throw noOpaque();
  return encode(message);
}

/** The library's own errors quote what it was given. */
function understood<T>(step: () => T): T {
  try {
    return step();
  } catch {
    throw noOpaque();
  }
}

const noOpaque = (): ClientError =>
  new ClientError('untrusted', 'the server’s answer is no OPAQUE message of ristretto255-SHA512');
