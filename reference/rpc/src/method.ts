import type { Pointer } from 'capnp-es';

/**
 * One method of a Cap'n Proto interface, as the vat needs it: where a call goes and how its parameters and
 * results are laid out. `P` and `R` are plain objects that own their bytes. The vat knows no interface by itself.
 */
export interface Method<P, R> {
  /** As in the schema. */
  readonly name: string;
  /** Id of the interface in the schema, 64 bits. */
  readonly interfaceId: bigint;
  /** Ordinal: the `@N` of the schema. */
  readonly methodId: number;
  /** Upper bound, in bytes, of what `writeParams` allocates: the message is sized once. */
  paramsSize(params: P): number;
  /** As `paramsSize`, of `writeResults`. */
  resultsSize(results: R): number;
  /** Initialises `content` (a null AnyPointer) as the parameter struct. */
  writeParams(content: Pointer, params: P): void;
  /** As `writeParams`, the result struct. */
  writeResults(content: Pointer, results: R): void;
  /** Copies out of a structurally checked message. @throws on a field of another type than the schema's */
  readParams(content: Pointer): P;
  /** As `readParams`, the results. */
  readResults(content: Pointer): R;
}
