import { NODE_SERVICE_ID, type NodeServiceMethod, nodeService } from '@quicnprotochat/proto';
import { type Layout, layoutOf } from './layout.ts';

const Auth = layoutOf('version:u16@0 accessToken:data@0 deviceId:data@1');
const Delivery = layoutOf('seq:u64@0 payload:data@0');
const queue = 'recipientKey:data@0 channelId:data@1 version:u16@0 auth:Auth@2';
const deliveries = 'payloads:[Delivery]@0';

/** Where the parameters and results of each method lie (schemas/node.capnp); a test holds them against the codecs. */
const METHODS: Record<NodeServiceMethod, [params: string, results: string]> = {
  uploadKeyPackage: ['identityKey:data@0 package:data@1 auth:Auth@2', 'fingerprint:data@0'],
  fetchKeyPackage: ['identityKey:data@0 auth:Auth@1', 'package:data@0'],
  enqueue: ['recipientKey:data@0 payload:data@1 channelId:data@2 version:u16@0 auth:Auth@3', 'seq:u64@0'],
  fetch: [`${queue} limit:u32@4`, deliveries],
  fetchWait: [`${queue} timeoutMs:u64@8 limit:u32@4`, deliveries],
  health: ['', 'status:text@0'],
  uploadHybridKey: ['identityKey:data@0 hybridPublicKey:data@1 auth:Auth@2', ''],
  fetchHybridKey: ['identityKey:data@0 auth:Auth@1', 'hybridPublicKey:data@0'],
  publishEndpoint: ['identityKey:data@0 nodeAddr:data@1 auth:Auth@2', ''],
  resolveEndpoint: ['identityKey:data@0 auth:Auth@1', 'nodeAddr:data@0'],
  opaqueRegisterStart: ['username:text@0 request:data@1', 'response:data@0'],
  opaqueRegisterFinish: ['username:text@0 upload:data@1 identityKey:data@2', 'success:bool@0'],
  opaqueLoginStart: ['username:text@0 request:data@1', 'response:data@0'],
  opaqueLoginFinish: ['username:text@0 finalization:data@1 identityKey:data@2', 'sessionToken:data@0'],
  peek: [`${queue} limit:u32@4`, deliveries],
  ack: [`${queue} seqUpTo:u64@8`, ''],
  fetchHybridKeys: ['identityKeys:datas@0 auth:Auth@1', 'keys:datas@0'],
  batchEnqueue: ['recipientKeys:datas@0 payload:data@1 channelId:data@2 version:u16@0 auth:Auth@3', 'seqs:u64s@0'],
  createChannel: ['peerKey:data@0 auth:Auth@1', 'channelId:data@0'],
};

/** Lengths in bytes that the specification fixes for what a server returns. */
export const RESULT_LENGTHS: Record<string, readonly number[]> = {
  fingerprint: [32],
  hybridPublicKey: [0, 1216],
  sessionToken: [32],
  channelId: [16],
};

export interface MethodLayout {
  name: NodeServiceMethod;
  params: Layout;
  results: Layout;
}

const structs = { Auth, Delivery };
const byOrdinal = new Map(
  (Object.keys(METHODS) as NodeServiceMethod[]).map((name): [number, MethodLayout] => {
    const [params, results] = METHODS[name];
    const layout = { name, params: layoutOf(params, structs), results: layoutOf(results, structs) };
    return [nodeService[name].methodId, layout];
  }),
);

/** @returns the method, or undefined when NodeService has none of that number */
export const methodLayout = (interfaceId: bigint, methodId: number): MethodLayout | undefined =>
  interfaceId === NODE_SERVICE_ID ? byOrdinal.get(methodId) : undefined;
