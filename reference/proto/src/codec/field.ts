import type { Struct } from 'capnp-es';

/**
 * How one field of a struct is read and written. Slots are those of the generated class: a byte offset in the
 * data section, or an index in the pointer section. Reading never goes past a struct of an older, shorter schema:
 * what is absent reads as the default. Reading copies; writing checks ranges, since capnp-es wraps silently.
 */
export interface Field<T> {
  /** What the field reads as when it is not there. */
  absent(): T;
  read(struct: Struct): T;
  write(struct: Struct, value: T): void;
  /** Bytes that `write` allocates outside the struct itself. */
  size(value: T): number;
}
