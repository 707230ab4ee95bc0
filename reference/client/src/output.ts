import type { Writable } from 'node:stream';
import type { ClientError } from './errors.ts';

/** What a command tells: lines for people, or one JSON object a line for scripts (spec: CLI-003). */
export class Output {
  readonly isJson: boolean;
  readonly #out: Writable;
  readonly #err: Writable;

  constructor(isJson: boolean, out: Writable = process.stdout, err: Writable = process.stderr) {
    this.isJson = isJson;
    this.#out = out;
    this.#err = err;
  }

  /**
   * Writes a result, and resolves once it was taken: only then has it been shown.
   * @param type what it is, the `type` of the JSON object
   * @param fields of the JSON object; bytes as hex
   * @param text for people
   * @throws the stream's error, for example EPIPE
   */
  result(type: string, fields: Record<string, unknown>, text: string): Promise<void> {
    const line = this.isJson ? JSON.stringify({ type, ...fields }, replacer) : text;
    return new Promise((resolve, reject) => {
      this.#out.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** What is worth knowing beside the result; goes to standard error. */
  note(text: string): void {
    this.#err.write(this.isJson ? `${JSON.stringify({ type: 'note', message: text })}\n` : `${text}\n`);
  }

  error(error: ClientError): void {
    const { kind, code, message } = error;
    this.#err.write(
      this.isJson ? `${JSON.stringify({ type: 'error', kind, code, message })}\n` : `quicnprotochat: ${message}\n`,
    );
  }
}

function replacer(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value);
  return value;
}

/** Lower-case hex. */
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
