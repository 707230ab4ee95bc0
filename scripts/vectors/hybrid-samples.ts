import { bytesOf } from './file.ts';
import { bob, choicesOf, seal } from './hybrid-scheme.ts';

/** What most cases encrypt, 24 bytes. */
export const plaintext = bytesOf('hybrid plaintext', 24);
/** A right envelope for Bob, which cases change. */
export const sample = seal(bob.publicKey, plaintext, choicesOf('hybrid sample'));

/** Of plaintexts, in bytes. */
export const LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 255, 1024];
