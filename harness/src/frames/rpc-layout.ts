import { type Layout, layoutOf, type UnionMember } from './layout.ts';

// The structs of rpc.capnp that a session of level 1 uses. Members of unions stand in the order of their discriminants.

const names = (...list: string[]): UnionMember[] => list.map((name) => ({ name }));

const exception: Layout = {
  data: [{ name: 'type', kind: 'uint16', at: 4, values: ['failed', 'overloaded', 'disconnected', 'unimplemented'] }],
  pointers: [{ name: 'reason', index: 0, kind: 'text' }],
};

const op: Layout = {
  union: { at: 0, name: 'op', members: [{ name: 'noop' }, { name: 'getPointerField', ...layoutOf('index:u16@2') }] },
};
const promisedAnswer = layoutOf('questionId:u32@0 transform:[op]@0', { op });

const target: Layout = {
  union: {
    at: 4,
    name: 'target',
    members: [
      { name: 'importedCap', ...layoutOf('id:u32@0') },
      { name: 'promisedAnswer', ...layoutOf('promisedAnswer:promisedAnswer@0', { promisedAnswer }) },
    ],
  },
};

const capDescriptor: Layout = {
  union: {
    at: 0,
    name: 'cap',
    members: [
      { name: 'none' },
      { name: 'senderHosted', ...layoutOf('id:u32@4') },
      { name: 'senderPromise', ...layoutOf('id:u32@4') },
      { name: 'receiverHosted', ...layoutOf('id:u32@4') },
      { name: 'receiverAnswer', ...layoutOf('receiverAnswer:promisedAnswer@0', { promisedAnswer }) },
      { name: 'thirdPartyHosted' },
    ],
  },
};

const payload: Layout = {
  pointers: [
    { name: 'content', index: 0, kind: 'content' },
    { name: 'capTable', index: 1, kind: 'structList', of: capDescriptor },
  ],
};

const call: Layout = {
  data: [
    { name: 'questionId', kind: 'uint32', at: 0 },
    { name: 'methodId', kind: 'uint16', at: 4 },
    { name: 'sendResultsTo', kind: 'uint16', at: 6, values: ['caller', 'yourself', 'thirdParty'] },
    { name: 'interfaceId', kind: 'uint64', at: 8 },
  ],
  pointers: [
    { name: 'target', index: 0, kind: 'struct', of: target },
    { name: 'params', index: 1, kind: 'struct', of: payload },
  ],
};

const answer: Layout = {
  data: [
    { name: 'answerId', kind: 'uint32', at: 0 },
    { name: 'releaseParamCaps', kind: 'bool', at: 32, byDefault: true },
    { name: 'noFinishNeeded', kind: 'bool', at: 33 },
  ],
  union: {
    at: 6,
    name: 'which',
    members: [
      { name: 'results', ...layoutOf('results:payload@0', { payload }) },
      { name: 'exception', ...layoutOf('exception:exception@0', { exception }) },
      ...names('canceled', 'resultsSentElsewhere'),
      { name: 'takeFromOtherQuestion', ...layoutOf('questionId:u32@8') },
      ...names('acceptFromThirdParty'),
    ],
  },
};

const finish: Layout = {
  data: [
    { name: 'questionId', kind: 'uint32', at: 0 },
    { name: 'releaseResultCaps', kind: 'bool', at: 32, byDefault: true },
  ],
};

const resolve: Layout = {
  ...layoutOf('promiseId:u32@0'),
  union: {
    at: 4,
    name: 'resolve',
    members: [
      { name: 'cap', ...layoutOf('cap:capDescriptor@0', { capDescriptor }) },
      { name: 'exception', ...layoutOf('exception:exception@0', { exception }) },
    ],
  },
};

const disembargo: Layout = {
  ...layoutOf('id:u32@0 target:target@0', { target }),
  union: { at: 4, name: 'context', members: names('senderLoopback', 'receiverLoopback', 'accept', 'provide') },
};

const body = (name: string, of: Layout): UnionMember => ({
  name,
  pointers: [{ name, index: 0, kind: 'struct', of }],
});

/** rpc.capnp, Message: the root of every message. */
export const MESSAGE: Layout = {
  union: {
    at: 0,
    name: 'message',
    members: [
      // What comes back is looked at as a message of its own would be; it is not worth the recursion.
      { name: 'unimplemented' },
      body('abort', exception),
      body('call', call),
      body('return', answer),
      body('finish', finish),
      body('resolve', resolve),
      body('release', layoutOf('id:u32@0 referenceCount:u32@4')),
      { name: 'obsoleteSave' },
      body('bootstrap', layoutOf('questionId:u32@0')),
      ...names('obsoleteDelete', 'provide', 'accept', 'join'),
      body('disembargo', disembargo),
    ],
  },
};
