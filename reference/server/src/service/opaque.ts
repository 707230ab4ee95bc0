import { createHash } from 'node:crypto';
import {
  type nodeService,
  OPAQUE_KE1_LEN,
  OPAQUE_KE3_LEN,
  OPAQUE_RECORD_LEN,
  OPAQUE_REQUEST_LEN,
  type ParamsOf,
  type ResultsOf,
} from '@quicnprotochat/proto';
import { client, ready, server } from '@serenity-kit/opaque';
import type { Accounts } from '../accounts.ts';
import { FullError, type Store, type User } from '../store/store.ts';
import { requireKey } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';

type Methods = typeof nodeService;

const SESSION_TOKEN_LEN = 32;
/** How long a login may take from its start to its finish, in ms. */
const LOGIN_LIMIT_MS = 60_000;
/** Logins that one RPC session may have begun; the oldest goes for a new one. */
const PENDING_LIMIT = 16;

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');

/** The name of the server setup among the settings of a store. */
const SETUP_NAME = 'opaque-server-setup';

/** A new server setup, 128 bytes, secret: without it no registration made under it can be used. */
async function newServerSetup(): Promise<Uint8Array> {
  await ready;
  return decode(server.createSetup());
}

/**
 * The server setup of a store, made when there is none. It is kept beside the registrations, which are worth nothing
 * without it, so that the servers of one store have the same one and a copy of a store has it too.
 * @throws StoreError
 */
export async function keptServerSetup(store: Store): Promise<Uint8Array> {
  return store.claimSetting(SETUP_NAME, await newServerSetup());
}

interface PendingLogin {
  state: string;
  /** undefined: there is no such user, which the caller must not learn. */
  user: User | undefined;
  expiresAt: number;
}

/** The logins that an RPC session has begun. They are its own, so that nobody else can push them out. */
export class PendingLogins {
  readonly #byUsername = new Map<string, PendingLogin>();

  add(username: string, login: PendingLogin): void {
    this.#byUsername.delete(username);
    const [oldest] = this.#byUsername.keys();
    if (this.#byUsername.size >= PENDING_LIMIT && oldest !== undefined) this.#byUsername.delete(oldest);
    this.#byUsername.set(username, login);
  }

  /** It is gone afterwards: a login is finished once. */
  take(username: string, now: number): PendingLogin | undefined {
    const login = this.#byUsername.get(username);
    this.#byUsername.delete(username);
    return login && login.expiresAt > now ? login : undefined;
  }
}

/** What an OpaqueService is put together from. */
export interface OpaqueServiceOptions {
  store: Store;
  accounts: Accounts;
  /** 128 bytes, of `newServerSetup`. */
  setup: Uint8Array;
  limits: ServiceLimits;
  /** ms since 1970. */
  now: () => number;
  random: (length: number) => Uint8Array;
}

/** Registration and login with a password that the server never sees (spec: OPQ; RFC 9807). */
export class OpaqueService {
  readonly #options: OpaqueServiceOptions;
  readonly #setup: string;
  /** A first login message of nobody, to try a registration record with. */
  readonly #trial: string;

  constructor(options: OpaqueServiceOptions) {
    this.#options = options;
    this.#setup = encode(options.setup);
    this.#trial = client.startLogin({ password: '' }).startLoginRequest;
  }

