// Envelopes of every value that a field can have at its edges, of other schemas, and in layouts of any kind.
import { framed, message, type Node } from './capnp.ts';
import { scatter } from './capnp-scattered.ts';
import { base, DEFAULTS, type Fields, node, none, output, parse, TYPES } from './envelope-fields.ts';
import { bytesOf, invalid, range, type VectorCase, valid } from './file.ts';
import { Random } from './random.ts';

const right = (id: string, comment: string, fields: Fields, flags: string[] = []): VectorCase =>
  parse(id, comment, flags, message(node(fields)), valid(output(fields)));
/** Little but what a case is about. */
const small: Fields = { ...DEFAULTS, msgType: 7, payload: bytesOf('small payload', 5) };

/** Values that have cases with more around them. */
const ELSEWHERE = { types: [9, 10, 255, 256, 0x7fff, 0xffff], lengths: [1, 16, 31, 33, 64] };

export function unknownTypes(): VectorCase[] {
  const powers = range(4, 15).flatMap((k) => [2 ** k - 1, 2 ** k, 2 ** k + 1]);
  const values = [...range(9, 24), ...range(0, 8).map((low) => 0x100 + low), ...powers, 0xff00, 0xfffe];
  return [...new Set(values)]
    .filter((value) => !ELSEWHERE.types.includes(value))
    .map((msgType) =>
      parse(
        `type-${msgType}`,
        `the type ${msgType} is none`,
        ['UnknownType'],
        message(node({ ...small, msgType })),
        invalid('msg-type'),
      ),
    );
}

export function times(): VectorCase[] {
  return [7, 8, 15, 16, 24, 31, 32, 33, 40, 48, 52, 53, 54, 56, 62, 63].flatMap((k) =>
    [-1n, 0n, 1n].map((by) => {
      const timestampMs = 2n ** BigInt(k) + by;
      const name = `2-${k}${by === 0n ? '' : by < 0n ? '-minus-1' : '-plus-1'}`;
      return right(`time-${name}`, `the time ${timestampMs}`, { ...small, timestampMs });
    }),
  );
}

export function payloads(): VectorCase[] {
  return [...range(2, 6), ...range(10, 41), 63, 64, 65, 127, 128, 129, 257, 511, 512, 513, 1023, 1024, 1025].map(
    (length) =>
      right(`payload-${length}`, `a payload of ${length} bytes`, {
        ...DEFAULTS,
        msgType: 1,
        payload: bytesOf(`payload of ${length}`, length),
      }),
  );
}

export function idLengths(): VectorCase[] {
  const cases: VectorCase[] = [];
  const add = (id: string, comment: string, change: Partial<Fields>, ...errors: string[]): void => {
    cases.push(parse(id, comment, ['IdLength'], message(node({ ...small, ...change })), invalid(...errors)));
  };
  for (const length of [...range(1, 31), ...range(33, 40), 63, 64, 65, 96, 128, 256, 288]) {
    if (ELSEWHERE.lengths.includes(length)) continue;
    const id = bytesOf(`an id of ${length}`, length);
    add(`group-${length}`, `a group of ${length} bytes`, { groupId: id }, 'group-id');
    add(`sender-${length}`, `a sender of ${length} bytes`, { senderId: id }, 'sender-id');
  }
  for (const length of [1, 16, 31, 33, 64])
    add(
      `ids-${length}`,
      `group and sender of ${length} bytes`,
      { groupId: bytesOf('group', length), senderId: bytesOf('sender', length) },
      'group-id',
      'sender-id',
    );
  return cases;
}

/** Every choice of fields that are set. */
export function present(): VectorCase[] {
  return range(0, 31).map((set) => {
    const has = (bit: number): boolean => (set & (1 << bit)) !== 0;
    const fields: Fields = {
      msgType: has(0) ? 6 : 0,
      timestampMs: has(1) ? 1_700_000_000_001n : 0n,
      groupId: has(2) ? base.groupId : none,
      senderId: has(3) ? base.senderId : none,
      payload: has(4) ? small.payload : none,
    };
    const names = ['msgType', 'timestampMs', 'groupId', 'senderId', 'payload'].filter((_, bit) => has(bit));
    return right(`set-${set}`, `set: ${names.join(', ') || 'nothing'}`, fields);
  });
}

