import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Data, DataList, ListElementSize, Message, ObjectSize, Pointer, Struct, Uint64List, utils } from 'capnp-es';
import { fromBytes, toBytes } from './bytes.ts';
import * as legacyAuth from './generated/auth.ts';
import * as legacyDelivery from './generated/delivery.ts';
import * as node from './generated/node.ts';
import { authenticationService, deliveryService } from './legacy-services.ts';
import type { MethodCodec } from './method.ts';
import { NODE_SERVICE_ID, nodeService } from './node-service.ts';
import { presizedMessage } from './presized-message.ts';
import { ProtoError, type ProtoErrorCode } from './proto-error.ts';

// biome-ignore lint/suspicious/noExplicitAny: the tests walk over every method's own types
type AnyMethod = MethodCodec<any, any>;
type Value = number | bigint | boolean | string | Uint8Array | Value[] | { [key: string]: Value };
type Side = 'Params' | 'Results';

const tables: [
  string,
  Record<string, AnyMethod>,
  Record<string, unknown>,
  readonly { methodName?: string; methodId: number }[],
][] = [
  ['NodeService', nodeService, node, node.NodeService.Client.methods],
  ['AuthenticationService', authenticationService, legacyAuth, legacyAuth.AuthenticationService.Client.methods],
  ['DeliveryService', deliveryService, legacyDelivery, legacyDelivery.DeliveryService.Client.methods],
];

const root = (message: Message): Pointer => new Pointer(message.getSegment(0), 0);
const upperFirst = (name: string): string => name[0]?.toUpperCase() + name.slice(1);

let counter = 0;
/** A value of the same shape as `like`, every leaf different from every other and from the default. */
function distinct(like: Value): Value {
  counter += 1;
  if (typeof like === 'number') return counter;
  if (typeof like === 'bigint') return BigInt(counter) << 33n;
  if (typeof like === 'boolean') return true;
  if (typeof like === 'string') return `text ${counter}`;
  if (like instanceof Uint8Array) return Uint8Array.from({ length: (counter % 13) + 1 }, () => counter);
  if (Array.isArray(like)) throw new Error('lists are made by name');
  return Object.fromEntries(Object.entries(like).map(([key, value]) => [key, listFor(key) ?? distinct(value)]));
}

/** An empty list does not tell what it holds. */
function listFor(name: string): Value[] | undefined {
  if (name === 'recipientKeys' || name === 'identityKeys' || name === 'keys')
    return [new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([3])];
  if (name === 'payloads') return [new Uint8Array([9])];
  if (name === 'seqs') return [1n, 0n, 0xffff_ffff_ffff_ffffn];
  return undefined;
}

/** What the generated class reads. */
function viaGenerated(struct: Struct, like: Value): Value {
  const fields = struct as unknown as Record<string, unknown>;
  return Object.fromEntries(
    Object.keys(like).map((key) => [key, plain(fields[key], (like as Record<string, Value>)[key] as Value)]),
  );
}

function plain(value: unknown, like: Value): Value {
  if (like instanceof Uint8Array) return (value as { toUint8Array(): Uint8Array }).toUint8Array().slice();
  if (Array.isArray(like)) {
    const list = value as { length: number; get(i: number): unknown };
    return Array.from({ length: list.length }, (_, i) => plain(list.get(i), like[i] as Value));
  }
  if (typeof like === 'object') return viaGenerated(value as Struct, like);
  return value as Value;
}

function roundTrip(method: AnyMethod, side: Side, generated: new (...args: never[]) => Struct, value: Value): void {
  const message = presizedMessage(8 + method[`${side === 'Params' ? 'params' : 'results'}Size`](value));
  method[`write${side}`](root(message), value);
  const bytes = toBytes(message);
  const sized = 8 + 8 + method[`${side === 'Params' ? 'params' : 'results'}Size`](value);
  assert.ok(bytes.length <= sized, `${method.name} ${side}: ${bytes.length} bytes, sized as ${sized}`);
  assert.deepEqual(method[`read${side}`](root(fromBytes(bytes))), value, `${method.name} ${side}: codec to codec`);
  const struct = fromBytes(bytes).getRoot(generated as never) as unknown as Struct;
  assert.deepEqual(viaGenerated(struct, value), value, `${method.name} ${side}: codec to generated class`);
}

