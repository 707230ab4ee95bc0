export { fromBytes, toBytes } from './bytes.ts';
export { buildEnvelope, MsgType, type ParsedEnvelope, parseEnvelope } from './envelope.ts';
export { ERROR_CODES, type ErrorCode, formatReason, parseReason } from './errors.ts';
export {
  AUTHENTICATION_SERVICE_ID,
  authenticationService,
  DELIVERY_SERVICE_ID,
  deliveryService,
} from './legacy-services.ts';
export * from './limits.ts';
export type { MethodCodec, ParamsOf, ResultsOf } from './method.ts';
export { type Auth, type Delivery, NODE_SERVICE_ID, type NodeServiceMethod, nodeService } from './node-service.ts';
export { ProtoError, type ProtoErrorCode } from './proto-error.ts';
