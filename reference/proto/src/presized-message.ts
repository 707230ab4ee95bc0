import { Message } from 'capnp-es';

/**
 * A message with room for `bytes` from the start: the arena of capnp-es grows in small steps, copying each time.
 * The field is internal to capnp-es, whose version is pinned; this is the one place that touches it.
 */
export function presizedMessage(bytes: number): Message {
  const message = new Message();
  const arena = (message as unknown as { _capnp: { arena: { buffer?: ArrayBuffer } } })._capnp.arena;
  arena.buffer = new ArrayBuffer((bytes + 15) & ~7);
  return message;
}
