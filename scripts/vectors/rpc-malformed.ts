import {
  doubleFarPointer,
  farPointer,
  framed,
  layOut,
  listPointer,
  message,
  type Node,
  SIZE,
  structPointer,
  tag,
} from './capnp.ts';
import { acceptable, invalid, type VectorCase } from './file.ts';
import { abort, bootstrap, call, enqueue, enqueueOut, payload, promisedAnswer, read } from './rpc-messages.ts';

/** Messages that a right reader refuses, or may refuse; `words` of a right one with one of them changed, mostly. */
export function malformed(): VectorCase[] {
  const words = layOut(call(enqueue))[0] as bigint[];
  const bad = (id: string, comment: string, segments: bigint[][], flag = 'BadPointer'): VectorCase =>
    read(`bad-${id}`, comment, [flag], framed(segments), invalid('malformed'));
  const at = (place: number, value: bigint): bigint[][] => [words.with(place, value)];
  // The places of the pointers in `words`: 0 root, 2 body, 6 target, 7 params; behind them the objects in their order.
  const boot = layOut(bootstrap(1))[0] as bigint[];
  const nested = (levels: number): Node => {
    let node: Node = { data: [], pointers: [] };
    for (let i = 0; i < levels; i += 1) node = { data: [], pointers: [node] };
    return node;
  };
  const withParams = (params: Node): Node => call({ ...enqueue, params: payload(params) });
  const callOut = { message: enqueueOut };
  const limit = (id: string, comment: string, bytes: Uint8Array): VectorCase =>
    read(`limit-${id}`, comment, ['Limit'], bytes, acceptable(callOut));
  return [
    bad('no-root', 'an empty segment: no room for a root', [[]]),
    bad('root-out', 'the root leads behind the segment', at(0, structPointer(900, 1, 1))),
    bad('root-before', 'the root leads before the segment', at(0, structPointer(-3, 1, 1))),
    bad('root-long', 'the root struct is longer than the segment', at(0, structPointer(0, 60_000, 1))),
    bad('root-far-nowhere', 'the root lies in a segment that is not there', at(0, farPointer(3, 0))),
    bad('root-far-out', 'the landing pad lies behind its segment', [[farPointer(1, 5)], [0n]]),
    bad('root-far-loop', 'a landing pad that is a far pointer to itself', [[farPointer(1, 0)], [farPointer(1, 0)]]),
    bad('root-double-far-cut', 'a landing pad of one word in place of two', [
      [doubleFarPointer(1, 0)],
      [farPointer(0, 0)],
    ]),
    bad('root-double-far-nowhere', 'a double-far pointer to content in a segment that is not there', [
      [doubleFarPointer(1, 0)],
      [farPointer(9, 0), structPointer(0, 1, 1)],
    ]),
    bad('root-double-far-out', 'a double-far pointer to content behind its segment', [
      [doubleFarPointer(1, 0)],
      [farPointer(0, 1), structPointer(0, 1, 1)],
    ]),
    bad('body-out', 'the body of a Call leads behind the segment', at(2, structPointer(1000, 3, 3))),
    bad('body-before', 'the body of a Call leads before the segment', at(2, structPointer(-100, 3, 3))),
    read(
      'bad-body-list',
      'the body of a Call is a list',
      ['WrongKind'],
      framed(at(2, listPointer(0, SIZE.byte, 8))),
      acceptable({ message: emptyCall }),
    ),
    bad('target-out', 'the target of a Call leads behind the segment', at(6, structPointer(1000, 1, 1))),
    bad('params-out', 'the params of a Call lead behind the segment', at(7, structPointer(1000, 0, 2))),
    bad('content-out', 'the content of the params leads behind the segment', [
      words.map((one, i) => (i === contentAt(words) ? structPointer(4000, 1, 4) : one)),
    ]),
    bad('bootstrap-body-out', 'the body of a Bootstrap leads behind the segment', [
      boot.with(2, structPointer(50, 1, 1)),
    ]),
    bad('reason-out', 'the reason of an Abort leads behind the segment', [
      (layOut(abort('x'))[0] as bigint[]).with(4, listPointer(77, SIZE.byte, 2)),
    ]),
    bad('reason-huge', 'the reason of an Abort claims 2^29 - 1 bytes', [
      (layOut(abort('x'))[0] as bigint[]).with(4, listPointer(0, SIZE.byte, 0x1fff_ffff)),
    ]),
    read(
      'bad-transform-long',
      'a transform that claims more operations than it has words',
      ['BadPointer'],
      framed([transformTag(2 ** 20, 1, 0)]),
      invalid('malformed'),
    ),
    read(
      'bad-transform-tag',
      'a transform whose tag is a list',
      ['BadPointer'],
      framed([transformTagWord(listPointer(1, SIZE.byte, 1))]),
      invalid('malformed'),
    ),
    limit('depth-60', 'params nested 60 levels deep', message(withParams(nested(60)))),
    limit('depth-200', 'params nested 200 levels deep', message(withParams(nested(200)))),
    limit('depth-500', 'params nested 500 levels deep', message(withParams(nested(500)))),
    limit('loop', 'a pointer that leads to itself', framed(at(contentAt(words), structPointer(-1, 0, 1)))),
    limit('amplified-list', 'a list of 2^28 structs without size', amplified()),
    limit('amplified-void', 'a list of 2^29 - 1 elements without size', amplifiedVoid()),
    limit('amplified-shared', 'a thousand pointers to one object of 8,000 bytes', amplifiedShared()),
    limit('segments-513', 'a message of 513 segments', framed([words, ...Array.from({ length: 512 }, () => [])])),
  ];
}

