import { bool, data, dataList, struct, structList, text, uint16, uint32, uint64, uint64List } from './codec/fields.ts';
import { structCodec } from './codec/struct.ts';
import * as node from './generated/node.ts';
import { method } from './method.ts';

/** Interface id of NodeService (schemas/node.capnp). */
export const NODE_SERVICE_ID: bigint = node.NodeService.Client.interfaceId;

const authCodec = structCodec(node.Auth, { version: uint16(0), accessToken: data(0), deviceId: data(1) });
const deliveryCodec = structCodec(node.Delivery, { seq: uint64(0), payload: data(0) });

/** `Auth` of node.capnp: version 0 = no token, 1 = accessToken; deviceId at most 64 bytes. */
export type Auth = ReturnType<typeof authCodec.defaults>;
/** `Delivery` of node.capnp: one queued message with its sequence number. */
export type Delivery = ReturnType<typeof deliveryCodec.defaults>;

const auth = (index: number) => struct(index, authCodec);
const deliveries = structList(0, deliveryCodec);
const queueFields = { recipientKey: data(0), channelId: data(1), version: uint16(0), auth: auth(2) };

/** The methods of NodeService by name; the ordinals are those of the schema. */
export const nodeService = {
  uploadKeyPackage: method(
    NODE_SERVICE_ID,
    0,
    'uploadKeyPackage',
    structCodec(node.NodeService_UploadKeyPackage$Params, { identityKey: data(0), package: data(1), auth: auth(2) }),
    structCodec(node.NodeService_UploadKeyPackage$Results, { fingerprint: data(0) }),
  ),
  fetchKeyPackage: method(
    NODE_SERVICE_ID,
    1,
    'fetchKeyPackage',
    structCodec(node.NodeService_FetchKeyPackage$Params, { identityKey: data(0), auth: auth(1) }),
    structCodec(node.NodeService_FetchKeyPackage$Results, { package: data(0) }),
  ),
  enqueue: method(
    NODE_SERVICE_ID,
    2,
    'enqueue',
    structCodec(node.NodeService_Enqueue$Params, {
      recipientKey: data(0),
      payload: data(1),
      channelId: data(2),
      version: uint16(0),
      auth: auth(3),
    }),
    structCodec(node.NodeService_Enqueue$Results, { seq: uint64(0) }),
  ),
  fetch: method(
    NODE_SERVICE_ID,
    3,
    'fetch',
    structCodec(node.NodeService_Fetch$Params, { ...queueFields, limit: uint32(4) }),
    structCodec(node.NodeService_Fetch$Results, { payloads: deliveries }),
  ),
  fetchWait: method(
    NODE_SERVICE_ID,
    4,
    'fetchWait',
    structCodec(node.NodeService_FetchWait$Params, { ...queueFields, timeoutMs: uint64(8), limit: uint32(4) }),
    structCodec(node.NodeService_FetchWait$Results, { payloads: deliveries }),
  ),
  health: method(
    NODE_SERVICE_ID,
    5,
    'health',
    structCodec(node.NodeService_Health$Params, {}),
    structCodec(node.NodeService_Health$Results, { status: text(0) }),
  ),
  uploadHybridKey: method(
    NODE_SERVICE_ID,
    6,
    'uploadHybridKey',
    structCodec(node.NodeService_UploadHybridKey$Params, {
      identityKey: data(0),
      hybridPublicKey: data(1),
      auth: auth(2),
    }),
    structCodec(node.NodeService_UploadHybridKey$Results, {}),
  ),
  fetchHybridKey: method(
    NODE_SERVICE_ID,
    7,
    'fetchHybridKey',
    structCodec(node.NodeService_FetchHybridKey$Params, { identityKey: data(0), auth: auth(1) }),
    structCodec(node.NodeService_FetchHybridKey$Results, { hybridPublicKey: data(0) }),
  ),
  publishEndpoint: method(
    NODE_SERVICE_ID,
    8,
    'publishEndpoint',
    structCodec(node.NodeService_PublishEndpoint$Params, { identityKey: data(0), nodeAddr: data(1), auth: auth(2) }),
    structCodec(node.NodeService_PublishEndpoint$Results, {}),
  ),
  resolveEndpoint: method(
    NODE_SERVICE_ID,
    9,
    'resolveEndpoint',
    structCodec(node.NodeService_ResolveEndpoint$Params, { identityKey: data(0), auth: auth(1) }),
    structCodec(node.NodeService_ResolveEndpoint$Results, { nodeAddr: data(0) }),
  ),
  opaqueRegisterStart: method(
    NODE_SERVICE_ID,
    10,
    'opaqueRegisterStart',
    structCodec(node.NodeService_OpaqueRegisterStart$Params, { username: text(0), request: data(1) }),
    structCodec(node.NodeService_OpaqueRegisterStart$Results, { response: data(0) }),
  ),
  opaqueRegisterFinish: method(
    NODE_SERVICE_ID,
    11,
    'opaqueRegisterFinish',
    structCodec(node.NodeService_OpaqueRegisterFinish$Params, {
      username: text(0),
      upload: data(1),
      identityKey: data(2),
    }),
    structCodec(node.NodeService_OpaqueRegisterFinish$Results, { success: bool(0) }),
  ),
  opaqueLoginStart: method(
    NODE_SERVICE_ID,
    12,
    'opaqueLoginStart',
    structCodec(node.NodeService_OpaqueLoginStart$Params, { username: text(0), request: data(1) }),
    structCodec(node.NodeService_OpaqueLoginStart$Results, { response: data(0) }),
  ),
  opaqueLoginFinish: method(
    NODE_SERVICE_ID,
    13,
    'opaqueLoginFinish',
    structCodec(node.NodeService_OpaqueLoginFinish$Params, {
      username: text(0),
      finalization: data(1),
      identityKey: data(2),
    }),
    structCodec(node.NodeService_OpaqueLoginFinish$Results, { sessionToken: data(0) }),
  ),
  peek: method(
    NODE_SERVICE_ID,
    14,
    'peek',
    structCodec(node.NodeService_Peek$Params, { ...queueFields, limit: uint32(4) }),
    structCodec(node.NodeService_Peek$Results, { payloads: deliveries }),
  ),
  ack: method(
    NODE_SERVICE_ID,
    15,
    'ack',
    structCodec(node.NodeService_Ack$Params, { ...queueFields, seqUpTo: uint64(8) }),
    structCodec(node.NodeService_Ack$Results, {}),
  ),
  fetchHybridKeys: method(
    NODE_SERVICE_ID,
    16,
    'fetchHybridKeys',
    structCodec(node.NodeService_FetchHybridKeys$Params, { identityKeys: dataList(0), auth: auth(1) }),
    structCodec(node.NodeService_FetchHybridKeys$Results, { keys: dataList(0) }),
  ),
  batchEnqueue: method(
    NODE_SERVICE_ID,
    17,
    'batchEnqueue',
    structCodec(node.NodeService_BatchEnqueue$Params, {
      recipientKeys: dataList(0),
      payload: data(1),
      channelId: data(2),
      version: uint16(0),
      auth: auth(3),
    }),
    structCodec(node.NodeService_BatchEnqueue$Results, { seqs: uint64List(0) }),
  ),
  createChannel: method(
    NODE_SERVICE_ID,
    18,
    'createChannel',
    structCodec(node.NodeService_CreateChannel$Params, { peerKey: data(0), auth: auth(1) }),
    structCodec(node.NodeService_CreateChannel$Results, { channelId: data(0) }),
  ),
} as const;

/** `uploadKeyPackage` … `createChannel`. */
export type NodeServiceMethod = keyof typeof nodeService;
