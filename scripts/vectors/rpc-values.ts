// Messages of rpc.capnp of every value that a field can have at its edges, and in layouts of any kind.
import { layOut, type Node } from './capnp.ts';
import { caseOf, isCase } from './capnp-changed.ts';
import { scatter } from './capnp-scattered.ts';
import { bytesOf, range, type VectorCase } from './file.ts';
import { Random } from './random.ts';
import {
  abort,
  body,
  bootstrap,
  call,
  disembargo,
  enqueue,
  exception,
  finish,
  importedCap,
  MESSAGES,
  payload,
  promisedAnswer,
  read,
  release,
  returned,
} from './rpc-messages.ts';
import { RPC, resolvesDiffer } from './rpc-model.ts';

/** The beginning of the id, what the message is and what is special, and the message. */
export type One = [id: string, comment: string, root: Node];

const seen = (): Set<string> => new Set();

/** @param rightFlags of the cases that are right */
export function casesOf(
  rightFlags: string[],
  ones: readonly One[],
  lay: (root: Node, id: string) => bigint[][] = (root) => layOut(root),
): VectorCase[] {
  const family = { schema: RPC, make: read, seen: seen(), rightFlags };
  return ones
    .map(([id, comment, root]) =>
      caseOf(
        { ...family, prefix: id.slice(0, id.indexOf('-')), title: comment.slice(0, comment.indexOf(': ')) },
        {
          id: id.slice(id.indexOf('-') + 1),
          what: comment.slice(comment.indexOf(': ') + 2),
          segments: lay(root, id),
        },
      ),
    )
    .filter(isCase)
    .map(resolvesDiffer);
}

const promised = (id: number): Node => call({ ...enqueue, params: null, target: promisedAnswer(id) });
const resolve = (id: number, union = 0, value: Node = { data: [1n], pointers: [null] }): Node =>
  body(5, { data: [BigInt(id) | (BigInt(union) << 32n)], pointers: [value] });
export const plainCall = { ...enqueue, params: null };

