// A reader of Cap'n Proto messages by the encoding specification, as plain as can be: it tells what becomes of a message
// that was changed. It also notes where right readers differ.

/** Why right readers may differ: some refuse, others read on. */
export type Doubt =
  /** Two pointers lead to one word, or a pointer into itself. */
  | 'Overlap'
  /** The pointer leads to something else than the schema says. */
  | 'WrongKind'
  /** More, or deeper, than readers take. */
  | 'Limit'
  /** Encoded in a way of which the encoding specification says nothing. */
  | 'Undefined'
  /** A Text without its NUL. */
  | 'BadText'
  /** A union holds a variant of a later schema, or none. */
  | 'UnknownVariant'
  /** A capability where there can be none, or that is in no table. */
  | 'Capability'
  /** What a later schema added is malformed. */
  | 'BeyondSchema'
  /** What a lenient reader would make of it cannot be told: no case for anybody. */
  | 'Unclear';

export class Malformed extends Error {}

export type Found =
  | { kind: 'null' }
  | { kind: 'struct'; segment: number; word: number; dataWords: number; pointers: number }
  /** `word` is that of the first element. Elements that are structs have a size of their own. */
  | {
      kind: 'list';
      segment: number;
      word: number;
      size: number;
      count: number;
      element?: { dataWords: number; pointers: number };
    }
  | { kind: 'capability'; index: number };

const BITS = [0, 1, 8, 16, 32, 64, 64];
const low = (word: bigint): number => Number(word & 0xffff_ffffn);
const high = (word: bigint): number => Number(word >> 32n);
/** Elements without size, beyond which readers may think that they are being attacked. */
const MANY = 64;

export class Model {
  readonly segments: readonly (readonly bigint[])[];
  readonly doubts = new Set<Doubt>();
  /** The paths of pointers that lead nowhere, or are none: '' is the root, '0.2' its first pointer's third. */
  readonly malformed: string[] = [];
  /** Of the capabilities that were found, the indices. */
  readonly capabilities: number[] = [];
  /** The path of each pointer that is not null, and where it lies. */
  readonly places = new Map<string, { segment: number; word: number }>();
  readonly #taken = new Set<string>();
  readonly #followed = new Set<string>();

  constructor(segments: readonly (readonly bigint[])[]) {
    this.segments = segments;
  }

  word(segment: number, word: number): bigint {
    this.require(segment, word, 1);
    return (this.segments[segment] as readonly bigint[])[word] as bigint;
  }

  /** @throws Malformed unless so many words lie there */
  require(segment: number, word: number, count: number): void {
    const length = this.segments[segment]?.length;
    if (length === undefined) throw new Malformed('there is no such segment');
    // What has no size lies nowhere; not every reader looks where it would.
    if (count === 0 && (word < 0 || word > length || length === 0)) this.doubts.add('Undefined');
    else if (word < 0 || word + count > length) throw new Malformed('out of bounds');
  }

  #take(segment: number, word: number, count: number): void {
    for (let i = word; i < word + count; i += 1) {
      if (this.#taken.has(`${segment}:${i}`)) this.doubts.add('Overlap');
      this.#taken.add(`${segment}:${i}`);
    }
  }

  /** @param isWalk whether the words of landing pads are taken by it */
  resolve(segment: number, word: number, isWalk = false): Found {
    const pointer = this.word(segment, word);
    if (low(pointer) % 4 !== 2) return this.#near(pointer, segment, word + 1 + offsetOf(pointer));
    const [padSegment, padWord] = [high(pointer), low(pointer) >>> 3];
    const isDouble = (low(pointer) & 4) !== 0;
    this.require(padSegment, padWord, isDouble ? 2 : 1);
    if (isWalk) this.#take(padSegment, padWord, isDouble ? 2 : 1);
    const pad = this.word(padSegment, padWord);
    if (!isDouble) {
      if (pad === 0n) this.doubts.add('Undefined');
      if (low(pad) % 4 === 2) throw new Malformed('a landing pad that is a far pointer');
      return this.#near(pad, padSegment, padWord + 1 + offsetOf(pad));
    }
    // The C++ implementation takes it for a far pointer when it is double-far, capnp-rust whatever it is.
    if ((low(pad) & 7) !== 2) this.doubts.add('Undefined');
    const tag = this.word(padSegment, padWord + 1);
    if (low(tag) % 4 === 2) throw new Malformed('a tag that is a far pointer');
    if (low(tag) >>> 2 !== 0 || tag === 0n || low(tag) % 4 === 3) this.doubts.add('Undefined');
    return this.#near(tag, high(pad), low(pad) >>> 3);
  }

