import { DataList, ListElementSize, Pointer, PointerType, type Struct, Uint64List, utils } from 'capnp-es';
import { ProtoError } from '../proto-error.ts';
import type { Field } from './field.ts';
import type { StructCodec } from './struct.ts';

const padded = (bytes: number): number => (bytes + 7) & ~7;
const nothing = (): number => 0;

function hasData(struct: Struct, byteOffset: number, byteLength: number): boolean {
  return byteOffset + byteLength <= utils.getSize(struct).dataByteLength;
}

/** @returns the pointer in that slot, or undefined when the slot is absent or null */
function pointerAt(struct: Struct, index: number): Pointer | undefined {
  if (index >= utils.getSize(struct).pointerLength) return undefined;
  const pointer = utils.getPointer(index, struct);
  return utils.isNull(pointer) ? undefined : pointer;
}

function requireList(pointer: Pointer, elementSize: ListElementSize, what: string): void {
  try {
    utils.validate(PointerType.LIST, pointer, elementSize);
  } catch (cause) {
    throw new ProtoError('FIELD', `a ${what} field holds something else`, { cause });
  }
}

function requireInteger(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new ProtoError('RANGE', `${value} is not in 0 … ${max}`);
}

export function uint16(byteOffset: number): Field<number> {
  return {
    absent: () => 0,
    read: (struct) => (hasData(struct, byteOffset, 2) ? utils.getUint16(byteOffset, struct) : 0),
    write(struct, value) {
      requireInteger(value, 0xffff);
      utils.setUint16(byteOffset, value, struct);
    },
    size: nothing,
  };
}

export function uint32(byteOffset: number): Field<number> {
  return {
    absent: () => 0,
    read: (struct) => (hasData(struct, byteOffset, 4) ? utils.getUint32(byteOffset, struct) : 0),
    write(struct, value) {
      requireInteger(value, 0xffff_ffff);
      utils.setUint32(byteOffset, value, struct);
    },
    size: nothing,
  };
}

export function uint64(byteOffset: number): Field<bigint> {
  return {
    absent: () => 0n,
    read: (struct) => (hasData(struct, byteOffset, 8) ? utils.getUint64(byteOffset, struct) : 0n),
    write(struct, value) {
      requireUint64(value);
      utils.setUint64(byteOffset, value, struct);
    },
    size: nothing,
  };
}

function requireUint64(value: bigint): void {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn) throw new ProtoError('RANGE', `${value} is not a UInt64`);
}

export function bool(bitOffset: number): Field<boolean> {
  return {
    absent: () => false,
    read: (struct) => hasData(struct, bitOffset >>> 3, 1) && utils.getBit(bitOffset, struct),
    write: (struct, value) => utils.setBit(bitOffset, value, struct),
    size: nothing,
  };
}

/** The bytes of a checked Data or Text pointer, as a view into the message. */
function viewOf(pointer: Pointer): Uint8Array {
  const content = utils.getContent(pointer);
  return new Uint8Array(content.segment.buffer, content.byteOffset, utils.getTargetListLength(pointer));
}

function readBytes(pointer: Pointer): Uint8Array {
  requireList(pointer, ListElementSize.BYTE, 'Data');
  return viewOf(pointer).slice();
}

function writeBytes(slot: Pointer, value: Uint8Array): void {
  const content = slot.segment.allocate(value.length);
  const placed = utils.initPointer(content.segment, content.byteOffset, slot);
  utils.setListPointer(placed.offsetWords, ListElementSize.BYTE, value.length, placed.pointer);
  new Uint8Array(content.segment.buffer, content.byteOffset, value.length).set(value);
}

export function data(index: number): Field<Uint8Array> {
  return {
    absent: () => new Uint8Array(),
    read(struct) {
      const pointer = pointerAt(struct, index);
      return pointer === undefined ? new Uint8Array() : readBytes(pointer);
    },
    write(struct, value) {
      // A null pointer is empty Data: nothing to write.
      if (value.length > 0) writeBytes(utils.getPointer(index, struct), value);
    },
    size: (value) => padded(value.length),
  };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function text(index: number): Field<string> {
  return {
    absent: () => '',
    read(struct) {
      const pointer = pointerAt(struct, index);
      if (pointer === undefined) return '';
      requireList(pointer, ListElementSize.BYTE, 'Text');
      const bytes = viewOf(pointer);
      if (bytes.at(-1) !== 0) throw new ProtoError('FIELD', 'a Text field has no NUL at its end');
      try {
        return strictUtf8.decode(bytes.subarray(0, -1));
      } catch (cause) {
        throw new ProtoError('FIELD', 'a Text field is not UTF-8', { cause });
      }
    },
    write: (struct, value) => utils.setText(index, value, struct),
    size: (value) => padded(Buffer.byteLength(value) + 1),
  };
}

/** A struct in a field of its own; absent reads as one with every field at its default. */
export function struct<T>(index: number, codec: StructCodec<T>): Field<T> {
  return {
    absent: () => codec.defaults(),
    read(parent) {
      const pointer = pointerAt(parent, index);
      return pointer === undefined ? codec.defaults() : codec.read(pointer);
    },
    write: (parent, value) => codec.write(utils.getPointer(index, parent), value),
    size: (value) => codec.size(value),
  };
}

/** The slots of a list of pointers, one a value. */
function pointerSlots(list: Pointer): Pointer[] {
  const { segment, byteOffset } = utils.getContent(list);
  return Array.from({ length: utils.getTargetListLength(list) }, (_, i) => new Pointer(segment, byteOffset + i * 8));
}

export function dataList(index: number): Field<Uint8Array[]> {
  return {
    absent: () => [],
    read(parent) {
      const pointer = pointerAt(parent, index);
      if (pointer === undefined) return [];
      requireList(pointer, ListElementSize.POINTER, 'List(Data)');
      return pointerSlots(pointer).map((slot) => (utils.isNull(slot) ? new Uint8Array() : readBytes(slot)));
    },
    write(parent, values) {
      const slots = pointerSlots(utils.initList(index, DataList, values.length, parent));
      for (const [i, value] of values.entries()) if (value.length > 0) writeBytes(slots[i] as Pointer, value);
    },
    size: (values) => values.reduce((sum, value) => sum + 8 + padded(value.length), 0),
  };
}

export function uint64List(index: number): Field<bigint[]> {
  return {
    absent: () => [],
    read(parent) {
      const pointer = pointerAt(parent, index);
      if (pointer === undefined) return [];
      requireList(pointer, ListElementSize.BYTE_8, 'List(UInt64)');
      const { segment, byteOffset } = utils.getContent(pointer);
      return Array.from({ length: utils.getTargetListLength(pointer) }, (_, i) =>
        segment.getUint64(byteOffset + i * 8),
      );
    },
    write(parent, values) {
      values.forEach(requireUint64);
      const list = utils.initList(index, Uint64List, values.length, parent);
      for (const [i, value] of values.entries()) list.set(i, value);
    },
    size: (values) => values.length * 8,
  };
}

export function structList<T>(index: number, codec: StructCodec<T>): Field<T[]> {
  return {
    absent: () => [],
    read(parent) {
      const pointer = pointerAt(parent, index);
      if (pointer === undefined) return [];
      requireList(pointer, ListElementSize.COMPOSITE, 'list of structs');
      return codec.readElements(pointer);
    },
    write: (parent, values) => codec.writeElements(parent, index, values),
    size: (values) => values.reduce((sum, value) => sum + codec.size(value), 8),
  };
}
