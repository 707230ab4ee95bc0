import { type ErrorCode, formatReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';

/** What a method fails with: `E0NN: NAME: text`, as an exception of type `failed` (spec: ERR). */
export class NodeServiceError extends RpcException {
  /** `E0NN`, as it stands at the beginning of the reason (spec: ERR-001). */
  readonly code: ErrorCode;

  /** @param text for people; never a token, key or payload */
  constructor(code: ErrorCode, text: string, options?: ErrorOptions) {
    super('failed', formatReason(code, text), options);
    this.name = 'NodeServiceError';
    this.code = code;
  }
}
