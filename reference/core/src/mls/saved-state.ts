import { type ClientState, decodeGroupState, encodeGroupState } from '../../vendor/ts-mls/index.js';
import { CoreError } from '../errors.ts';
import { clientConfig } from './config.ts';
import { decodeWhole } from './wire.ts';

/** A commit that was made and neither confirmed nor discarded. */
export interface StoredCommit {
  /** The state once it is confirmed. */
  next: ClientState;
  /** An MLSMessage, `00 01 00 02`. */
  commit: Uint8Array;
  /** An MLSMessage, `00 01 00 03`, when somebody was added. */
  welcome: Uint8Array | undefined;
}

/** What a member keeps of its group. */
export interface SavedState {
  state: ClientState;
  pending: StoredCommit | undefined;
}

const VERSION = 1;
const HEADER = 'QMLS';

/**
 * Writes a state, secret but for the signing key, which is not in it:
 *
 *     offset  length  field
 *     0       4       "QMLS"
 *     4       1       version, 1
 *     5       4 + n   group state of ts-mls 1.6.4
 *     …       4 + n   group state once the pending commit is confirmed; n = 0 without one
 *     …       4 + n   that commit, an MLSMessage
 *     …       4 + n   its Welcome, an MLSMessage; n = 0 without one
 *
 * with big-endian lengths of 4 bytes.
 */
export function encodeState({ state, pending }: SavedState): Uint8Array {
  const none = new Uint8Array();
  const parts = [
    encodeGroupState(state),
    pending ? encodeGroupState(pending.next) : none,
    pending?.commit ?? none,
    pending?.welcome ?? none,
  ];
  const out = new Uint8Array(5 + parts.reduce((sum, part) => sum + 4 + part.length, 0));
  out.set(new TextEncoder().encode(HEADER));
  out[4] = VERSION;
  const view = new DataView(out.buffer);
  let offset = 5;
  for (const part of parts) {
    view.setUint32(offset, part.length);
    out.set(part, offset + 4);
    offset += 4 + part.length;
  }
  parts[0]?.fill(0);
  parts[1]?.fill(0);
  return out;
}

/** @throws CoreError `STATE_MALFORMED` */
export function decodeState(bytes: Uint8Array): SavedState {
  const malformed = (what: string): never => {
    throw new CoreError('STATE_MALFORMED', `the stored group ${what}`);
  };
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 4)) !== HEADER) malformed('is none');
  if (bytes[4] !== VERSION) malformed(`has the version ${bytes[4]}; this program reads ${VERSION}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 5;
  const part = (): Uint8Array => {
    const start = offset + 4;
    const end = start <= bytes.length ? start + view.getUint32(offset) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) malformed('is cut off');
    offset = end;
    return Uint8Array.from(bytes.subarray(start, end));
  };
  const [state, next, commit, welcome] = [part(), part(), part(), part()];
  if (offset !== bytes.length) malformed('has bytes too many');
  return {
    state: group(state),
    pending:
      next.length === 0 ? undefined : { next: group(next), commit, welcome: welcome.length ? welcome : undefined },
  };
}

const group = (bytes: Uint8Array): ClientState => ({
  ...decodeWhole(decodeGroupState, bytes, 'STATE_MALFORMED'),
  clientConfig,
});
