import { AUTH_VERSION_NONE, AUTH_VERSION_TOKEN, type Auth } from '@quicnprotochat/proto';
import type { Account, Accounts } from '../accounts.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';

/** Who calls. Without `identityKey` the caller is anonymous, which only an open server lets be. */
export interface Caller {
  /** 32 bytes. */
  identityKey: Uint8Array | undefined;
}

export const ANONYMOUS: Caller = { identityKey: undefined };

/** What authentication needs to know. */
export interface AuthenticatorOptions {
  accounts: Accounts;
  isOpen: boolean;
  limits: Pick<ServiceLimits, 'deviceIdBytes'>;
  /** ms since 1970. */
  now: () => number;
}

/**
 * The check that comes before any other (spec: AUTH): whoever has no valid token learns nothing else. Where accounts have
 * to be looked up, callers are still let through in the order in which they came.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Settles when everybody who came so far has been looked up; undefined when they have. */
  #line: Promise<unknown> | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** @throws NodeServiceError E001, E002, E003, E017, E020; whatever the look-up fails with */
  authenticate(auth: Auth): Caller | Promise<Caller> {
    const { version, accessToken } = auth;
    const isNone = version === AUTH_VERSION_NONE;
    if (isNone && !this.#options.isOpen)
      throw new NodeServiceError('E001', 'this server takes no call without a token (auth version 1)');
    if (!isNone && version !== AUTH_VERSION_TOKEN)
      throw new NodeServiceError('E001', `auth version ${version} is not known`);
    if (!isNone && accessToken.length === 0) throw new NodeServiceError('E002', 'auth version 1 needs a token');

    const found = isNone ? undefined : this.#options.accounts.find(accessToken);
    if (found instanceof Promise) return this.#afterLookUp(found, auth);
    const judge = (): Caller => (isNone ? ANONYMOUS : this.#judge(found, auth));
    return this.#line ? this.#line.then(judge) : judge();
  }

  #afterLookUp(found: Promise<Account | undefined>, auth: Auth): Promise<Caller> {
    let judge: () => Caller;
    const looked = found.then(
      (account) => {
        judge = () => this.#judge(account, auth);
      },
      (error) => {
        judge = () => {
          throw error;
        };
      },
    );
    const line = Promise.all([this.#line, looked]).then(() => {
      if (this.#line === line) this.#line = undefined;
    });
    this.#line = line;
    // All hang on their line by one `then`, so that they go on in the order in which they joined.
    return line.then(() => judge());
  }

  #judge(account: Account | undefined, { deviceId }: Auth): Caller {
    const isOtherDevice = account?.deviceId !== undefined && !Buffer.from(account.deviceId).equals(deviceId);
    if (!account || isOtherDevice) throw new NodeServiceError('E003', 'the token is not valid');
    if (account.expiresAtMs !== undefined && account.expiresAtMs <= this.#options.now()) {
      throw new NodeServiceError('E017', 'the token has expired');
    }
    const { deviceIdBytes } = this.#options.limits;
    if (deviceId.length > deviceIdBytes)
      throw new NodeServiceError('E020', `a device id has at most ${deviceIdBytes} bytes`);
    return { identityKey: account.identityKey };
  }
}
