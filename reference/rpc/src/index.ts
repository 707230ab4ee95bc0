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
export type {
  CallMessage,
  CapDescriptor,
  DisembargoMessage,
  MessageTarget,
  Payload,
  PromisedAnswer,
  ResolveMessage,
  ReturnMessage,
  ReturnValue,
  RpcExceptionValue,
  RpcMessage,
} from './message.ts';
export type { Method } from './method.ts';
export { decodePointer, decodeTag, type Target } from './pointer.ts';
export { readMessage } from './read-message.ts';
export {
  type BoundMethod,
  bind,
  type Dispatch,
  type Handler,
  type RpcServerSession,
  type ServeOptions,
  serveVat,
} from './server.ts';
export type { PointerPlace } from './view.ts';
export { capnpPointer } from './view.ts';
export { writeMessage } from './write-message.ts';
