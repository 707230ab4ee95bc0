import type { Auth } from '@quicnprotochat/proto';

/** What was sent and what came back, for people who read a failure. */
export interface ExchangeEntry {
  /** Milliseconds since the scenario began. */
  atMs: number;
  who: string;
  kind: 'sent' | 'received' | 'note';
  text: string;
}

const SHOWN_BYTES = 16;
const SHOWN_CHARACTERS = 600;

/** Bytes as people read them: all of a few, the beginning of many. */
export function showBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  const more = bytes.length > SHOWN_BYTES ? '…' : '';
  return bytes.length === 0 ? '(empty)' : `${hex}${more} (${bytes.length} bytes)`;
}

/** Whom bytes belong to, if it is somebody whom the run knows. */
export interface Owners {
  ofToken(token: Uint8Array): string | undefined;
  ofKey(identityKey: Uint8Array): string | undefined;
}

const NOBODY: Owners = { ofToken: () => undefined, ofKey: () => undefined };

/** A value as it may be shown, with names for keys that are known. What is called accessToken or sessionToken is a secret. */
export function show(value: unknown, owners: Owners = NOBODY, name = ''): string {
  if (value instanceof Uint8Array) return showNamed(value, owners, name);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 5).map((element) => show(element, owners, name));
    return `[${shown.join(', ')}${value.length > 5 ? `, … ${value.length} in all` : ''}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const parts = name === 'auth' ? shortened(value as Partial<Auth>) : value;
    return `{${Object.entries(parts)
      .map(([key, element]) => `${key}: ${show(element, owners, key)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function showNamed(bytes: Uint8Array, owners: Owners, name: string): string {
  if (bytes.length > 0 && /token$/i.test(name)) {
    const owner = owners.ofToken(bytes);
    return owner === undefined ? `<another token of ${bytes.length} bytes>` : `<token of ${owner}>`;
  }
  const owner = /keys?$/i.test(name) ? owners.ofKey(bytes) : undefined;
  return owner === undefined ? showBytes(bytes) : `${owner}'s ${Buffer.from(bytes.subarray(0, 4)).toString('hex')}…`;
}

/** Every call has one: the device stands there only when one is named. */
const shortened = ({ deviceId, ...auth }: Partial<Auth>): Partial<Auth> =>
  deviceId === undefined || deviceId.length === 0 ? auth : { ...auth, deviceId };

const cut = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}… (${text.length} characters)`;

/** Keeps the first and the last entries of a scenario: a flood is not worth reading. */
export class ExchangeLog {
  readonly #start = performance.now();
  readonly #first: ExchangeEntry[] = [];
  #last: ExchangeEntry[] = [];
  #dropped = 0;
  readonly #redact: (text: string) => string;

  /** @param redact takes secrets out of what the target said */
  constructor(redact: (text: string) => string = (text) => text) {
    this.#redact = redact;
  }

  /** Milliseconds since the scenario began. */
  now(): number {
    return performance.now() - this.#start;
  }

  add(who: string, kind: ExchangeEntry['kind'], text: string): void {
    const entry = { atMs: Math.round(this.now()), who, kind, text: cut(this.#redact(text)) };
    if (this.#first.length < 40) {
      this.#first.push(entry);
      return;
    }
    this.#last.push(entry);
    if (this.#last.length > 40) {
      this.#last.shift();
      this.#dropped += 1;
    }
  }

  entries(): ExchangeEntry[] {
    if (this.#dropped === 0) return [...this.#first, ...this.#last];
    const gap: ExchangeEntry = {
      atMs: this.#first.at(-1)?.atMs ?? 0,
      who: '',
      kind: 'note',
      text: `… ${this.#dropped} more …`,
    };
    return [...this.#first, gap, ...this.#last];
  }
}
