import type { Schema } from './capnp-expected.ts';
import { Malformed } from './capnp-model.ts';
import { none, output, TYPES } from './envelope-fields.ts';

/** schemas/envelope.capnp. */
export const ENVELOPE: Schema = {
  knows: (path) => ['', '0', '1', '2'].includes(path),
  read: (root) => {
    const malformed: Malformed[] = [];
    const data = (index: number): Uint8Array => {
      try {
        return root.data(index) ?? none;
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        malformed.push(error);
        return none;
      }
    };
    const msgType = root.number(0, 16);
    const [groupId, senderId, payload] = [data(0), data(1), data(2)];
    const isId = ({ length }: Uint8Array): boolean => length === 0 || length === 32;
    return {
      output: output({ msgType, groupId, senderId, payload, timestampMs: root.bits(64, 64) }),
      errors: [
        ...(msgType < TYPES.length ? [] : ['msg-type']),
        ...(isId(groupId) ? [] : ['group-id']),
        ...(isId(senderId) ? [] : ['sender-id']),
      ],
    };
  },
};
