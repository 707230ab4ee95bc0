import { createHash, randomBytes } from 'node:crypto';
import type { Content } from './commands.ts';

/** No whole number of words. */
const SHORT = 21;
/** More than 16 bits count. */
const LONG = 70_000;

/** Bytes that nobody else has sent, of at most `limit`. */
export function randomContent(kind: Content, limit: number): Uint8Array {
  const bytes = new Uint8Array(randomBytes(Math.min(kind === 'long' ? LONG : SHORT, limit)));
  if (kind === 'ends in zeros') bytes.fill(0, Math.ceil(bytes.length / 2));
  return bytes;
}

/** What was sent, by its bytes. */
export class Names {
  readonly #ids = new Map<string, string>();

  /** Makes content until it is like none before. @throws Error when a limit of a few bytes leaves none */
  make(id: string, make: () => Uint8Array): Uint8Array {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const content = make();
      const known = this.#ids.has(key(content));
      if (known) continue;
      this.#ids.set(key(content), id);
      return content;
    }
    throw new Error('no content is left that was not sent before');
  }

  add(id: string, content: Uint8Array): void {
    this.#ids.set(key(content), id);
  }

  /** What was never sent in this run has an id that fits nothing. */
  of(content: Uint8Array): string {
    if (content.length === 0) return 'nothing';
    const known = this.#ids.get(key(content));
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 12);
    return `something that nobody sent (SHA-256 ${digest}…)`;
  }
}

const key = (content: Uint8Array): string => Buffer.from(content).toString('base64');
