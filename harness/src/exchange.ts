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

/**
 * A value as it may be shown. What is called accessToken or sessionToken is a secret.
 * @param ownerOf whose token that is, if it is one that the run knows
 */
export function show(value: unknown, ownerOf: (token: Uint8Array) => string | undefined, name = ''): string {
  if (value instanceof Uint8Array) {
    if (!/token$/i.test(name) || value.length === 0) return showBytes(value);
    const owner = ownerOf(value);
    return owner === undefined ? `<another token of ${value.length} bytes>` : `<token of ${owner}>`;
  }
  if (Array.isArray(value)) {
    const shown = value.slice(0, 5).map((element) => show(element, ownerOf));
    return `[${shown.join(', ')}${value.length > 5 ? `, … ${value.length} in all` : ''}]`;
  }
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, element]) => `${key}: ${show(element, ownerOf, key)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

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
