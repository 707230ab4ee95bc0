// Messages of rpc.capnp as other schemas have them: structs of other sizes, and bits that mean nothing today.
import { type Node, text } from './capnp.ts';
import type { VectorCase } from './file.ts';
import { range } from './file.ts';
import {
  body,
  call,
  enqueue,
  exception,
  finish,
  importedCap,
  payload,
  promisedAnswer,
  returned,
} from './rpc-messages.ts';
import { casesOf, type One, plainCall } from './rpc-values.ts';

type Struct = { data: readonly bigint[]; pointers: readonly Node[] };

/** Bits next to those that say something: of later schemas, or obsolete. */
export function bits(): VectorCase[] {
  const finishBit = (bit: number): One => [
    `finish-bit-${bit}`,
    `Finish: bit ${bit} is set`,
    body(4, { data: [5n | (1n << BigInt(bit))], pointers: [] }),
  ];
  const returnBit = (bit: number): One => [
    `return-bit-${bit}`,
    `Return: bit ${bit} is set`,
    body(3, { data: [5n | (2n << 48n) | (1n << BigInt(bit)), 0n], pointers: [null] }),
  ];
  const exceptionBit = (bit: number): One => [
    `abort-bit-${bit}`,
    `Abort: bit ${bit} of the exception is set`,
    body(1, { data: [(1n << 32n) | (1n << BigInt(bit))], pointers: [text('bit')] }),
  ];
  const bootstrapBit = (bit: number): One => [
    `bootstrap-bit-${bit}`,
    `Bootstrap: bit ${bit} is set`,
    body(8, { data: [6n | (1n << BigInt(bit))], pointers: [null] }),
  ];
  const rootBit = (bit: number): One => [
    `release-root-bit-${bit}`,
    `Release: bit ${bit} of the message is set`,
    { data: [6n | (1n << BigInt(bit))], pointers: [{ data: [3n | (2n << 32n)], pointers: [] }] },
  ];
  return casesOf(
    ['OtherSchema'],
    [
      ...range(32, 63).map(finishBit),
      ...range(32, 47).map(returnBit),
      ...[0, 1, 15, 16, 31, 48, 55, 63].map(exceptionBit),
      ...[32, 47, 48, 63].map(bootstrapBit),
      ...[16, 31, 32, 63].map(rootBit),
    ],
  );
}

/** Structs of every size around the schema's own. */
export function sizes(): VectorCase[] {
  const resize = (of: Struct, words: number, count: number): Struct => ({
    data: range(0, words - 1).map((i) => of.data[i] ?? 0xabcd_ef01_2345_6789n),
    pointers: range(0, count - 1).map((i) => of.pointers[i] ?? text('newer')),
  });
  const inBody =
    (which: number) =>
    (of: Struct): Node =>
      body(which, of);
  const inCall = (of: Struct): Node => call({ ...plainCall, target: of });
  const structs: [string, string, Struct, number, number, (of: Struct) => Node][] = [
    ['bootstrap-size', 'Bootstrap: a struct', { data: [3n], pointers: [null] }, 2, 2, inBody(8)],
    [
      'call-size',
      'Call: a struct',
      { data: [9n | (3n << 32n), 77n, 0n], pointers: [importedCap(2), null, null] },
      4,
      4,
      inBody(2),
    ],
    ['call-target-size', 'Call: a target', importedCap(6) as Struct, 2, 2, inCall],
    ['call-promised-size', 'Call: a target that is promised, a struct', promisedAnswer(8, [1]) as Struct, 2, 2, inCall],
    [
      'call-params-size',
      'Call: params, a struct',
      payload({ data: [1n], pointers: [] }) as Struct,
      1,
      3,
      (of) => call({ ...enqueue, params: of }),
    ],
    ['return-size', 'Return: a struct', { data: [9n | (2n << 48n), 0n], pointers: [null] }, 3, 2, inBody(3)],
    ['return-exception-size', 'Return: an exception', exception('size', 2) as Struct, 2, 2, (of) => returned(4, 1, of)],
    ['finish-size', 'Finish: a struct', { data: [7n | (1n << 32n)], pointers: [] }, 2, 2, inBody(4)],
    ['release-size', 'Release: a struct', { data: [7n | (4n << 32n)], pointers: [] }, 2, 2, inBody(6)],
    [
      'disembargo-size',
      'Disembargo: a struct',
      { data: [7n | (1n << 32n)], pointers: [importedCap(0)] },
      2,
      2,
      inBody(13),
    ],
    ['abort-size', 'Abort: an exception', exception('size', 1) as Struct, 2, 2, inBody(1)],
    [
      'resolve-size',
      'Resolve: a struct',
      { data: [7n], pointers: [{ data: [1n], pointers: [null] }] },
      2,
      2,
      inBody(5),
    ],
    ['message-size', 'Message: a struct', finish(3) as Struct, 2, 2, (of) => of],
  ];
  const operations = (words: number, count: number): Node => ({
    data: [1n << 32n],
    pointers: [
      {
        data: [4n],
        pointers: [
          {
            structs: [6, 7, 8].map((field) =>
              resize({ data: [1n | (BigInt(field) << 16n)], pointers: [] }, words, count),
            ),
          },
        ],
      },
    ],
  });
  const longer = [1, 2, 3].flatMap((words) =>
    range(0, 2).map(
      (count): One => [
        `call-operations-size-${words}-${count}`,
        `Call: a transform whose operations have ${words} data words and ${count} pointers`,
        inCall(operations(words, count) as Struct),
      ],
    ),
  );
  return casesOf(
    ['OtherSchema'],
    [
      ...longer,
      ...structs.flatMap(([id, comment, of, words, count, make]) =>
        range(0, words).flatMap((w) =>
          range(0, count).map(
            (c): One => [`${id}-${w}-${c}`, `${comment} of ${w} data words and ${c} pointers`, make(resize(of, w, c))],
          ),
        ),
      ),
    ],
  );
}