export function ids(): VectorCase[] {
  const fields: [string, string, (value: number) => Node][] = [
    ['bootstrap-id', 'Bootstrap: question id', bootstrap],
    ['finish-id', 'Finish: question id', (id) => finish(id)],
    ['release-id', 'Release: id', (id) => release(id, 1)],
    ['release-count', 'Release: references', (count) => release(1, count)],
    ['return-id', 'Return: answer id', (id) => returned(id, 2, null)],
    ['call-id', 'Call: question id', (id) => call({ ...plainCall, id })],
    ['call-target', 'Call: imported capability', (id) => call({ ...plainCall, target: importedCap(id) })],
    ['call-answer', 'Call: promised answer', promised],
    ['disembargo-id', 'Disembargo: id', (id) => disembargo(importedCap(0), 1, id)],
    ['resolve-id', 'Resolve: promise id', (id) => resolve(id)],
  ];
  const edges = [1, 255, 256, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
  const methods = [1, 18, 255, 256, 0x7fff, 0x8000, 0xfffe];
  const interfaces = [
    0n,
    1n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    2n ** 32n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 2n,
  ];
  return casesOf(
    [],
    [
      ...fields.flatMap(([id, comment, make]) =>
        edges.map((edge): One => [`${id}-${edge}`, `${comment} ${edge}`, make(edge)]),
      ),
      ...methods.map(
        (method): One => [`call-method-${method}`, `Call: method ${method}`, call({ ...plainCall, method })],
      ),
      ...interfaces.map(
        (interfaceId): One => [
          `call-interface-${interfaceId}`,
          `Call: interface ${interfaceId}`,
          call({ ...plainCall, interfaceId }),
        ],
      ),
      ...[[0], [1], [255], [256], [0x7fff], [0x8000], [1, 2], [0, 0, 0], [5, 4, 3, 2], range(1, 9), range(0, 63)].map(
        (transform): One => [
          `call-transform-${transform.length}-${transform[0]}`,
          `Call: a transform of ${transform.length}, beginning with ${transform[0]}`,
          call({ ...plainCall, target: promisedAnswer(4, transform) }),
        ],
      ),
    ],
  );
}

/** Unions and enums: each variant, and what is in none. */
export function variants(): VectorCase[] {
  const cap = (which: number, pointer: Node = null): Node =>
    payload(null, { structs: [{ data: [BigInt(which) | (7n << 32n)], pointers: [pointer] }] });
  const target = (which: number): Node => ({ data: [3n | (BigInt(which) << 32n)], pointers: [null] });
  const operation = (which: number): Node => ({
    data: [1n << 32n],
    pointers: [
      {
        data: [4n],
        pointers: [
          {
            structs: [
              { data: [BigInt(which) | (2n << 16n)], pointers: [] },
              { data: [1n | (5n << 16n)], pointers: [] },
            ],
          },
        ],
      },
    ],
  });
  const sends = (which: number): Node =>
    body(2, { data: [9n | (2n << 32n) | (BigInt(which) << 48n), 77n, 0n], pointers: [importedCap(0), null, null] });
  const numbered = (name: string, comment: string, values: readonly number[], make: (value: number) => Node): One[] =>
    values.map((value) => [`${name}-${value}`, `${comment} ${value}`, make(value)]);
  const odd = [255, 256, 0x7fff, 0x8000, 0xffff];
  return casesOf(
    [],
    [
      ...numbered(
        'other-kind',
        'Message: kind',
        [7, 9, 11, 12, ...range(14, 32), 63, 64, 127, 128, 255, 256, 257, 0x1000, 0x7fff, 0x8000, 0xfffe],
        (which) => body(which, null),
      ),
      ...numbered('other-body', 'Message: a body of kind', [7, 9, 10, 11, 12, 14, 255, 0xffff], (which) =>
        body(which, { data: [5n], pointers: [{ bytes: bytesOf('body', 9) }] }),
      ),
      ...numbered('return-variant', 'Return: variant', [...range(3, 12), ...odd], (which) => returned(5, which, null)),
      ...numbered('call-target-variant', 'Call: target of variant', [...range(2, 5), ...odd], (which) =>
        call({ ...plainCall, target: target(which) }),
      ),
      ...numbered('call-operation-variant', 'Call: an operation of variant', [...range(0, 5), ...odd], (which) =>
        call({ ...plainCall, target: operation(which) }),
      ),
      ...numbered('call-sends-results-variant', 'Call: results to variant', [...range(0, 5), ...odd], sends),
      ...numbered('call-capability-variant', 'Call: a capability of variant', [...range(0, 8), ...odd], (which) =>
        call({ ...enqueue, params: cap(which) }),
      ),
      ...numbered('return-capability-variant', 'Return: a capability of variant', [...range(0, 8), ...odd], (which) =>
        returned(5, 0, cap(which)),
      ),
      ...numbered('disembargo-context-variant', 'Disembargo: context of variant', [...range(4, 6), ...odd], (which) =>
        disembargo(importedCap(0), which, 7),
      ),
      ...numbered('abort-type', 'Abort: type', [...range(0, 6), ...odd], (type) => abort('type', type)),
      ...numbered('return-exception-type', 'Return: exception of type', [...range(4, 6), ...odd], (type) =>
        returned(5, 1, exception('type', type)),
      ),
      ...numbered('resolve-variant', 'Resolve: variant', [1, 2, 3, ...odd], (which) => resolve(5, which, null)),
    ],
  );
}

export function texts(): VectorCase[] {
  const reasons: [string, string, string][] = [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15, 16, 17, 63, 64, 65, 255, 256].map((length): [string, string, string] => [
      `length-${length}`,
      `${length} bytes`,
      'abcdefgh'.repeat(32).slice(0, length),
    ]),
    ['two-bytes', 'letters of two bytes', 'äöüß'],
    ['three-bytes', 'letters of three bytes', '漢字かな'],
    ['four-bytes', 'letters of four bytes', '😀𝔘'],
    ['controls', 'control characters', 'a\tb\nc\r\u0001\u007f'],
    ['quotes', 'what JSON escapes', '"\\/'],
    ['combining', 'a letter of two characters', 'e\u0301'],
    ['last', 'the last character that there is', '\u{10ffff}'],
  ];
  return casesOf(
    [],
    [
      ...reasons.map(([id, what, reason]): One => [`abort-reason-${id}`, `Abort: a reason of ${what}`, abort(reason)]),
      ...reasons
        .slice(18)
        .map(
          ([id, what, reason]): One => [
            `return-reason-${id}`,
            `Return: a reason of ${what}`,
            returned(3, 1, exception(reason, 0)),
          ],
        ),
    ],
  );
}

/** Each message in layouts of any kind. */
export function scattered(): VectorCase[] {
  const lay = (root: Node, id: string): bigint[][] => {
    const random = new Random(`scattered ${id}`);
    return scatter(root, random, 1 + random.int(6));
  };
  const ones = MESSAGES.flatMap(([id, comment, root]) =>
    [1, 2, 3].map(
      (i): One => [`any-${id}-${i}`, `Any layout: ${comment}, the ${['first', 'second', 'third'][i - 1]}`, root],
    ),
  );
  return casesOf(['OddLayout'], ones, lay);
}
