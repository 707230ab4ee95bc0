import { randomBytes } from 'node:crypto';
import { server } from '@serenity-kit/opaque';
import {
  finishLogin,
  finishRegistration,
  KEY_STRETCHING,
  OPAQUE_LENGTHS,
  opaqueReady,
  startLogin,
  startRegistration,
} from '../node/opaque-client.ts';
import type { Handlers } from './handlers.ts';
import { refuse } from './refuse.ts';

const TOKEN_LEN = 32;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

interface User {
  record: Uint8Array;
  identityKey: Uint8Array;
}

/** The OPAQUE methods of a NodeService in memory (spec: OPQ), and what it takes to look into its accounts. */
export class MemoryOpaque {
  /** Told of each session token that a login returns, and whose it is. */
  readonly #admit: (token: Uint8Array, identityKey: Uint8Array) => void;
  readonly #users = new Map<string, User>();
  /** State of logins that were begun, by user name. */
  readonly #begun = new Map<string, string>();
  #setup: string | undefined;

  constructor(admit: (token: Uint8Array, identityKey: Uint8Array) => void) {
    this.#admit = admit;
  }

  /** Whose account it is; undefined when there is none. */
  identityOf(username: string): Uint8Array | undefined {
    return this.#users.get(username)?.identityKey;
  }

  /** Makes an account as a right client does. */
  async register(username: string, password: string, identityKey: Uint8Array): Promise<void> {
    await opaqueReady;
    const started = startRegistration(password);
    const response = await this.#registrationResponse(username, started.request);
    const record = finishRegistration(password, started, response, KEY_STRETCHING);
    this.#users.set(username, { record, identityKey });
  }

  /** Whether a right client, which stretches the password as OPQ-001 has it, can log in with it. */
  async opensWith(username: string, password: string): Promise<boolean> {
    await opaqueReady;
    const started = startLogin(password);
    const { response } = await this.#startLogin(username, started.request);
    return finishLogin(password, started, response, KEY_STRETCHING) !== undefined;
  }

  readonly handlers: Handlers = {
    opaqueRegisterStart: async ({ username, request }) => {
      this.#requireFree(username);
      requireLength('request', request, OPAQUE_LENGTHS.registrationRequest);
      return { response: await this.#registrationResponse(username, request) };
    },
    opaqueRegisterFinish: ({ username, upload, identityKey }) => {
      this.#requireFree(username);
      requireLength('upload', upload, OPAQUE_LENGTHS.registrationRecord);
      if (identityKey.length !== 32) refuse('E004', 'identityKey has not 32 bytes');
      this.#users.set(username, { record: upload, identityKey });
      return { success: true };
    },
    opaqueLoginStart: async ({ username, request }) => {
      requireName(username);
      requireLength('request', request, OPAQUE_LENGTHS.ke1);
      const { state, response } = await this.#startLogin(username, request);
      this.#begun.set(username, state);
      return { response };
    },
    opaqueLoginFinish: async ({ username, finalization, identityKey }) => {
      requireName(username);
      const state = this.#begun.get(username) ?? refuse('E019', 'no login was begun');
      this.#begun.delete(username);
      await opaqueReady;
      const isRight = attempt(() =>
        server.finishLogin({ finishLoginRequest: encode(finalization), serverLoginState: state }),
      );
      const user = this.#users.get(username);
      if (!isRight || !user) return refuse('E010', 'the user name or the password is wrong');
      if (hex(user.identityKey) !== hex(identityKey)) refuse('E016', 'the account is of another identity');
      const sessionToken = randomBytes(TOKEN_LEN);
      this.#admit(sessionToken, identityKey);
      return { sessionToken };
    },
  };

  async #registrationResponse(userIdentifier: string, request: Uint8Array): Promise<Uint8Array> {
    await opaqueReady;
    this.#setup ??= server.createSetup();
    const serverSetup = this.#setup;
    const made = attempt(() =>
      server.createRegistrationResponse({ serverSetup, userIdentifier, registrationRequest: encode(request) }),
    );
    return made ? decode(made.registrationResponse) : refuse('E010', 'it is no RegistrationRequest');
  }

  async #startLogin(userIdentifier: string, request: Uint8Array): Promise<{ state: string; response: Uint8Array }> {
    await opaqueReady;
    this.#setup ??= server.createSetup();
    const serverSetup = this.#setup;
    const user = this.#users.get(userIdentifier);
    // Without a record the answer is made up (OPQ-008).
    const registrationRecord = user ? encode(user.record) : null;
    const made = attempt(() =>
      server.startLogin({ serverSetup, userIdentifier, registrationRecord, startLoginRequest: encode(request) }),
    );
    if (!made) return refuse('E010', 'it is no KE1');
    return { state: made.serverLoginState, response: decode(made.loginResponse) };
  }

  #requireFree(username: string): void {
    requireName(username);
    if (this.#users.has(username)) refuse('E018', 'that user name is taken');
  }
}

function requireName(username: string): void {
  if (username === '') refuse('E011', 'the user name is empty');
}

function requireLength(what: string, { length }: Uint8Array, wanted: number): void {
  if (length !== wanted) refuse('E010', `${what} has ${length} bytes instead of ${wanted}`);
}

/** @returns undefined for what the library refuses */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