  async registerStart({
    username,
    request,
  }: ParamsOf<Methods['opaqueRegisterStart']>): Promise<ResultsOf<Methods['opaqueRegisterStart']>> {
    this.#requireUsername(username);
    const { registrationResponse } = attempt(request, OPAQUE_REQUEST_LEN, (registrationRequest) =>
      server.createRegistrationResponse({ serverSetup: this.#setup, userIdentifier: username, registrationRequest }),
    );
    return { response: decode(registrationResponse) };
  }

  async registerFinish({
    username,
    upload,
    identityKey,
  }: ParamsOf<Methods['opaqueRegisterFinish']>): Promise<ResultsOf<Methods['opaqueRegisterFinish']>> {
    this.#requireUsername(username);
    requireKey('identityKey', identityKey);
    // A record that cannot be used for a login is refused now, not at the first login.
    attempt(upload, OPAQUE_RECORD_LEN, (registrationRecord) => this.#begin(username, registrationRecord, this.#trial));
    const { accounts, store, limits } = this.#options;
    const user = { username, identityKey, registration: upload };
    const isReserved = accounts.isReserved(identityKey);
    const outcome = isReserved
      ? 'identity-taken'
      : await store.addUser(user, limits.users).catch((error) => {
          if (error instanceof FullError) throw new NodeServiceError('E015', 'this server takes no more users');
          throw error;
        });
    if (outcome === 'username-taken') throw new NodeServiceError('E018', 'that username is taken');
    if (outcome === 'identity-taken')
      throw new NodeServiceError('E016', 'that identity key belongs to another account');
    return { success: true };
  }

  async loginStart(
    { username, request }: ParamsOf<Methods['opaqueLoginStart']>,
    pending: PendingLogins,
  ): Promise<ResultsOf<Methods['opaqueLoginStart']>> {
    this.#requireUsername(username);
    const user = await this.#options.store.user(username);
    // Without a record the answer is made up, the same way and in the same time.
    const record = user ? encode(user.registration) : null;
    const { serverLoginState, loginResponse } = attempt(request, OPAQUE_KE1_LEN, (message) =>
      this.#begin(username, record, message),
    );
    pending.add(username, { state: serverLoginState, user, expiresAt: this.#options.now() + LOGIN_LIMIT_MS });
    return { response: decode(loginResponse) };
  }

  async loginFinish(
    { username, finalization, identityKey }: ParamsOf<Methods['opaqueLoginFinish']>,
    pending: PendingLogins,
  ): Promise<ResultsOf<Methods['opaqueLoginFinish']>> {
    const { store, limits, now, random } = this.#options;
    this.#requireUsername(username);
    requireKey('identityKey', identityKey);
    const login = pending.take(username, now());
    if (!login) throw new NodeServiceError('E019', 'no login of that user has been started on this session');
    attempt(finalization, OPAQUE_KE3_LEN, (finishLoginRequest) =>
      server.finishLogin({ serverLoginState: login.state, finishLoginRequest }),
    );
    // Looked up again: the user may have been revoked since the login was begun.
    const user = await store.user(username);
    if (!user || !login.user || !Buffer.from(user.registration).equals(login.user.registration)) throw failed();
    if (!Buffer.from(user.identityKey).equals(identityKey))
      throw new NodeServiceError('E016', 'the user registered with another identity key');
    const sessionToken = random(SESSION_TOKEN_LEN);
    const digest = createHash('sha256').update(sessionToken).digest();
    const token = {
      digest,
      name: username,
      identityKey,
      deviceId: undefined,
      expiresAtMs: now() + limits.sessionTokenMs,
    };
    await store.addToken(token, limits.tokensPerUser);
    return { sessionToken };
  }

  #begin(username: string, registrationRecord: string | null, startLoginRequest: string) {
    return server.startLogin({
      serverSetup: this.#setup,
      userIdentifier: username,
      registrationRecord,
      startLoginRequest,
    });
  }

  /** @throws NodeServiceError E011, E020 */
  #requireUsername(username: string): void {
    const { usernameBytes } = this.#options.limits;
    if (username === '') throw new NodeServiceError('E011', 'the username is empty');
    if (Buffer.byteLength(username) > usernameBytes)
      throw new NodeServiceError('E020', `a username has at most ${usernameBytes} bytes`);
  }
}

/** @throws NodeServiceError E010 for whatever is wrong: a caller learns no more than that */
function attempt<T>(message: Uint8Array, length: number, step: (encoded: string) => T): T {
  if (message.length !== length) throw failed();
  try {
    return step(encode(message));
  } catch {
    throw failed();
  }
}

const failed = (): NodeServiceError => new NodeServiceError('E010', 'the OPAQUE exchange failed');
