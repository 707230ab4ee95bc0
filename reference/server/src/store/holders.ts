import { keyOf } from './records.ts';

/** Under which names an identity key is known. */
export class Holders {
  readonly #names = new Map<string, Map<string, number>>();

  add(identityKey: Uint8Array, name: string): void {
    const key = keyOf(identityKey);
    const names = this.#names.get(key) ?? new Map<string, number>();
    this.#names.set(key, names.set(name, (names.get(name) ?? 0) + 1));
  }

  remove(identityKey: Uint8Array, name: string): void {
    const key = keyOf(identityKey);
    const names = this.#names.get(key);
    const left = (names?.get(name) ?? 1) - 1;
    if (left > 0) names?.set(name, left);
    else names?.delete(name);
    if (names?.size === 0) this.#names.delete(key);
  }

  /** Whether somebody of another name has it. */
  hasOther(identityKey: Uint8Array, name: string): boolean {
    return [...(this.#names.get(keyOf(identityKey))?.keys() ?? [])].some((other) => other !== name);
  }
}
