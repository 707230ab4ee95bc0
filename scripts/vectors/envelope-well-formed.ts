// Envelopes that are right: as they are, in unusual layouts, of other schemas.
import { framed, type Layout, layOut, message, type Node } from './capnp.ts';
import { base, DEFAULTS, type Fields, node, none, output, parse, TYPES } from './envelope-fields.ts';
import { acceptable, bytesOf, replaceAt, type VectorCase, valid } from './file.ts';

export function wellFormed(): VectorCase[] {
  const cases = TYPES.map((name, msgType) =>
    parse(
      `type-${name}`,
      `every field set, ${name}`,
      [],
      message(node({ ...base, msgType })),
      valid(output({ ...base, msgType })),
    ),
  );
  const variants: [string, string, Partial<Fields>][] = [
    ['no-group', 'without a group', { groupId: none }],
    ['no-sender', 'without a sender', { senderId: none }],
    ['no-payload', 'without a payload', { payload: none }],
    ['ping-bare', 'only defaults', DEFAULTS],
    ['time-max', 'the last time that there is', { timestampMs: 0xffff_ffff_ffff_ffffn }],
    ['time-over-2-53', 'a time that a double cannot hold', { timestampMs: 2n ** 53n + 1n }],
    ['time-zero', 'the time 0', { timestampMs: 0n }],
    ['group-zero', 'a group of zero bytes is no absent group', { groupId: new Uint8Array(32) }],
  ];
  for (const [id, comment, change] of variants)
    cases.push(parse(id, comment, [], message(node({ ...base, ...change })), valid(output({ ...base, ...change }))));
  for (const length of [1, 7, 8, 9, 255, 256, 2000]) {
    const fields = { ...base, payload: bytesOf(`envelope payload ${length}`, length) };
    cases.push(
      parse(`payload-${length}`, `a payload of ${length} bytes`, [], message(node(fields)), valid(output(fields))),
    );
  }
  return cases;
}

export function oddLayouts(): VectorCase[] {
  const layouts: [string, string, Layout][] = [
    ['far', 'each object in a segment of its own, behind a far pointer', { reach: 'far' }],
    ['double-far', 'each object behind a double-far pointer', { reach: 'double-far' }],
    ['gap', 'words between the objects that nothing leads to', { gap: 2 }],
    ['far-gap', 'far pointers to landing pads in the middle of a segment', { reach: 'far', gap: 1 }],
    ['double-far-gap', 'double-far pointers to content in the middle of a segment', { reach: 'double-far', gap: 3 }],
  ];
  const cases = layouts.map(([id, comment, layout]) =>
    parse(`layout-${id}`, comment, ['OddLayout'], message(node(base), layout), valid(output(base))),
  );
  const near = layOut(node(base));
  cases.push(
    parse(
      'layout-unused-segment',
      'a last segment that nothing leads to',
      ['OddLayout'],
      framed([...near, [1n, 2n]]),
      valid(output(base)),
    ),
    parse('layout-empty-segment', 'an empty last segment', ['OddLayout'], framed([...near, []]), valid(output(base))),
    parse(
      'layout-empty-segments',
      'a hundred empty segments behind the first',
      ['OddLayout'],
      framed([...near, ...Array(100).fill([])]),
      valid(output(base)),
    ),
    parse(
      'layout-spare-words',
      'words behind the last object',
      ['OddLayout'],
      framed([[...(near[0] as bigint[]), 0n, 7n]]),
      valid(output(base)),
    ),
    parse(
      'layout-empty-data',
      'empty Data as lists of no bytes in place of null pointers',
      ['OddLayout'],
      message({ data: [0n, 5n], pointers: [{ bytes: none }, { bytes: none }, { bytes: none }] }),
      valid(output({ ...DEFAULTS, timestampMs: 5n })),
    ),
    parse(
      'layout-dirty-padding',
      'the bytes that fill the payload up to a word are not zero',
      ['OddLayout'],
      replaceAt(message(node(base)), message(node(base)).length - 3, [1, 2, 3]),
      valid(output(base)),
    ),
  );
  return cases;
}

export function otherSchemas(): VectorCase[] {
  const { data: words, pointers } = node(base);
  const more: [string, string, Node, Fields][] = [
    ['newer-data', 'a newer schema: a third data word', { data: [...words, 99n], pointers }, base],
    [
      'newer-pointer',
      'a newer schema: a fourth pointer',
      { data: words, pointers: [...pointers, { bytes: none }] },
      base,
    ],
    [
      'newer-both',
      'a newer schema: more of both',
      { data: [...words, 1n, 2n], pointers: [...pointers, null, { bytes: bytesOf('new', 40) }] },
      base,
    ],
    [
      'newer-bits',
      'a newer schema: bits of the first word that are unused today',
      { data: [(words[0] as bigint) | (0xabcdn << 32n), words[1] as bigint], pointers },
      base,
    ],
    [
      'older-no-time',
      'an older schema: no word for the time',
      { data: words.slice(0, 1), pointers },
      { ...base, timestampMs: 0n },
    ],
    [
      'older-no-payload',
      'an older schema: two pointers',
      { data: words, pointers: pointers.slice(0, 2) },
      { ...base, payload: none },
    ],
    [
      'older-no-pointers',
      'an older schema: no pointers',
      { data: words, pointers: [] },
      { ...base, groupId: none, senderId: none, payload: none },
    ],
    ['older-no-data', 'an older schema: no data', { data: [], pointers }, { ...base, msgType: 0, timestampMs: 0n }],
    ['older-empty', 'a struct without size', { data: [], pointers: [] }, DEFAULTS],
  ];
  const cases = more.map(([id, comment, root, fields]) =>
    parse(id, comment, ['OtherSchema'], message(root), valid(output(fields))),
  );
  cases.push(
    parse(
      'root-null',
      'a null root pointer: every field at its default',
      ['OtherSchema'],
      framed([[0n]]),
      acceptable(output(DEFAULTS)),
    ),
  );
  return cases;
}
