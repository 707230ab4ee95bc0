import { AUTH_VERSION_NONE, AUTH_VERSION_TOKEN, type Auth, MAX_DEVICE_ID_LEN } from '@quicnprotochat/proto';
import { ClientError } from './errors.ts';

/** What a client shows of itself with each call: a bearer token, or nothing, and a device id. Never printed. */
export class ClientAuth {
  readonly #token: Uint8Array | undefined;
  readonly #deviceId: Uint8Array;

  /**
   * @param token bearer token; undefined for a server that is open to everybody
   * @param deviceId UTF-8, at most 64 bytes; empty for none
   * @throws ClientError `usage`
   */
  constructor(token: Uint8Array | undefined, deviceId = '') {
    if (token?.length === 0) throw new ClientError('usage', 'the access token is empty');
    this.#deviceId = Buffer.from(deviceId);
    if (this.#deviceId.length > MAX_DEVICE_ID_LEN)
      throw new ClientError('usage', `the device id has ${this.#deviceId.length} bytes; 64 are allowed`);
    this.#token = token;
  }

  /** Whether it is more than an anonymous caller. */
  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /** The struct that goes over the wire (spec: AUTH). */
  toAuth(): Auth {
    return {
      version: this.#token === undefined ? AUTH_VERSION_NONE : AUTH_VERSION_TOKEN,
      accessToken: this.#token ?? new Uint8Array(),
      deviceId: this.#deviceId,
    };
  }

  /** Keeps the token out of logs. */
  toJSON(): { hasToken: boolean } {
    return { hasToken: this.hasToken };
  }
}

/**
 * A token as a user gives it: hex digits, as in an accounts file, are the bytes; anything else is its UTF-8 bytes.
 * `text:` in front makes it text in any case (spec: CLI-012).
 * @returns undefined for no or an empty text
 */
export function parseToken(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const token = text.trim();
  if (token.startsWith('text:')) return Buffer.from(token.slice(5));
  return /^(?:[0-9a-fA-F]{2})+$/.test(token) ? Buffer.from(token, 'hex') : Buffer.from(token);
}
