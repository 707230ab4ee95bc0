import type { RpcMessage } from '../../src/index.ts';
import type { Probe } from '../support.ts';

/** A message as text for `capnp encode`, and as we see it. */
export interface GoldenCase {
  name: string;
  /** `rpc`: the installed rpc.capnp, its Payload.content typed as a Probe. `newer`: with fields added to it. */
  schema: 'rpc' | 'newer';
  text: string;
  /** Without the content of its payload, which is beside it: as it is read, and, of schema `rpc`, as it is written. */
  message: RpcMessage;
  content?: Probe;
}

const probe = { number: 7n, data: Uint8Array.of(1, 2, 255) };
const probeText = 'content = (number = 7, data = "\\001\\002\\377")';
const target = { kind: 'importedCap', id: 0 } as const;

export const CASES: readonly GoldenCase[] = [
  {
    name: 'bootstrap',
    schema: 'rpc',
    text: '(bootstrap = (questionId = 4294967295))',
    message: { kind: 'bootstrap', questionId: 0xffffffff },
  },
  {
    name: 'call on an imported capability',
    schema: 'rpc',
    text: `(call = (questionId = 3, target = (importedCap = 9), interfaceId = 18446744073709551615, methodId = 65535, params = (${probeText}), sendResultsTo = (caller = void), allowThirdPartyTailCall = false))`,
    message: {
      kind: 'call',
      questionId: 3,
      target: { kind: 'importedCap', id: 9 },
      interfaceId: 0xffffffffffffffffn,
      methodId: 65535,
      params: { content: undefined, capTable: [] },
      sendResultsTo: 'caller',
    },
    content: probe,
  },
  {
    name: 'call on a promised answer, with capabilities of every kind',
    schema: 'rpc',
    text: `(call = (questionId = 1, target = (promisedAnswer = (questionId = 2, transform = [(getPointerField = 3), (getPointerField = 65535)])), interfaceId = 5, methodId = 2, params = (${probeText}, capTable = [(none = void, attachedFd = 255), (senderHosted = 1, attachedFd = 255), (senderPromise = 2, attachedFd = 255), (receiverHosted = 3, attachedFd = 255), (receiverAnswer = (questionId = 4, transform = [(getPointerField = 0)]), attachedFd = 255), (thirdPartyHosted = (vineId = 8), attachedFd = 255)]), sendResultsTo = (yourself = void), allowThirdPartyTailCall = false))`,
    message: {
      kind: 'call',
      questionId: 1,
      target: { kind: 'promisedAnswer', questionId: 2, transform: [3, 65535] },
      interfaceId: 5n,
      methodId: 2,
      params: {
        content: undefined,
        capTable: [
          { kind: 'none' },
          { kind: 'senderHosted', id: 1 },
          { kind: 'senderPromise', id: 2 },
          { kind: 'receiverHosted', id: 3 },
          { kind: 'receiverAnswer', questionId: 4, transform: [0] },
          { kind: 'thirdPartyHosted', vineId: 8 },
        ],
      },
      sendResultsTo: 'yourself',
    },
    content: probe,
  },
  {
    name: 'return of results',
    schema: 'rpc',
    text: `(return = (answerId = 3, releaseParamCaps = false, results = (${probeText})))`,
    message: {
      kind: 'return',
      answerId: 3,
      releaseParamCaps: false,
      noFinishNeeded: false,
      value: { kind: 'results', payload: { content: undefined, capTable: [] } },
    },
    content: probe,
  },
  ...(['failed', 'overloaded', 'disconnected', 'unimplemented'] as const).map(
    (type): GoldenCase => ({
      name: `return of an exception of type ${type}`,
      schema: 'rpc',
      text: `(return = (answerId = 3, releaseParamCaps = true, exception = (reason = "E005: PAYLOAD_EMPTY: ü", obsoleteIsCallersFault = false, obsoleteDurability = 0, type = ${type})))`,
      message: {
        kind: 'return',
        answerId: 3,
        releaseParamCaps: true,
        noFinishNeeded: false,
        value: { kind: 'exception', exception: { type, reason: 'E005: PAYLOAD_EMPTY: ü' } },
      },
    }),
  ),
  ...(['canceled', 'resultsSentElsewhere'] as const).map(
    (kind): GoldenCase => ({
      name: `return ${kind}`,
      schema: 'rpc',
      text: `(return = (answerId = 1, releaseParamCaps = true, ${kind} = void))`,
      message: { kind: 'return', answerId: 1, releaseParamCaps: true, noFinishNeeded: false, value: { kind } },
    }),
  ),
  {
    name: 'return takeFromOtherQuestion',
    schema: 'rpc',
    text: '(return = (answerId = 1, releaseParamCaps = true, takeFromOtherQuestion = 77))',
    message: {
      kind: 'return',
      answerId: 1,
      releaseParamCaps: true,
      noFinishNeeded: false,
      value: { kind: 'takeFromOtherQuestion', questionId: 77 },
    },
  },
  ...[true, false].map(
    (releaseResultCaps): GoldenCase => ({
      name: `finish, releaseResultCaps ${releaseResultCaps}`,
      schema: 'rpc',
      text: `(finish = (questionId = 6, releaseResultCaps = ${releaseResultCaps}))`,
      message: { kind: 'finish', questionId: 6, releaseResultCaps },
    }),
  ),
  {
    name: 'resolve to a capability',
    schema: 'rpc',
    text: '(resolve = (promiseId = 2, cap = (senderHosted = 3, attachedFd = 255)))',
    message: { kind: 'resolve', promiseId: 2, value: { kind: 'cap', cap: { kind: 'senderHosted', id: 3 } } },
  },
  {
    name: 'resolve to an exception',
    schema: 'rpc',
    text: '(resolve = (promiseId = 2, exception = (reason = "gone", obsoleteIsCallersFault = false, obsoleteDurability = 0, type = disconnected)))',
    message: {
      kind: 'resolve',
      promiseId: 2,
      value: { kind: 'exception', exception: { type: 'disconnected', reason: 'gone' } },
    },
  },
  {
    name: 'release',
    schema: 'rpc',
    text: '(release = (id = 2, referenceCount = 4294967295))',
    message: { kind: 'release', id: 2, referenceCount: 0xffffffff },
  },
  ...(['senderLoopback', 'receiverLoopback', 'provide'] as const).map(
    (kind): GoldenCase => ({
      name: `disembargo ${kind}`,
      schema: 'rpc',
      text: `(disembargo = (target = (promisedAnswer = (questionId = 1, transform = [(getPointerField = 3)])), context = (${kind} = 9)))`,
      message: {
        kind: 'disembargo',
        target: { kind: 'promisedAnswer', questionId: 1, transform: [3] },
        context: { kind, id: 9 },
      },
    }),
  ),
  {
    name: 'disembargo accept',
    schema: 'rpc',
    text: '(disembargo = (target = (importedCap = 0), context = (accept = void)))',
    message: { kind: 'disembargo', target, context: { kind: 'accept' } },
  },
  {
    name: 'abort',
    schema: 'rpc',
    text: '(abort = (reason = "client requested disconnect", obsoleteIsCallersFault = false, obsoleteDurability = 0, type = failed))',
    message: { kind: 'abort', exception: { type: 'failed', reason: 'client requested disconnect' } },
  },
  {
    name: 'unimplemented',
    schema: 'rpc',
    text: '(unimplemented = (release = (id = 1, referenceCount = 2)))',
    message: { kind: 'unimplemented', message: { kind: 'release', id: 1, referenceCount: 2 } },
  },
  {
    name: 'newer finish',
    schema: 'newer',
    text: '(finish = (questionId = 6, releaseResultCaps = false, requireEarlyCancellationWorkaround = false, added = "more"))',
    message: { kind: 'finish', questionId: 6, releaseResultCaps: false },
  },
  {
    name: 'newer return',
    schema: 'newer',
    text: `(return = (answerId = 3, releaseParamCaps = true, results = (${probeText}), noFinishNeeded = true))`,
    message: {
      kind: 'return',
      answerId: 3,
      releaseParamCaps: true,
      noFinishNeeded: true,
      value: { kind: 'results', payload: { content: undefined, capTable: [] } },
    },
    content: probe,
  },
  {
    name: 'newer kind of message',
    schema: 'newer',
    text: '(added = "what is that?")',
    message: { kind: 'other', which: 14 },
  },
];
