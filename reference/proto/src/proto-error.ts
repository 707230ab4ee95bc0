/**
 * What was wrong with bytes or values at the edge of this package:
 * `FRAME` segment table or length · `POINTER` a pointer out of bounds or of a reserved kind ·
 * `FIELD` a field of another type than the schema's · `RANGE` a value that the wire type or the spec does not allow.
 */
export type ProtoErrorCode = 'FRAME' | 'POINTER' | 'FIELD' | 'RANGE';

/** The one error of this package. The message names the place, never the bytes. */
export class ProtoError extends Error {
  /** Which rule was broken. */
  readonly code: ProtoErrorCode;

  constructor(code: ProtoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtoError';
    this.code = code;
  }
}
