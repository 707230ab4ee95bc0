/**
 * What went wrong in this package, for machines:
 * `HYBRID_PUBLIC_KEY` a hybrid public key of another length than 1,216 bytes, or one that FIPS 203 refuses ·
 * `HYBRID_SEED` a hybrid seed of another length than 96 bytes ·
 * `HYBRID_LOW_ORDER` an X25519 key of low order: the shared secret would be known to everybody ·
 * `HYBRID_VERSION` a hybrid envelope of a version that is not known here ·
 * `HYBRID_SHORT` a hybrid envelope that is cut off ·
 * `HYBRID_TAG` a hybrid envelope that was changed, or is for another key ·
 * `DISPOSED` a key that has been wiped.
 */
export type CoreErrorCode =
  | 'HYBRID_PUBLIC_KEY'
  | 'HYBRID_SEED'
  | 'HYBRID_LOW_ORDER'
  | 'HYBRID_VERSION'
  | 'HYBRID_SHORT'
  | 'HYBRID_TAG'
  | 'DISPOSED';

/** The one error of this package. Neither message nor cause holds a secret, or what was encrypted. */
export class CoreError extends Error {
  readonly code: CoreErrorCode;

  constructor(code: CoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CoreError';
    this.code = code;
  }
}
