import { capnpPointer, type Payload, type RpcMessage } from '../../src/index.ts';
import { type Probe, probeMethod } from '../support.ts';

function payloadOf(message: RpcMessage): Payload | undefined {
  if (message.kind === 'call') return message.params;
  return message.kind === 'return' && message.value.kind === 'results' ? message.value.payload : undefined;
}

/** Takes the content out of the payload of a message that was read. */
export function takeProbe(message: RpcMessage): Probe | undefined {
  const payload = payloadOf(message);
  if (!payload?.content || payload.content instanceof Uint8Array) return undefined;
  const probe = probeMethod('probe', 0).readParams(capnpPointer(payload.content));
  payload.content = undefined;
  return probe;
}

/** @returns the message, carrying that content */
export function withContent(message: RpcMessage, content: Payload['content']): RpcMessage {
  const copy = structuredClone(message);
  const payload = payloadOf(copy);
  if (payload) payload.content = content;
  return copy;
}
