/** Bytes of an MLS plaintext at most (spec: MLS). */
export const MAX_PLAINTEXT_LEN = 65_535;
/** Epochs before the present one whose messages can still be read. */
export const PAST_EPOCHS = 3;
/** Skipped messages of one sender and epoch whose keys are kept, for those that come late. */
export const MAX_SKIPPED_KEPT = 32;
/** How many messages of one sender may be missing before the next that is read. */
export const MAX_SKIPPED = 1_000;
/** A new KeyPackage is valid from an hour ago (clocks differ) … */
export const KEY_PACKAGE_BACKDATE_SECONDS = 3_600;
/** … for 84 days. */
export const KEY_PACKAGE_LIFETIME_SECONDS = 84 * 86_400;
/** The longest span, in seconds, that a KeyPackage of others may be valid (RFC 9420, 7.2): 366 days. */
export const MAX_LIFETIME_SECONDS = 366 * 86_400;
/** How long the private parts of an expired KeyPackage are kept for a Welcome that is still on its way: 30 days. */
export const EXPIRED_KEPT_SECONDS = 30 * 86_400;
