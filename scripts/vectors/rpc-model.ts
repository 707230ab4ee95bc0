// The messages of rpc.capnp as somebody reads them who knows nothing else: for what becomes of changed ones.
import type { Reading, Schema } from './capnp-expected.ts';
import { Malformed, type Model, type View } from './capnp-model.ts';
import type { VectorCase } from './file.ts';

type Message = Record<string, unknown>;

/** In place of a message with a variant that is in no union: some readers take all of it for unknown. */
class Unknown extends Error {}

const unknown = (view: View): never => {
  view.doubt('UnknownVariant');
  throw new Unknown();
};

const EXCEPTIONS = ['failed', 'overloaded', 'disconnected', 'unimplemented'];
const RETURNS = [
  'results',
  'exception',
  'canceled',
  'resultsSentElsewhere',
  'takeFromOtherQuestion',
  'acceptFromThirdParty',
];

function exception(view: View): Message {
  const type = view.number(32, 16);
  if (type >= EXCEPTIONS.length) view.doubt('UnknownVariant');
  return { type: EXCEPTIONS[type] ?? 'failed', reason: view.text(0) };
}

function promisedAnswer(view: View): { questionId: number; transform: number[] } {
  const transform: number[] = [];
  for (const operation of view.structs(0)) {
    const which = operation.number(0, 16);
    if (which > 1) unknown(operation);
    if (which === 1) transform.push(operation.number(16, 16));
  }
  return { questionId: view.number(0, 32), transform };
}

function target(view: View): Message {
  const which = view.number(32, 16);
  if (which === 0) return { importedCap: view.number(0, 32) };
  return which === 1 ? { promisedAnswer: promisedAnswer(view.struct(0)) } : unknown(view);
}

/** Not part of what a verifier answers: a reader may look at it, or not. @returns entries */
function capabilities(table: View[]): number {
  for (const entry of table) {
    const which = entry.number(0, 16);
    if (which > 5) entry.doubt('UnknownVariant');
    if (which === 4)
      try {
        promisedAnswer(entry.struct(0));
      } catch (error) {
        if (!(error instanceof Unknown || error instanceof Malformed)) throw error;
      }
    if (which === 5) entry.struct(0);
  }
  return table.length;
}

function read(which: number, body: View): { message: Message; capabilities?: number } {
  switch (which) {
    case 0:
      return { message: { type: 'unimplemented' } };
    case 1:
      return { message: { type: 'abort', exception: exception(body) } };
    case 2: {
      if (body.number(48, 16) > 2) body.doubt('UnknownVariant');
      const [questionId, methodId] = [body.number(0, 32), body.number(32, 16)];
      const ids = { questionId, target: target(body.struct(0)), interfaceId: String(body.bits(64, 64)), methodId };
      return { message: { type: 'call', ...ids }, capabilities: capabilities(body.struct(1).structs(1)) };
    }
    case 3: {
      const value = RETURNS[body.number(48, 16)] ?? unknown(body);
      const head = { type: 'return', answerId: body.number(0, 32), releaseParamCaps: body.bits(32, 1) === 0n, value };
      if (value === 'exception') return { message: { ...head, exception: exception(body.struct(0)) } };
      return value === 'results'
        ? { message: head, capabilities: capabilities(body.struct(0).structs(1)) }
        : { message: head };
    }
    case 4:
      return {
        message: { type: 'finish', questionId: body.number(0, 32), releaseResultCaps: body.bits(32, 1) === 0n },
      };
    case 5: {
      const value = body.number(32, 16);
      if (value > 1) body.doubt('UnknownVariant');
      else if (value === 1) exception(body.struct(0));
      else capabilities([body.struct(0)]);
      return { message: { type: 'resolve', promiseId: body.number(0, 32) } };
    }
    case 6:
      return { message: { type: 'release', id: body.number(0, 32), referenceCount: body.number(32, 32) } };
    case 8:
      return { message: { type: 'bootstrap', questionId: body.number(0, 32) } };
    case 13: {
      const context = body.number(32, 16);
      if (context > 3) unknown(body);
      // What level 3 has is answered in more ways than one.
      if (context > 1) body.doubt('Unclear');
      target(body.struct(0));
      return {
        message: {
          type: 'disembargo',
          context: context === 0 ? 'senderLoopback' : 'receiverLoopback',
          id: body.number(0, 32),
        },
      };
    }
    default:
      return { message: { type: 'other', which } };
  }
}

/** What pointers of a struct lead to, in the schema's order. */
type Shape = 'any' | 'bytes' | { struct: Shape[] } | { list: Shape[] };
const EXCEPTION: Shape = { struct: ['bytes'] };
const ANSWER: Shape = { struct: [{ list: [] }] };
const TARGET: Shape = { struct: [ANSWER] };
const CAPABILITY: Shape = { struct: ['any'] };
const PAYLOAD: Shape = { struct: ['any', { list: ['any'] }] };
const BODIES: Record<number, Shape> = {
  0: 'any',
  1: EXCEPTION,
  2: { struct: [TARGET, PAYLOAD, 'any'] },
  4: { struct: [] },
  6: { struct: [] },
  8: { struct: ['any'] },
  13: { struct: [TARGET] },
};

function bodyShape(root: View): Shape {
  const which = root.number(0, 16);
  const body = which === 3 || which === 5 ? root.struct(0) : undefined;
  if (which === 3) return { struct: [[PAYLOAD, EXCEPTION][body?.number(48, 16) ?? 0] ?? 'any'] };
  if (which === 5) return { struct: [[CAPABILITY, EXCEPTION][body?.number(32, 16) ?? 0] ?? 'any'] };
  return BODIES[which] ?? { struct: [] };
}

/** Whether the schema knows a pointer, and everything on the way to it is of the kind that it says. */
function knows(path: string, model: Model): boolean {
  const steps = path === '' ? [] : path.split('.');
  if (steps.length < 2) return steps.length === 0 || steps[0] === '0';
  let shape: Shape | undefined = { struct: [bodyShape(model.root())] };
  for (let i = 0; ; ) {
    if (shape === undefined || i > steps.length) return false;
    if (shape === 'any' || i === steps.length) return true;
    const found = model.at(steps.slice(0, i).join('.'));
    if (shape === 'bytes') return false;
    if ('struct' in shape) {
      if (found?.kind !== 'struct') return false;
      shape = shape.struct[Number(steps[i])];
      i += 1;
    } else {
      if (found?.kind !== 'list' || !found.element) return false;
      shape = shape.list[Number(steps[i + 1])];
      i += 2;
    }
  }
}

/** rpc.capnp. */
export const RPC: Schema = {
  knows,
  hasUnread: true,
  read: (root): Reading => {
    const which = root.number(0, 16);
    try {
      const { message, capabilities: table } = read(which, root.struct(0));
      return { output: { message }, errors: [], ...(table === undefined ? {} : { capabilities: table }) };
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      return { output: { message: { type: 'other', which } }, errors: [] };
    }
  },
};

/** Who speaks level 1 knows Resolve, who never gets a promise may take it for any other message. */
export function resolvesDiffer(one: VectorCase): VectorCase {
  if (one.expected.result === 'invalid') return one;
  const { message } = one.expected.output as { message: Record<string, unknown> };
  if (message.type !== 'resolve') return one;
  return { ...one, judge: { anyOf: [{ message }, { message: { type: 'other', which: 5 } }] } };
}