  #near(pointer: bigint, segment: number, word: number): Found {
    if (pointer === 0n) return { kind: 'null' };
    const [head, size] = [low(pointer), high(pointer)];
    if (head % 4 === 0) return { kind: 'struct', segment, word, dataWords: size & 0xffff, pointers: size >>> 16 };
    if (head % 4 === 3) {
      if (head !== 3) throw new Malformed('a pointer of a reserved kind');
      return { kind: 'capability', index: size };
    }
    const count = size >>> 3;
    if ((size & 7) !== 7) return { kind: 'list', segment, word, size: size & 7, count };
    this.require(segment, word, count + 1);
    const tag = this.word(segment, word);
    if (low(tag) % 4 !== 0) throw new Malformed('a list of structs whose tag is none');
    const element = { dataWords: high(tag) & 0xffff, pointers: high(tag) >>> 16 };
    const elements = low(tag) >>> 2;
    const words = elements * (element.dataWords + element.pointers);
    // go-capnp goes by the tag alone, as long as there are so many words.
    this.require(segment, word, words + 1);
    if (words !== count) this.doubts.add('Undefined');
    return { kind: 'list', segment, word: word + 1, size: 7, count: elements, element };
  }

  /** Follows every pointer once. */
  walk(): this {
    this.#take(0, 0, 1);
    this.#follow(0, 0, []);
    return this;
  }

  #follow(segment: number, word: number, path: number[]): void {
    const name = path.join('.');
    // Behind an overlap there may be a loop: one round tells enough.
    if (this.#followed.has(`${segment}:${word}`)) return;
    this.#followed.add(`${segment}:${word}`);
    if (path.length > 40) {
      this.doubts.add('Limit');
      return;
    }
    try {
      const found = this.resolve(segment, word, true);
      if (found.kind !== 'null') this.places.set(name, { segment, word });
      if (found.kind === 'capability') this.capabilities.push(found.index);
      if (found.kind === 'struct') this.#followStruct(found, found.word, path);
      else if (found.kind === 'list') this.#followList(found, path);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.malformed.push(name);
    }
  }

  #followStruct(of: { segment: number; dataWords: number; pointers: number }, word: number, path: number[]): void {
    this.require(of.segment, word, of.dataWords + of.pointers);
    this.#take(of.segment, word, of.dataWords + of.pointers);
    for (let i = 0; i < of.pointers; i += 1) this.#follow(of.segment, word + of.dataWords + i, [...path, i]);
  }

  #followList(list: Extract<Found, { kind: 'list' }>, path: number[]): void {
    const { segment, word, count, element } = list;
    if (element) {
      const size = element.dataWords + element.pointers;
      if (size === 0 && count > MANY) this.doubts.add('Limit');
      this.#take(segment, word - 1, 1);
      if (size > 0)
        for (let i = 0; i < count; i += 1) this.#followStruct({ segment, ...element }, word + i * size, [...path, i]);
      return;
    }
    const words = Math.ceil((count * (BITS[list.size] as number)) / 64);
    this.require(segment, word, words);
    if (list.size === 0 && count > MANY) this.doubts.add('Limit');
    this.#take(segment, word, words);
    if (list.size === 6) for (let i = 0; i < count; i += 1) this.#follow(segment, word + i, [...path, i]);
  }

  /** @returns what the pointer of a path leads to */
  at(path: string): Found | undefined {
    const place = this.places.get(path);
    return place && this.resolve(place.segment, place.word);
  }

  root(): View {
    return View.of(this, this.resolve(0, 0));
  }
}

const offsetOf = (pointer: bigint): number => Number(BigInt.asIntN(32, pointer) >> 2n);

/** A struct as somebody reads it who takes what is of the wrong kind for absent. */
export class View {
  readonly #model: Model;
  readonly #at: { segment: number; word: number; dataWords: number; pointers: number };

  private constructor(model: Model, at: { segment: number; word: number; dataWords: number; pointers: number }) {
    this.#model = model;
    this.#at = at;
  }

  static of(model: Model, found: Found): View {
    if (found.kind === 'struct') {
      model.require(found.segment, found.word, found.dataWords + found.pointers);
      return new View(model, found);
    }
    if (found.kind !== 'null') model.doubts.add('WrongKind');
    return new View(model, { segment: 0, word: 0, dataWords: 0, pointers: 0 });
  }

  /** A doubt of whoever reads. */
  doubt(doubt: Doubt): void {
    this.#model.doubts.add(doubt);
  }

  /** @param at of the lowest bit, in bits from the beginning */
  bits(at: number, count: number): bigint {
    const { segment, word, dataWords } = this.#at;
    if (at >= dataWords * 64) return 0n;
    return BigInt.asUintN(count, this.#model.word(segment, word + Math.floor(at / 64)) >> BigInt(at % 64));
  }

  number(at: number, count: number): number {
    return Number(this.bits(at, count));
  }

  pointer(index: number): Found {
    const { segment, word, dataWords, pointers } = this.#at;
    return index < pointers ? this.#model.resolve(segment, word + dataWords + index) : { kind: 'null' };
  }

  struct(index: number): View {
    return View.of(this.#model, this.pointer(index));
  }

  /** @returns undefined when it is absent */
  data(index: number): Uint8Array | undefined {
    const found = this.pointer(index);
    if (found.kind === 'null') return undefined;
    if (found.kind !== 'list' || found.size !== 2) {
      this.doubt('WrongKind');
      return undefined;
    }
    const bytes = Buffer.alloc(Math.ceil(found.count / 8) * 8);
    for (let i = 0; i < bytes.length; i += 8)
      bytes.writeBigUInt64LE(this.#model.word(found.segment, found.word + i / 8), i);
    return Uint8Array.from(bytes.subarray(0, found.count));
  }

  text(index: number): string {
    const bytes = this.data(index);
    if (bytes === undefined) return '';
    if (bytes.at(-1) !== 0) {
      this.doubt('BadText');
      return '';
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, -1));
    if (text.includes('\ufffd') || text.includes('\0')) this.doubt('Unclear');
    return text;
  }

  /** Of other lists some readers take the elements for the first fields of structs. */
  structs(index: number): View[] {
    const found = this.pointer(index);
    if (found.kind === 'null') return [];
    if (found.kind !== 'list' || !found.element) {
      this.doubt(found.kind === 'list' ? 'Unclear' : 'WrongKind');
      return [];
    }
    const { segment, word, element } = found;
    const size = element.dataWords + element.pointers;
    const count = size === 0 ? Math.min(found.count, 100) : found.count;
    return Array.from(
      { length: count },
      (_, i) => new View(this.#model, { segment, word: word + i * size, ...element }),
    );
  }
}