/** What somebody reads who takes a body of the wrong kind for absent. */
const emptyCall = { type: 'call', questionId: 0, target: { importedCap: 0 }, interfaceId: '0', methodId: 0 };

/** Where the pointer to the content of the params lies in the words of the call to enqueue. */
function contentAt(words: readonly bigint[]): number {
  // The params' own pointer, at 7, is near: its offset tells.
  return 8 + Number(BigInt.asIntN(32, words[7] as bigint) >> 2n);
}

const promisedWords = (): bigint[] => layOut(call({ ...enqueue, target: promisedAnswer(4, [1]) }))[0] as bigint[];
/** The call with a transform, with another tag before the operations. */
function transformTagWord(by: bigint): bigint[] {
  const words = promisedWords();
  const place = words.indexOf(tag(1, 1, 0), 8);
  if (place < 0) throw new Error('the tag of the transform is not where it was');
  return words.with(place, by);
}
const transformTag = (elements: number, dataWords: number, pointers: number): bigint[] =>
  transformTagWord(tag(elements, dataWords, pointers));

/** The call with one pointer more than the params of enqueue have: readers that know only enqueue never follow it. */
function withContent(pointer: (offset: number) => bigint, content: bigint[]): Uint8Array {
  const words = layOut(call(enqueue))[0] as bigint[];
  const place = contentAt(words);
  const start = words.length;
  return framed([[...words.with(place, structPointer(start - place - 1, 0, 1)), pointer(0), ...content]]);
}
const amplified = (): Uint8Array => withContent((offset) => listPointer(offset, SIZE.struct, 0), [tag(2 ** 28, 0, 0)]);
const amplifiedVoid = (): Uint8Array => withContent((offset) => listPointer(offset, SIZE.void, 0x1fff_ffff), []);
const amplifiedShared = (): Uint8Array =>
  withContent(
    (offset) => listPointer(offset, SIZE.pointer, 1000),
    [
      ...Array.from({ length: 1000 }, (_, i) => listPointer(1000 - i - 1, SIZE.eightBytes, 1000)),
      ...Array<bigint>(1000).fill(1n),
    ],
  );
