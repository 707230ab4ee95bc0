import type { Pointer } from 'capnp-es';
import type { StructCodec } from './codec/struct.ts';

/**
 * One method of a Cap'n Proto interface: where a call goes, and its parameters and results as plain objects.
 * `@quicnprotochat/rpc` takes anything of this shape.
 */
export interface MethodCodec<P, R> {
  /** As in the schema. */
  readonly name: string;
  /** Id of the interface in the schema, 64 bits. */
  readonly interfaceId: bigint;
  /** Ordinal, the `@N` of the schema. */
  readonly methodId: number;
  /** Upper bound, in bytes, of what `writeParams` allocates. */
  paramsSize(params: P): number;
  /** As `paramsSize`, of `writeResults`. */
  resultsSize(results: R): number;
  /** Initialises a null pointer as the parameter struct. @throws ProtoError `RANGE` */
  writeParams(content: Pointer, params: P): void;
  /** As `writeParams`, the result struct. */
  writeResults(content: Pointer, results: R): void;
  /** Copies out of a structurally checked message; a null pointer reads as defaults. @throws ProtoError `FIELD` */
  readParams(content: Pointer): P;
  /** As `readParams`, the results. */
  readResults(content: Pointer): R;
}

/** The parameter object of a method. */
export type ParamsOf<M> = M extends MethodCodec<infer P, infer _R> ? P : never;
/** The result object of a method. */
export type ResultsOf<M> = M extends MethodCodec<infer _P, infer R> ? R : never;

export function method<P, R>(
  interfaceId: bigint,
  methodId: number,
  name: string,
  params: StructCodec<P>,
  results: StructCodec<R>,
): MethodCodec<P, R> {
  return {
    name,
    interfaceId,
    methodId,
    paramsSize: (value) => params.size(value),
    resultsSize: (value) => results.size(value),
    writeParams: (content, value) => params.write(content, value),
    writeResults: (content, value) => results.write(content, value),
    readParams: (content) => params.read(content),
    readResults: (content) => results.read(content),
  };
}
