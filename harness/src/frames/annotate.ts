import { decodePointer, decodeTag, type Frame, type Target } from '@quicnprotochat/rpc';
import { showBytes } from '../world/exchange.ts';
import type { DataField, Layout, PointerField } from './layout.ts';
import { type MethodLayout, methodLayout, RESULT_LENGTHS } from './node-layout.ts';
import { MESSAGE } from './rpc-layout.ts';

/** One field of a message: where it lies, what it is called, what it holds. */
export interface Field {
  /** Bytes from the beginning of the message, segment table included. */
  offset: number;
  length: number;
  /** Path from the root: `call.params.recipientKey`. */
  name: string;
  value: string;
  /** What it should have been, where that is known and it is not so. */
  expected?: string | undefined;
  /** The bytes are a secret. */
  isSecret?: boolean | undefined;
}

/** What a message is, in a line, and what it is made of. */
export interface Annotation {
  summary: string;
  fields: Field[];
}

/** What a session's earlier messages tell about the next, and what must not be shown. */
export interface AnnotationContext {
  /** Methods of the calls of this session, by question; a Call adds its own. */
  methods: Map<number, MethodLayout>;
  /** Takes secrets out of texts and bytes that are shown. */
  blank(bytes: Uint8Array): Uint8Array;
  ownerOf(token: Uint8Array): string | undefined;
}

/** More fields than these are not worth reading. */
const MAX_FIELDS = 160;
const MAX_ELEMENTS = 4;
/** Bits of a list element by its size code. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64];
const WITHIN = 'a pointer that stays within the message';
const SIZES = { uint16: 2, uint32: 4, uint64: 8, bool: 1 } as const;

/**
 * Names the fields of a message of rpc.capnp, also of one that is malformed: what cannot be followed is said, not thrown.
 * @param bytes the message, or its beginning
 * @param total bytes of the whole message
 */
export function annotate(bytes: Uint8Array, total: number, context: AnnotationContext): Annotation {
  return new Annotator(bytes, total, context).message();
}

class Annotator {
  readonly #bytes: Uint8Array;
  readonly #shown: Uint8Array;
  readonly #isCut: boolean;
  readonly #context: AnnotationContext;
  readonly #fields: Field[] = [];
  readonly #numbers = new Map<string, bigint>();
  #frame: Frame = { bytes: new Uint8Array(), segments: [] };
  #summary: string[] = [];
  #method: MethodLayout | undefined;
  #isResult = false;

  constructor(bytes: Uint8Array, total: number, context: AnnotationContext) {
    this.#bytes = bytes;
    this.#shown = context.blank(bytes);
    this.#isCut = bytes.length < total;
    this.#context = context;
  }