for (const [service, methods, generated, ids] of tables) {
  test(`${service}: names and ordinals are those of the schema`, () => {
    assert.deepEqual(
      Object.keys(methods),
      ids.map((id) => id.methodName),
    );
    assert.deepEqual(
      Object.values(methods).map((method) => method.methodId),
      ids.map((_, ordinal) => ordinal),
    );
  });

  for (const [name, method] of Object.entries(methods)) {
    test(`${service}.${name}: the codecs agree with the generated classes, field by field`, () => {
      for (const side of ['Params', 'Results'] as const) {
        const structClass = generated[`${service}_${upperFirst(name)}$${side}`] as new (...args: never[]) => Struct;
        const defaults = method[`read${side}`](root(new Message()));
        const getters = Object.getOwnPropertyNames(structClass.prototype).filter(
          (key) => !key.startsWith('_') && key !== 'constructor' && key !== 'toString',
        );
        assert.deepEqual(Object.keys(defaults).sort(), getters.sort(), 'every field of the schema, and no other');
        assert.deepEqual(viaGenerated(new Message().getRoot(structClass as never), defaults), defaults, 'defaults');
        assert.deepEqual(method[`read${side}`](structOf(8, 0)), defaults, 'a struct without pointers');
        const value = distinct(defaults) as Record<string, Value>;
        if ('payloads' in value && service === 'NodeService') {
          value.payloads = [
            { seq: 7n, payload: new Uint8Array([1]) },
            { seq: 1n << 63n, payload: new Uint8Array() },
          ];
        }
        roundTrip(method, side, structClass, value);
        roundTrip(method, side, structClass, defaults);
      }
    });
  }
}

test('NodeService has nineteen methods', () => {
  assert.equal(Object.keys(nodeService).length, 19);
  assert.equal(NODE_SERVICE_ID, node.NodeService.Client.interfaceId);
});

/** A struct as a peer with another struct size writes it. */
function structOf(dataBytes: number, pointers: number, fill: (struct: Struct) => void = () => {}): Pointer {
  const message = new Message();
  const struct = new Struct(message.getSegment(0), 0);
  utils.initStruct(new ObjectSize(dataBytes, pointers), struct);
  fill(struct);
  return root(fromBytes(toBytes(message)));
}

test('a shorter struct of an older schema reads as defaults', () => {
  const content = structOf(0, 1, (struct) => utils.initData(0, 3, struct).copyBuffer(new Uint8Array([1, 2, 3])));
  assert.deepEqual(nodeService.enqueue.readParams(content), {
    recipientKey: new Uint8Array([1, 2, 3]),
    payload: new Uint8Array(),
    channelId: new Uint8Array(),
    version: 0,
    auth: { version: 0, accessToken: new Uint8Array(), deviceId: new Uint8Array() },
  });
});

test('a longer struct of a newer schema is read, its extra fields ignored', () => {
  const content = structOf(24, 6, (struct) => {
    utils.setUint16(0, 1, struct);
    utils.setUint64(16, 99n, struct);
    utils.initData(5, 2, struct);
    utils.initData(1, 1, struct).copyBuffer(new Uint8Array([5]));
  });
  const params = nodeService.enqueue.readParams(content);
  assert.equal(params.version, 1);
  assert.deepEqual(params.payload, new Uint8Array([5]));
});

test('elements of a list may be shorter than the schema says', () => {
  const message = new Message();
  const struct = new Struct(message.getSegment(0), 0);
  utils.initStruct(new ObjectSize(0, 1), struct);
  const list = utils.getPointer(0, struct);
  // A list of two structs with no data section and one pointer each.
  const content = list.segment.allocate(8 + 16);
  const placed = utils.initPointer(content.segment, content.byteOffset, list);
  utils.setListPointer(placed.offsetWords, ListElementSize.COMPOSITE, 2, placed.pointer, new ObjectSize(0, 1));
  utils.setStructPointer(2, new ObjectSize(0, 1), content);
  utils.initData(0, 1, new Struct(list.segment, list.byteOffset, undefined, 1)).copyBuffer(new Uint8Array([42]));
  const { payloads } = nodeService.fetch.readResults(root(fromBytes(toBytes(message))));
  assert.deepEqual(payloads, [
    { seq: 0n, payload: new Uint8Array() },
    { seq: 0n, payload: new Uint8Array([42]) },
  ]);
});

