import { AUTH_VERSION_NONE, AUTH_VERSION_TOKEN, type Auth } from '@quicnprotochat/proto';
import type { Accounts } from '../accounts.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';

/** Who calls. Without `identityKey` the caller is anonymous, which only an open server lets be. */
export interface Caller {
  /** 32 bytes. */
  identityKey: Uint8Array | undefined;
}

export type Authenticate = (auth: Auth) => Caller;

/**
 * The check that comes before any other (spec: AUTH): whoever has no valid token learns nothing else.
 * @throws NodeServiceError E001, E002, E003, E017, E020
 */
export function authenticator(options: {
  accounts: Accounts;
  isOpen: boolean;
  limits: Pick<ServiceLimits, 'deviceIdBytes'>;
  now: () => number;
}): Authenticate {
  const { accounts, isOpen, limits, now } = options;
  return (auth) => {
    if (auth.version === AUTH_VERSION_NONE) {
      if (!isOpen) throw new NodeServiceError('E001', 'this server takes no call without a token (auth version 1)');
      return { identityKey: undefined };
    }
    if (auth.version !== AUTH_VERSION_TOKEN)
      throw new NodeServiceError('E001', `auth version ${auth.version} is not known`);
    if (auth.accessToken.length === 0) throw new NodeServiceError('E002', 'auth version 1 needs a token');
    const account = accounts.find(auth.accessToken);
    const isOtherDevice = account?.deviceId !== undefined && !Buffer.from(account.deviceId).equals(auth.deviceId);
    if (!account || isOtherDevice) throw new NodeServiceError('E003', 'the token is not valid');
    if (account.expiresAtMs !== undefined && account.expiresAtMs <= now()) {
      throw new NodeServiceError('E017', 'the token has expired');
    }
    if (auth.deviceId.length > limits.deviceIdBytes) {
      throw new NodeServiceError('E020', `a device id has at most ${limits.deviceIdBytes} bytes`);
    }
    return { identityKey: account.identityKey };
  };
}
