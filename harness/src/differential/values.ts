import { createHash } from 'node:crypto';
import { showBytes } from '../world/exchange.ts';

/** Bytes that are kept whole; of longer ones the digest. */
const WHOLE_BYTES = 64;

/** Data of a message: equal when `id` is. */
export class Bytes {
  readonly length: number;
  readonly id: string;
  readonly shown: string;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.id =
      bytes.length <= WHOLE_BYTES
        ? Buffer.from(bytes).toString('hex')
        : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.shown = showBytes(bytes);
  }
}

/** What a method sends or returns, with the names of the schema. */
export type Value = Bytes | bigint | number | boolean | string | Value[] | Fields;
export type Fields = { [name: string]: Value };

/** Takes what a codec has read, and keeps none of its bytes. */
export function plainValue(read: unknown): Value {
  if (read instanceof Uint8Array) return new Bytes(read);
  if (Array.isArray(read)) return read.map(plainValue);
  if (typeof read === 'object' && read !== null)
    return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, plainValue(value)]));
  return read as bigint | number | boolean | string;
}

/** The field that the path ends in: `payloads[2].seq` → `seq`, `keys[1]` → `keys`. */
export const fieldOf = (path: string): string => path.replace(/\[\d+\]$/, '').replace(/^.*\./, '');

const isSecretField = (path: string): boolean => /token$/i.test(fieldOf(path));

/** As a reader of a difference sees it. */
export function showValue(value: Value, path = ''): string {
  if (value instanceof Bytes) return isSecretField(path) ? `<token of ${value.length} bytes>` : value.shown;
  if (Array.isArray(value)) return `${value.length} ${fieldOf(path)}`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, element]) => `${name}: ${showValue(element, name)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** What of a value is the same when the scenario runs again with other payloads and other numbers. */
export function kindOf(value: Value): string {
  if (value instanceof Bytes) return value.length === 0 ? 'empty' : 'bytes';
  if (Array.isArray(value)) return `${value.length}`;
  if (typeof value === 'bigint') return 'number';
  if (typeof value === 'object') return Object.keys(value).join();
  return String(value);
}
