export type { Content } from './builder.ts';
export { buildContent } from './builder.ts';
export type { ByteStream } from './byte-stream.ts';
export { checkFrame } from './check.ts';
export { connectVat, type RpcClient } from './client.ts';
export {
  type ExceptionType,
  ProtocolError,
  RpcException,
  type SessionEnd,
  SessionEndedError,
} from './errors.ts';
export { type Frame, FrameReader, frame, splitFrame } from './frame.ts';
export { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
export {
  type CapDescriptor,
  type MessageTarget,
  type Payload,
  type ReturnValue,
  type RpcMessage,
  readMessage,
  writeMessage,
} from './message.ts';
export type { Method } from './method.ts';
export {
  type BoundMethod,
  bind,
  type Dispatch,
  type Handler,
  type RpcServerSession,
  type ServeOptions,
  serveVat,
} from './server.ts';
