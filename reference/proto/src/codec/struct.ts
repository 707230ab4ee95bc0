import { CompositeList, type ObjectSize, type Pointer, PointerType, Struct, utils } from 'capnp-es';
import { ProtoError } from '../proto-error.ts';
import type { Field } from './field.ts';

type Fields = Record<string, Field<unknown>>;
/** The plain object that a table of fields describes. */
export type ValueOf<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** What a generated struct class tells of its layout. */
export interface StructClass {
  readonly _capnp: { readonly displayName: string; readonly id: string; readonly size: ObjectSize };
  new (segment: Struct['segment'], byteOffset: number, depthLimit?: number, compositeIndex?: number): Struct;
}

/** Reads and writes one struct type as a plain object that owns its bytes. */
export interface StructCodec<T> {
  /** @throws ProtoError `FIELD` when the pointer or one of the fields holds something else */
  read(pointer: Pointer): T;
  /** Initialises a null pointer. @throws ProtoError `RANGE` */
  write(pointer: Pointer, value: T): void;
  /** @param list a checked pointer to a list of structs, of any element size */
  readElements(list: Pointer): T[];
  /** Initialises the null pointer in a slot of `parent` as a list of structs. */
  writeElements(parent: Struct, index: number, values: T[]): void;
  /** Bytes that `write` allocates. */
  size(value: T): number;
  /** Every field at its default: what a null pointer reads as. */
  defaults(): T;
}

/** @param generated the generated class, for the size of the struct · @param fields its slots, by field name */
export function structCodec<F extends Fields>(generated: StructClass, fields: F): StructCodec<ValueOf<F>> {
  type T = ValueOf<F>;
  const { displayName, size } = generated._capnp;
  const ownBytes = size.dataByteLength + size.pointerLength * 8;
  const ElementList = CompositeList(generated);
  const entries = Object.entries(fields) as [keyof T & string, Field<unknown>][];

  const readFrom = (struct: Struct): T =>
    Object.fromEntries(entries.map(([name, field]) => [name, field.read(struct)])) as T;

  const writeTo = (struct: Struct, value: T): void => {
    for (const [name, field] of entries) field.write(struct, value[name]);
  };

  return {
    read(pointer) {
      if (utils.isNull(pointer)) return this.defaults();
      try {
        utils.validate(PointerType.STRUCT, pointer);
      } catch (cause) {
        throw new ProtoError('FIELD', `${displayName} is not a struct`, { cause });
      }
      return readFrom(new Struct(pointer.segment, pointer.byteOffset));
    },
    write(pointer, value) {
      const struct = new Struct(pointer.segment, pointer.byteOffset);
      utils.initStruct(size, struct);
      writeTo(struct, value);
    },
    readElements(list) {
      const length = utils.getTargetListLength(list);
      return Array.from({ length }, (_, i) => readFrom(new Struct(list.segment, list.byteOffset, undefined, i)));
    },
    writeElements(parent, index, values) {
      const list = utils.initList(index, ElementList, values.length, parent);
      for (const [i, value] of values.entries()) writeTo(list.get(i), value);
    },
    size: (value) => entries.reduce((sum, [name, field]) => sum + field.size(value[name]), ownBytes),
    defaults: () => Object.fromEntries(entries.map(([name, field]) => [name, field.absent()])) as T,
  };
}
