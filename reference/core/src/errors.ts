/**
 * What went wrong, for programs:
 *
 * identities: `SEED_LENGTH` a seed is not 32 bytes · `DISPOSED` a key that has been wiped
 *
 * hybrid envelopes: `HYBRID_PUBLIC_KEY` a hybrid public key of another length than 1,216 bytes, or one that FIPS 203 refuses ·
 * `HYBRID_SEED` a hybrid seed of another length than 96 bytes · `HYBRID_LOW_ORDER` an X25519 key of low order: the shared
 * secret would be known to everybody · `HYBRID_VERSION` a version that is not known here · `HYBRID_SHORT` it is cut off ·
 * `HYBRID_TAG` it was changed, or is for another key
 *
 * KeyPackages: `KEY_PACKAGE_INVALID` malformed, of another suite, or a signature or credential is wrong ·
 * `KEY_PACKAGE_LIFETIME` not valid now, or for too long · `IDENTITY_MISMATCH` it is somebody else's
 *
 * groups: `NO_GROUP` none created or joined yet · `IN_GROUP` there is one already · `REMOVED` this member was removed ·
 * `NOT_MEMBER`, `ALREADY_MEMBER` the identity to remove or add · `WELCOME_INVALID` malformed or untrue ·
 * `WELCOME_NOT_FOR_US` none of our KeyPackages is in it · `PENDING_COMMIT` confirm or discard the last commit first ·
 * `STALE_COMMIT` the group went on without it · `PENDING_PROPOSALS` commit what others proposed before sending ·
 * `PLAINTEXT_TOO_LONG` over MAX_PLAINTEXT_LEN
 *
 * messages: `MESSAGE_MALFORMED` · `MESSAGE_REFUSED` a kind or content that is never accepted · `WRONG_GROUP` ·
 * `FUTURE_EPOCH` a commit before it is missing: keep it and try later · `PAST_EPOCH` older than the epochs that are kept ·
 * `MESSAGE_USED` its key was used already: a replay, or so late that the key is gone · `OWN_MESSAGE` ·
 * `MESSAGE_INVALID` it does not decrypt or verify
 *
 * stored bytes: `STATE_MALFORMED` · `STORE_MALFORMED` · `PASSPHRASE_REQUIRED` · `PASSPHRASE_WRONG` (or the file is damaged) ·
 * `STORE_IO`
 *
 * `INTERNAL` a fault of this package
 */
export type CoreErrorCode =
  | 'SEED_LENGTH'
  | 'DISPOSED'
  | 'HYBRID_PUBLIC_KEY'
  | 'HYBRID_SEED'
  | 'HYBRID_LOW_ORDER'
  | 'HYBRID_VERSION'
  | 'HYBRID_SHORT'
  | 'HYBRID_TAG'
  | 'KEY_PACKAGE_INVALID'
  | 'KEY_PACKAGE_LIFETIME'
  | 'IDENTITY_MISMATCH'
  | 'NO_GROUP'
  | 'IN_GROUP'
  | 'REMOVED'
  | 'NOT_MEMBER'
  | 'ALREADY_MEMBER'
  | 'WELCOME_INVALID'
  | 'WELCOME_NOT_FOR_US'
  | 'PENDING_COMMIT'
  | 'STALE_COMMIT'
  | 'PENDING_PROPOSALS'
  | 'PLAINTEXT_TOO_LONG'
  | 'MESSAGE_MALFORMED'
  | 'MESSAGE_REFUSED'
  | 'WRONG_GROUP'
  | 'FUTURE_EPOCH'
  | 'PAST_EPOCH'
  | 'MESSAGE_USED'
  | 'OWN_MESSAGE'
  | 'MESSAGE_INVALID'
  | 'STATE_MALFORMED'
  | 'STORE_MALFORMED'
  | 'PASSPHRASE_REQUIRED'
  | 'PASSPHRASE_WRONG'
  | 'STORE_IO'
  | 'INTERNAL';

/** The one error of this package. Its message says what to do; neither message nor cause holds a secret, or what was encrypted. */
export class CoreError extends Error {
  /** What went wrong; each code is explained at CoreErrorCode. */
  readonly code: CoreErrorCode;

  constructor(code: CoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CoreError';
    this.code = code;
  }
}
