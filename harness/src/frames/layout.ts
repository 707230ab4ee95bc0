/** A field in the data section; `at` counts bytes, for a Bool bits. */
export interface DataField {
  name: string;
  kind: 'uint16' | 'uint32' | 'uint64' | 'bool';
  at: number;
  /** Names of an enum's values. */
  values?: readonly string[];
  /** A Bool's default, which is XORed with what is on the wire. */
  byDefault?: boolean;
}

/** A field in the pointer section. `content`: what a call or an answer carries, which its method tells. */
export interface PointerField {
  name: string;
  index: number;
  kind: 'data' | 'text' | 'dataList' | 'uint64List' | 'struct' | 'structList' | 'content';
  of?: Layout;
}

/** Where the fields of a struct lie. */
export interface Layout {
  data?: readonly DataField[];
  pointers?: readonly PointerField[];
  /** A union: a 16-bit discriminant, and the fields of each member. */
  union?: { at: number; name: string; members: readonly UnionMember[] };
}

export type UnionMember = { name: string } & Pick<Layout, 'data' | 'pointers' | 'union'>;

const TYPES = { u16: 'uint16', u32: 'uint32', u64: 'uint64', bool: 'bool' } as const;
const POINTERS = { data: 'data', text: 'text', datas: 'dataList', u64s: 'uint64List' } as const;

/**
 * Reads a layout from `name:type@place …`. Types: u16, u32, u64 (places in bytes), bool (in bits), data, text, datas, u64s, the
 * name of a struct, or `[Struct]` for a list of it (places in pointers).
 */
export function layoutOf(text: string, structs: Record<string, Layout> = {}): Layout {
  const data: DataField[] = [];
  const pointers: PointerField[] = [];
  for (const [, name, type, place] of text.matchAll(/(\w+):(\[?\w+\]?)@(\d+)/g)) {
    const at = { name: name as string, place: Number(place) };
    const struct = structs[(type as string).replace(/[[\]]/g, '')];
    if ((type as string) in TYPES) data.push({ name: at.name, kind: TYPES[type as keyof typeof TYPES], at: at.place });
    else if ((type as string) in POINTERS)
      pointers.push({ name: at.name, index: at.place, kind: POINTERS[type as keyof typeof POINTERS] });
    else if (struct)
      pointers.push({
        name: at.name,
        index: at.place,
        kind: type?.startsWith('[') ? 'structList' : 'struct',
        of: struct,
      });
    else throw new Error(`a layout has the unknown type ${type}`);
  }
  return { data, pointers };
}