  message(): Annotation {
    if (this.#bytes.length >= 8) {
      this.#frame = this.#segments();
      this.#pointer({ name: '', index: 0, kind: 'struct', of: MESSAGE }, '', 0, 0);
    }
    const fields = this.#fields.toSorted((a, b) => a.offset - b.offset);
    return { summary: this.#summary.join(' ') || 'no message that could be read', fields };
  }

  /** The segments, as far as they are there. */
  #segments(): Frame {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    const count = view.getUint32(0, true) + 1;
    this.#add({ offset: 0, length: 4, name: 'segments', value: String(count) });
    let start = Math.ceil((4 + count * 4) / 8) * 8;
    const segments: DataView[] = [];
    for (let i = 0; i < count && 8 + i * 4 <= this.#bytes.length && i < 512; i += 1) {
      const words = view.getUint32(4 + i * 4, true);
      this.#add({ offset: 4 + i * 4, length: 4, name: `segment ${i}`, value: `${words} words` });
      const from = Math.min(start, this.#bytes.length);
      const length = Math.min(words * 8, this.#bytes.length - from);
      segments.push(new DataView(this.#bytes.buffer, this.#bytes.byteOffset + from, length));
      start += words * 8;
    }
    return { bytes: this.#bytes, segments };
  }

  #add(field: Field): void {
    const { offset, length } = field;
    const isThere = offset >= 0 && offset + Math.min(length, 1) <= this.#bytes.length;
    if (isThere && this.#fields.length < MAX_FIELDS) this.#fields.push(field);
  }

  #offset(segment: number, word: number): number {
    return (this.#frame.segments[segment]?.byteOffset ?? 0) - this.#bytes.byteOffset + word * 8;
  }

  /** A pointer, and what it leads to. */
  #pointer(field: PointerField, path: string, segment: number, word: number): void {
    if (this.#fields.length >= MAX_FIELDS) return;
    const name = path === '' ? field.name : `${path}.${field.name}`;
    const at = { offset: this.#offset(segment, word), length: 8, name: `${name || 'root'} →` };
    let target: Target;
    try {
      target = decodePointer(this.#frame, segment, word);
      if (target.kind === 'null') this.#add({ ...at, value: 'null' });
      else if (this.#isCut || this.#isWithin(target)) this.#follow(field, name, at, target);
      else this.#add({ ...at, value: 'leads out of bounds', expected: WITHIN });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#isCut) this.#add({ ...at, value: 'leads beyond what was kept' });
      else this.#add({ ...at, value: why, expected: WITHIN });
    }
  }

  /** Whether what the pointer leads to lies in its segment. */
  #isWithin(target: Target): boolean {
    if (target.kind !== 'struct' && target.kind !== 'list') return true;
    const words =
      target.kind === 'struct'
        ? target.dataWords + target.pointers
        : target.elementSize === 7
          ? target.count + 1
          : Math.ceil((target.count * (ELEMENT_BITS[target.elementSize] ?? 0)) / 64);
    const view = this.#frame.segments[target.segment];
    return view !== undefined && target.word >= 0 && (target.word + words) * 8 <= view.byteLength;
  }

  #follow(
    field: PointerField,
    name: string,
    at: Omit<Field, 'value'>,
    target: Exclude<Target, { kind: 'null' }>,
  ): void {
    if (target.kind === 'capability') {
      this.#add({ ...at, value: `capability ${target.index}` });
      if (field.kind === 'content') this.#summary.push('a capability');
      return;
    }
    if (target.kind === 'struct') {
      const layout = field.kind === 'content' ? this.#contentLayout() : field.of;
      const value = `struct of ${target.dataWords} words and ${target.pointers} pointers`;
      const isRight = field.kind === 'content' || field.kind === 'struct';
      this.#add({ ...at, value, expected: isRight ? undefined : 'a list' });
      if (isRight && layout) this.#struct(layout, field.kind === 'content' ? '' : name, target);
      return;
    }
    this.#list(field, name, at, target);
  }

  #list(field: PointerField, name: string, at: Omit<Field, 'value'>, target: Extract<Target, { kind: 'list' }>): void {
    if (field.kind === 'data' || field.kind === 'text') {
      const isBytes = target.elementSize === 2;
      this.#add({ ...at, value: `list of ${target.count}`, expected: isBytes ? undefined : 'bytes' });
      if (isBytes) this.#bytesField(field, name, target);
      return;
    }
    if (field.kind === 'structList' && target.elementSize === 7) {
      const { elements, dataWords, pointers } = decodeTag(this.#frame, target);
      this.#add({ ...at, value: `list of ${elements} structs` });
      if (field.name !== 'capTable') this.#summary.push(`${elements} ${field.name}`);
      for (let i = 0; i < Math.min(elements, MAX_ELEMENTS); i += 1) {
        const word = target.word + 1 + i * (dataWords + pointers);
        this.#struct(field.of as Layout, `${name}[${i}]`, { segment: target.segment, word, dataWords, pointers });
      }
      return;
    }
    const expected = { dataList: 6, uint64List: 5, structList: 7, struct: -1, content: -1 }[field.kind];
    const isRight = target.elementSize === expected;
    const wanted = expected < 0 ? 'a struct' : 'a list of another kind';
    this.#add({ ...at, value: `list of ${target.count}`, expected: isRight ? undefined : wanted });
    if (!isRight) return;
    this.#summary.push(`${target.count} ${field.name}`);
    for (let i = 0; i < Math.min(target.count, MAX_ELEMENTS); i += 1) {
      if (field.kind === 'dataList')
        this.#pointer({ name: `${field.name}[${i}]`, index: 0, kind: 'data' }, '', target.segment, target.word + i);
      else this.#number({ name: `[${i}]`, kind: 'uint64', at: i * 8 }, name, { ...target, dataWords: target.count });
    }
  }

  #bytesField(field: PointerField, name: string, target: { segment: number; word: number; count: number }): void {
    const offset = this.#offset(target.segment, target.word);
    const isSecret = /token$/i.test(field.name) && target.count > 0;
    const original = this.#bytes.subarray(offset, offset + target.count);
    const shown = this.#shown.subarray(offset, offset + target.count);
    let value: string;
    if (isSecret) {
      const owner = this.#context.ownerOf(original);
      value = owner === undefined ? `<another token of ${target.count} bytes>` : `<token of ${owner}>`;
    } else if (field.kind === 'text') {
      value = JSON.stringify(Buffer.from(shown.subarray(0, 300)).toString('utf8').replace(/\0$/, ''));
      this.#summary.push(value);
    } else value = target.count > shown.length ? `${target.count} bytes, not all kept` : showBytes(shown);
    const lengths = this.#isResult ? RESULT_LENGTHS[field.name] : undefined;
    const isWrong = lengths !== undefined && !lengths.includes(target.count);
    this.#add({
      ...{ offset, length: target.count, name, value, isSecret: isSecret || undefined },
      expected: isWrong ? `${lengths.join(' or ')} bytes` : undefined,
    });
  }

  #struct(
    layout: Layout,
    name: string,
    struct: { segment: number; word: number; dataWords: number; pointers: number },
  ): void {
    for (const field of layout.data ?? []) this.#number(field, name, struct);
    const { union } = layout;
    const member = union && this.#discriminant(union, name, struct);
    if (member) this.#struct({ ...member }, name, struct);
    for (const field of layout.pointers ?? []) {
      if (field.name === 'params') this.#nameCall();
      if (field.index < struct.pointers)
        this.#pointer(field, name, struct.segment, struct.word + struct.dataWords + field.index);
    }
  }

  #discriminant(
    { at, name: label, members }: NonNullable<Layout['union']>,
    path: string,
    struct: { segment: number; word: number; dataWords: number },
  ) {
    const which = this.#read({ name: '', kind: 'uint16', at }, struct) ?? 0n;
    const member = members[Number(which)];
    const offset = this.#offset(struct.segment, struct.word) + at;
    const name = path === '' ? label : `${path}.${label}`;
    const value = member ? `${which} = ${member.name}` : String(which);
    this.#add({ offset, length: 2, name, value, expected: member ? undefined : 'a member that rpc.capnp has' });
    if (label === 'message') this.#summary.push(TITLES[member?.name ?? ''] ?? member?.name ?? `message ${which}`);
    if (name === 'return.which') this.#nameReturn(member?.name ?? `variant ${which}`);
    return member;
  }

  /** A number and its place; fields past the end of the struct are not there, and read as their default. */
  #number(field: DataField, path: string, struct: { segment: number; word: number; dataWords: number }): void {
    const value = this.#read(field, struct);
    if (value === undefined) return;
    const name = path === '' || field.name.startsWith('[') ? `${path}${field.name}` : `${path}.${field.name}`;
    const byte = field.kind === 'bool' ? field.at >>> 3 : field.at;
    const offset = this.#offset(struct.segment, struct.word) + byte;
    this.#numbers.set(name, value);
    const isSet = field.kind === 'bool' ? String((value === 1n) !== (field.byDefault ?? false)) : String(value);
    const shown = field.values ? `${value} = ${field.values[Number(value)] ?? 'unknown'}` : isSet;
    this.#add({
      ...{ offset, length: SIZES[field.kind], name },
      value: field.name === 'interfaceId' ? `0x${value.toString(16)}` : shown,
    });
    if (SUMMED.has(name)) this.#summary.push(name === 'seq' ? `seq ${value}` : String(value));
  }

  #read(field: DataField, { segment, word, dataWords }: { segment: number; word: number; dataWords: number }) {
    const byte = field.kind === 'bool' ? field.at >>> 3 : field.at;
    const view = this.#frame.segments[segment];
    const start = word * 8 + byte;
    if (!view || byte + SIZES[field.kind] > dataWords * 8 || start + SIZES[field.kind] > view.byteLength)
      return undefined;
    switch (field.kind) {
      case 'uint16':
        return BigInt(view.getUint16(start, true));
      case 'uint32':
        return BigInt(view.getUint32(start, true));
      case 'uint64':
        return view.getBigUint64(start, true);
      case 'bool':
        return BigInt((view.getUint8(start) >>> (field.at & 7)) & 1);
    }
  }

  #nameCall(): void {
    const methodId = Number(this.#numbers.get('call.methodId') ?? 0n);
    this.#method = methodLayout(this.#numbers.get('call.interfaceId') ?? 0n, methodId);
    this.#summary.push(this.#method?.name ?? `method ${methodId}`);
    if (this.#method) this.#context.methods.set(Number(this.#numbers.get('call.questionId') ?? 0n), this.#method);
  }

  #nameReturn(what: string): void {
    this.#isResult = true;
    this.#method = this.#context.methods.get(Number(this.#numbers.get('return.answerId') ?? 0n));
    this.#summary.push(this.#method ? `${this.#method.name}: ${what}` : what);
  }

  #contentLayout(): Layout | undefined {
    return this.#isResult ? this.#method?.results : this.#method?.params;
  }
}

/** Numbers that the summary repeats. */
const SUMMED = new Set([
  ...['bootstrap.questionId', 'call.questionId', 'return.answerId', 'finish.questionId'],
  ...['release.id', 'disembargo.id', 'resolve.promiseId', 'seq'],
]);

const TITLES: Record<string, string> = {
  bootstrap: 'Bootstrap',
  call: 'Call',
  return: 'Return',
  finish: 'Finish',
  resolve: 'Resolve',
  release: 'Release',
  disembargo: 'Disembargo',
  abort: 'Abort',
};
