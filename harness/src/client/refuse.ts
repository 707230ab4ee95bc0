import { type ErrorCode, formatReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';

/** Refuses a call. @throws RpcException */
export function refuse(code: ErrorCode, text: string): never {
  throw new RpcException('failed', formatReason(code, text));
}
