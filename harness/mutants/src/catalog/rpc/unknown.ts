// Methods, interfaces and messages that the server does not know.
import { nodeService } from '@quicnprotochat/proto';
import type { ReturnValue } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf } from '../../fault.ts';
import { callPlaces } from '../../seams/call-bytes.ts';
import { EMPTY_RESULTS, endsAt, exception, ignores, onIncoming, onOutgoing, returned } from '../../seams/messages.ts';
import type { Passing } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

/** A Return whose exception is of type unimplemented becomes something else. */
const unimplementedBecomes = (value: ReturnValue): Fault =>
  onOutgoing(
    () =>
      ({ message }) =>
        message.kind === 'return' &&
        message.value.kind === 'exception' &&
        message.value.exception.type === 'unimplemented'
          ? [returned(message.answerId, value)]
          : undefined,
  );

const isOtherInterface = ({ message }: Passing): boolean =>
  message.kind === 'call' && message.interfaceId !== nodeService.health.interfaceId;
const isUnknownMethod = ({ message }: Passing): boolean =>
  message.kind === 'call' && message.interfaceId === nodeService.health.interfaceId && message.methodId > 18;

/** Calls of what the server does not have become calls of what `known` says: `undefined` lets one pass. */
const takenFor = (known: (methodId: number, interfaceId: bigint) => number | undefined): Fault =>
  onIncoming(() => ({ message, bytes }) => {
    const at = callPlaces(bytes)?.call;
    const methodId = message.kind === 'call' ? known(message.methodId, message.interfaceId) : undefined;
    if (at === undefined || methodId === undefined) return undefined;
    const changed = Buffer.from(bytes);
    changed.writeUInt16LE(methodId, at + 4);
    changed.writeBigUInt64LE(nodeService.health.interfaceId, at + 8);
    return [changed];
  });
const LOW_HALF = 0xffff_ffffn;

export const UNKNOWN = [
  mutant(
    'RPC-014',
    'methods-of-8-bits',
    'reads the low byte of a method’s number',
    takenFor((methodId) => (methodId > 0xff && methodId < 0xffff ? methodId & 0xff : undefined)),
  ),
  mutant(
    'RPC-015',
    'interfaces-of-32-bits',
    'compares the low halves of interface ids',
    takenFor((methodId, id) =>
      (id & LOW_HALF) === (nodeService.health.interfaceId & LOW_HALF) ? methodId : undefined,
    ),
  ),
  ...(['failed', 'disconnected'] as const).map((type) =>
    mutant(
      'RPC-014',
      `unknown-method-${type}`,
      `answers an unknown method with an exception of type ${type}`,
      unimplementedBecomes(exception(type, 'no such method')),
    ),
  ),
  mutant('RPC-014', 'unknown-method-ends', 'ends the session at an unknown method', endsAt(isUnknownMethod)),
  mutant(
    'RPC-014',
    'unknown-method-message',
    'answers an unknown method with the message unimplemented',
    onIncoming(() => ({ message, bytes }, { send }) => {
      if (!isUnknownMethod({ message, bytes })) return undefined;
      send(wrapped(bytes));
      return [];
    }),
  ),
  mutant('RPC-014', 'unknown-method-silence', 'does not answer an unknown method', ignores(isUnknownMethod)),
  mutant(
    'RPC-014',
    'unknown-method-results',
    'answers an unknown method with empty results',
    unimplementedBecomes(EMPTY_RESULTS),
  ),
  mutant('RPC-015', 'interface-unchecked', 'does not look at the interface id', {
    ...onIncoming(() => ({ message, bytes }) => {
      if (!isOtherInterface({ message, bytes })) return undefined;
      const changed = Buffer.from(bytes);
      const at = changed.indexOf(interfaceBytes((message as { interfaceId: bigint }).interfaceId));
      if (at >= 0) changed.set(interfaceBytes(nodeService.health.interfaceId), at);
      return [changed];
    }),
  }),
  mutant('RPC-015', 'unknown-interface-ends', 'ends the session at an unknown interface', endsAt(isOtherInterface)),
  mutant(
    'RPC-015',
    'unknown-interface-failed',
    'answers an unknown interface with an exception of type failed',
    unimplementedBecomes(exception('failed', 'no such interface')),
  ),
  mutant(
    'RPC-016',
    'unknown-message-ends',
    'ends the session at a message it does not know',
    endsAt(({ message }) => message.kind === 'other'),
  ),
  mutant(
    'RPC-017',
    'unknown-message-silence',
    'says nothing to a message it does not know',
    ignores(({ message }) => message.kind === 'other'),
  ),
  mutant(
    'RPC-018',
    'unimplemented-ends',
    'a received unimplemented ends the session',
    endsAt(({ message }) => message.kind === 'unimplemented'),
  ),
];

function interfaceBytes(id: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(id);
  return bytes;
}

/** A message inside `unimplemented`, in two segments: no pointer in it has to move. */
function wrapped(bytes: Uint8Array): Uint8Array {
  const segment = bytes.subarray(8);
  // Message { which = unimplemented } whose body is the root pointer of the second segment, by a far pointer.
  const head = Buffer.alloc(12 + 4 + 3 * 8);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(3, 4);
  head.writeUInt32LE(segment.length / 8, 8);
  head.writeUInt16LE(1, 16 + 4);
  head.writeUInt16LE(1, 16 + 6);
  head.writeUInt32LE(2, 16 + 16);
  head.writeUInt32LE(1, 16 + 20);
  return Buffer.concat([head, segment]);
}