/** Structs of every size around the schema's own. */
export function sizes(): VectorCase[] {
  const fields: Fields = { ...base, payload: small.payload };
  const { data, pointers } = node(fields);
  return range(0, 4).flatMap((words) =>
    range(0, 5).map((count) => {
      const root: Node = {
        data: range(0, words - 1).map((i) => data[i] ?? 0x1234_5678n + BigInt(i)),
        pointers: range(0, count - 1).map((i) => pointers[i] ?? { bytes: bytesOf(`newer ${i}`, 3) }),
      };
      const read: Fields = {
        msgType: words > 0 ? fields.msgType : 0,
        timestampMs: words > 1 ? fields.timestampMs : 0n,
        groupId: count > 0 ? fields.groupId : none,
        senderId: count > 1 ? fields.senderId : none,
        payload: count > 2 ? fields.payload : none,
      };
      return parse(
        `size-${words}-${count}`,
        `a struct of ${words} data words and ${count} pointers`,
        ['OtherSchema'],
        message(root),
        valid(output(read)),
      );
    }),
  );
}

/** What has no size is better not looked for behind a double-far pointer: implementations differ. */
const REACHES = ['near', 'far', 'double-far'] as const;

/** What a newer schema may put behind what is known today. */
export function newerFields(): VectorCase[] {
  const { data, pointers } = node(small);
  const kinds: [string, string, Node][] = [
    ['struct', 'a struct', { data: [1n, 2n], pointers: [{ bytes: bytesOf('newer', 9) }] }],
    ['empty-struct', 'a struct without size', { data: [], pointers: [] }],
    [
      'structs',
      'a list of structs',
      {
        structs: [
          { data: [1n], pointers: [null] },
          { data: [2n], pointers: [{ bytes: bytesOf('newer', 2) }] },
        ],
      },
    ],
    ['pointers', 'a list of pointers', { list: [{ bytes: bytesOf('newer', 4) }, null, { bytes: none }] }],
    ['empty-list', 'an empty list of pointers', { list: [] }],
    ['text', 'a Text', { bytes: new TextEncoder().encode('newer\0') }],
  ];
  const cases = kinds.flatMap(([id, what, newer]) =>
    (id === 'struct' || id === 'structs' || id === 'text' ? REACHES : REACHES.slice(0, 2)).map((reach) =>
      parse(
        `newer-${id}-${reach}`,
        `a newer schema: a fourth pointer, to ${what}, ${reach}`,
        ['OtherSchema'],
        message({ data, pointers: [...pointers, newer] }, { reach }),
        valid(output(small)),
      ),
    ),
  );
  for (const bit of [16, 17, 23, 24, 31, 32, 47, 48, 62, 63])
    cases.push(
      parse(
        `newer-bit-${bit}`,
        `a newer schema: bit ${bit} of the first word, unused today, is set`,
        ['OtherSchema'],
        message({ data: [(data[0] as bigint) | (1n << BigInt(bit)), data[1] as bigint], pointers }),
        valid(output(small)),
      ),
    );
  return cases;
}

/** Right ones of any values, in layouts of any kind, of this schema and of newer ones. */
export function scattered(): VectorCase[] {
  return range(1, 130).map((i) => {
    const random = new Random(`scattered envelope ${i}`);
    const id = (): Uint8Array => (random.int(3) === 0 ? none : random.bytes(32));
    const fields: Fields = {
      msgType: random.int(TYPES.length),
      timestampMs: random.uint64(),
      groupId: id(),
      senderId: id(),
      payload: random.bytes(random.int(40)),
    };
    const { data, pointers } = node(fields);
    const newer: Node = { structs: [{ data: [random.uint64()], pointers: [{ bytes: random.bytes(random.int(12)) }] }] };
    const isNewer = i % 4 === 0;
    const root = isNewer ? { data: [...data, random.uint64()], pointers: [...pointers, newer] } : { data, pointers };
    const segments = 1 + random.int(5);
    return parse(
      `any-${i}`,
      `any values, in ${segments} segments${isNewer ? ', of a newer schema' : ''}`,
      isNewer ? ['OddLayout', 'OtherSchema'] : ['OddLayout'],
      framed(scatter(root, random, segments)),
      valid(output(fields)),
    );
  });
}
