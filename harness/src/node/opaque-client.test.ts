import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { RpcClient } from '@quicnprotochat/rpc';
import { server } from '@serenity-kit/opaque';
import {
  finishLogin,
  finishRegistration,
  login,
  OPAQUE_LENGTHS,
  opaqueReady,
  register,
  startLogin,
  startRegistration,
} from './opaque-client.ts';

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');

/** The server's side, by the library alone. */
class Peer {
  readonly #setup = server.createSetup();
  readonly records = new Map<string, Uint8Array>();
  #pending = '';

  respond(username: string, request: Uint8Array): Uint8Array {
    const { registrationResponse } = server.createRegistrationResponse({
      serverSetup: this.#setup,
      userIdentifier: username,
      registrationRequest: encode(request),
    });
    return decode(registrationResponse);
  }

  ke2(username: string, ke1: Uint8Array): Uint8Array {
    const record = this.records.get(username);
    const { loginResponse, serverLoginState } = server.startLogin({
      serverSetup: this.#setup,
      userIdentifier: username,
      registrationRecord: record ? encode(record) : null,
      startLoginRequest: encode(ke1),
    });
    this.#pending = serverLoginState;
    return decode(loginResponse);
  }

  accept(ke3: Uint8Array): void {
    server.finishLogin({ serverLoginState: this.#pending, finishLoginRequest: encode(ke3) });
  }

  /** As an RpcClient, as far as the four methods go. */
  rpc(): RpcClient {
    const answers = {
      opaqueRegisterStart: ({ username, request }: { username: string; request: Uint8Array }) => ({
        response: this.respond(username, request),
      }),
      opaqueRegisterFinish: ({ username, upload }: { username: string; upload: Uint8Array }) => {
        this.records.set(username, upload);
        return { success: true };
      },
      opaqueLoginStart: ({ username, request }: { username: string; request: Uint8Array }) => ({
        response: this.ke2(username, request),
      }),
      opaqueLoginFinish: ({ finalization }: { finalization: Uint8Array }) => {
        this.accept(finalization);
        return { sessionToken: Uint8Array.of(7) };
      },
    };
    const call = async ({ name }: { name: keyof typeof answers }, params: never): Promise<unknown> =>
      answers[name](params);
    return { call } as unknown as RpcClient;
  }
}

describe('the client side of OPAQUE', () => {
  it('registers and logs in, by messages of the right lengths', async () => {
    await opaqueReady;
    const peer = new Peer();
    const registration = startRegistration('secret');
    assert.equal(registration.request.length, OPAQUE_LENGTHS.registrationRequest);
    const record = finishRegistration('secret', registration, peer.respond('zoë', registration.request));
    assert.equal(record.length, OPAQUE_LENGTHS.registrationRecord);
    peer.records.set('zoë', record);
    const started = startLogin('secret');
    assert.equal(started.request.length, OPAQUE_LENGTHS.ke1);
    const ke3 = finishLogin('secret', started, peer.ke2('zoë', started.request));
    assert.equal(ke3?.length, OPAQUE_LENGTHS.ke3);
    peer.accept(ke3 as Uint8Array);
  });

  it('cannot open an answer with another password, nor the answer for an unknown user', async () => {
    await opaqueReady;
    const peer = new Peer();
    const registration = startRegistration('secret');
    peer.records.set('zoë', finishRegistration('secret', registration, peer.respond('zoë', registration.request)));
    const started = startLogin('other');
    assert.equal(finishLogin('other', started, peer.ke2('zoë', started.request)), undefined);
    const stranger = startLogin('secret');
    assert.equal(finishLogin('secret', stranger, peer.ke2('nobody', stranger.request)), undefined);
  });

  it('says what is wrong with an answer, and not what was in it', async () => {
    await opaqueReady;
    const registration = startRegistration('secret');
    assert.throws(() => finishRegistration('secret', registration, randomBytes(63)), /has 63 bytes, expected 64/);
    assert.throws(() => finishLogin('secret', startLogin('secret'), new Uint8Array(320).fill(0xff)), {
      message: "the server's KE2 is no OPAQUE message of ristretto255-SHA512",
    });
  });

  it('goes through both exchanges by calls', async () => {
    const peer = new Peer();
    const credentials = { username: 'zoë', password: 'secret', identityKey: randomBytes(32) };
    await register(peer.rpc(), credentials);
    assert.deepEqual([...peer.records.keys()], ['zoë']);
    assert.deepEqual(await login(peer.rpc(), credentials), Uint8Array.of(7));
    const wrong = { ...credentials, password: 'other' };
    await assert.rejects(login(peer.rpc(), wrong), /cannot be opened with this password/);
  });
});
