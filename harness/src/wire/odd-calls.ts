import { nodeService } from '@quicnprotochat/proto';
import { buildContent, type CallMessage } from '@quicnprotochat/rpc';
import { DataList, ObjectSize, type Pointer, Struct, Uint64List, utils } from 'capnp-es';
import { call } from './messages.ts';
import { named } from './named.ts';
import type { WireScenario } from './scenario.ts';

const ROOM = 16_384;

/** Writes a struct of that size as parameters. */
function struct(dataBytes: number, pointers: number, fill: (root: Struct) => void): Uint8Array {
  return buildContent(ROOM, (pointer: Pointer) => {
    const root = new Struct(pointer.segment, pointer.byteOffset);
    utils.initStruct(new ObjectSize(dataBytes, pointers), root);
    fill(root);
  });
}

const setData = (root: Struct, index: number, bytes: Uint8Array): void => {
  if (bytes.length > 0) utils.initData(index, bytes.length, root).copyBuffer(bytes);
};

/** The struct in a pointer field, of any size. */
function setAuth(root: Struct, index: number, dataBytes: number, pointers: number, { sending }: WireScenario): void {
  const slot = utils.getPointer(index, root);
  const auth = new Struct(slot.segment, slot.byteOffset);
  utils.initStruct(new ObjectSize(dataBytes, pointers), auth);
  utils.setUint16(0, sending.auth.version, auth);
  setData(auth, 0, sending.auth.accessToken);
  setData(auth, 1, sending.auth.deviceId);
}

/** Parameters of enqueue, to Alice from Bob, but for what `change` does to them. */
function enqueue(
  scenario: WireScenario,
  dataBytes: number,
  pointers: number,
  change: (root: Struct) => void,
  skip: number[] = [],
): Uint8Array {
  return struct(dataBytes, pointers, (root) => {
    const { queue } = scenario;
    if (dataBytes > 0) utils.setUint16(0, 1, root);
    if (!skip.includes(0)) setData(root, 0, queue.recipientKey);
    if (!skip.includes(1)) setData(root, 1, new Uint8Array([1, 2, 3]));
    if (pointers > 3 && !skip.includes(3)) setAuth(root, 3, 8, 2, scenario);
    change(root);
  });
}

/** Parameters of enqueue in which one field is absent, or there and empty. */
function without(scenario: WireScenario, field: string, isThere: boolean): Uint8Array {
  const { accessToken, deviceId } = scenario.sending.auth;
  if (field === 'deviceId' && deviceId.length > 0) scenario.world.skip('the account is bound to a device');
  const empty = (index: number, parent: Struct): void => {
    if (isThere) utils.initData(index, 0, parent);
  };
  return enqueue(
    scenario,
    8,
    4,
    (root) => {
      if (field === 'channelId') empty(2, root);
      if (field === 'payload') empty(1, root);
      const slot = utils.getPointer(3, root);
      const auth = new Struct(slot.segment, slot.byteOffset);
      utils.initStruct(new ObjectSize(8, 2), auth);
      utils.setUint16(0, scenario.sending.auth.version, auth);
      if (field === 'accessToken') empty(0, auth);
      else setData(auth, 0, accessToken);
      if (field === 'deviceId') empty(1, auth);
      else setData(auth, 1, deviceId);
    },
    field === 'payload' ? [1, 3] : [3],
  );
}

/** Calls whose parameters are not of the size or shape of the schema, by the names that features use. */
const ODD: Readonly<
  Record<string, (scenario: WireScenario) => { method: { methodId: number }; content: Uint8Array | undefined }>
> = {
  'enqueue with a longer struct': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 32, 7, (root) => {
      utils.setUint64(24, 0xdeadbeefn, root);
      setData(root, 6, new Uint8Array(100).fill(9));
    }),
  }),
  'enqueue with a longer auth': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 4, (root) => setAuth(root, 3, 24, 5, scenario), [3]),
  }),
  'health with parameters that it does not have': () => ({
    method: nodeService.health,
    content: struct(16, 2, (root) => setData(root, 1, new Uint8Array(50))),
  }),
  'health without parameters': () => ({ method: nodeService.health, content: undefined }),
  'enqueue without its data section': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 0, 4, () => {}),
  }),
  'enqueue without its last pointer': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 3, () => {}),
  }),
  'fetchKeyPackage without parameters': () => ({ method: nodeService.fetchKeyPackage, content: undefined }),
  ...Object.fromEntries(
    ['channelId', 'deviceId', 'payload', 'accessToken'].flatMap((field) =>
      [false, true].map((isThere) => [
        `enqueue with an ${isThere ? 'empty' : 'absent'} ${field}`,
        (scenario: WireScenario) => ({ method: nodeService.enqueue, content: without(scenario, field, isThere) }),
      ]),
    ),
  ),
  'enqueue with numbers as payload': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 4, (root) => void utils.initList(1, Uint64List, 3, root), [1]),
  }),
  'enqueue with a list of data as payload': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 4, (root) => void utils.initList(1, DataList, 3, root), [1]),
  }),
  'enqueue with a struct as payload': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 4, (root) => setAuth(root, 1, 8, 2, scenario), [1]),
  }),
  'enqueue with numbers as recipientKey': (scenario) => ({
    method: nodeService.enqueue,
    content: enqueue(scenario, 8, 4, (root) => void utils.initList(0, Uint64List, 4, root), [0]),
  }),
};

/** @throws TypeError for a name that is not there: a fault of the feature */
export function oddCall(name: string, questionId: number, scenario: WireScenario): CallMessage {
  const { method, content } = named(ODD, name)(scenario);
  const message = call(questionId, nodeService.health, {});
  return { ...message, methodId: method.methodId, params: { content, capTable: [] } };
}