const wrongKinds: [string, (struct: Struct) => void][] = [
  [
    'a struct',
    (struct) =>
      utils.initStruct(
        new ObjectSize(8, 0),
        new Struct(utils.getPointer(1, struct).segment, utils.getPointer(1, struct).byteOffset),
      ),
  ],
  ['a List(UInt64)', (struct) => utils.initList(1, Uint64List, 2, struct)],
  ['a List(Data)', (struct) => utils.initList(1, DataList, 2, struct)],
];
for (const [kind, fill] of wrongKinds) {
  test(`a Data field that holds ${kind} is refused`, () => {
    assert.throws(
      () => nodeService.enqueue.readParams(structOf(8, 4, fill)),
      (error) => error instanceof ProtoError && error.code === 'FIELD',
    );
  });
}

const fails = (code: ProtoErrorCode, message: RegExp) => ({ name: 'ProtoError', code, message });

test('a struct field that holds Data is refused, and so are parameters that are a list', () => {
  const isNoStruct = fails('FIELD', /is not a struct/);
  assert.throws(
    () => nodeService.enqueue.readParams(structOf(8, 4, (struct) => utils.initData(3, 8, struct))),
    isNoStruct,
  );
  const message = new Message();
  const list = new Data(message.getSegment(0), 0);
  const content = list.segment.allocate(8);
  utils.setListPointer(utils.initPointer(content.segment, content.byteOffset, list).offsetWords, 2, 8, list);
  assert.throws(() => nodeService.enqueue.readParams(root(fromBytes(toBytes(message)))), isNoStruct);
});

test('a field of another kind is refused by the name of its own', () => {
  const holdsData = structOf(0, 1, (struct) => utils.initData(0, 8, struct));
  const holdsList = structOf(0, 1, (struct) => utils.initList(0, Uint64List, 2, struct));
  assert.throws(() => nodeService.fetchKeyPackage.readResults(holdsList), fails('FIELD', /^a Data field/));
  assert.throws(() => nodeService.health.readResults(holdsList), fails('FIELD', /^a Text field/));
  assert.throws(() => nodeService.fetchHybridKeys.readResults(holdsData), fails('FIELD', /^a List\(Data\) field/));
  assert.throws(() => nodeService.batchEnqueue.readResults(holdsData), fails('FIELD', /^a List\(UInt64\) field/));
  assert.throws(() => nodeService.fetch.readResults(holdsData), fails('FIELD', /^a list of structs field/));
});

test('Text must end in NUL and be UTF-8', () => {
  const status = (bytes: number[]) =>
    nodeService.health.readResults(
      structOf(0, 1, (struct) => utils.initData(0, bytes.length, struct).copyBuffer(new Uint8Array(bytes))),
    ).status;
  assert.equal(status([0x6f, 0x6b, 0]), 'ok');
  assert.equal(status([0xef, 0xbb, 0xbf, 0x6f, 0x6b, 0]), '\ufeffok', 'no character is lost');
  assert.throws(() => status([0x6f, 0x6b]), fails('FIELD', /no NUL/));
  assert.throws(() => status([0xff, 0]), fails('FIELD', /not UTF-8/));
});

const auth = { version: 1, accessToken: new Uint8Array(), deviceId: new Uint8Array() };
const queue = { recipientKey: new Uint8Array(), channelId: new Uint8Array(), version: 1, auth };

test('values that the wire type cannot hold are refused, not wrapped', () => {
  const { fetch, ack, batchEnqueue } = nodeService;
  for (const version of [70_000, 0x1_0000, -1, 0.5, Number.NaN]) {
    const params = { ...queue, version, limit: 0 };
    assert.throws(() => fetch.writeParams(root(new Message()), params), fails('RANGE', /is not in 0 … 65535/));
  }
  const isRange = fails('RANGE', /^4294967296 is not in 0 … 4294967295/);
  assert.throws(() => fetch.writeParams(root(new Message()), { ...queue, limit: 2 ** 32 }), isRange);
  const isUint64 = fails('RANGE', /is not a UInt64/);
  for (const seqUpTo of [-1n, 1n << 64n]) {
    assert.throws(() => ack.writeParams(root(new Message()), { ...queue, seqUpTo }), isUint64);
  }
  assert.throws(() => batchEnqueue.writeResults(root(new Message()), { seqs: [1n << 64n] }), isUint64);
});

test('the greatest values of each wire type are carried', () => {
  const params = { ...queue, version: 0xffff, limit: 0xffff_ffff, timeoutMs: 0xffff_ffff_ffff_ffffn };
  const content = root(new Message());
  nodeService.fetchWait.writeParams(content, params);
  assert.deepEqual(nodeService.fetchWait.readParams(content), params);
});
