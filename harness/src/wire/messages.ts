import { nodeService } from '@quicnprotochat/proto';
import { buildContent, type CallMessage, type MessageTarget, type Method, type RpcMessage } from '@quicnprotochat/rpc';

/** The question under which raw sessions ask for the bootstrap capability. */
const BOOTSTRAP_QUESTION = 0;

export const bootstrap = (questionId = BOOTSTRAP_QUESTION): RpcMessage => ({ kind: 'bootstrap', questionId });

export const finish = (questionId: number, releaseResultCaps = true): RpcMessage => ({
  kind: 'finish',
  questionId,
  releaseResultCaps,
});

/** The promised answer of a Bootstrap. */
export const promise = (questionId = BOOTSTRAP_QUESTION, transform: number[] = []): MessageTarget => ({
  kind: 'promisedAnswer',
  questionId,
  transform,
});

/** A call with parameters as a right client sends them. */
export function call<P, R>(
  questionId: number,
  method: Method<P, R>,
  params: P,
  target: MessageTarget = promise(),
): CallMessage {
  const content = buildContent(method.paramsSize(params), (pointer) => method.writeParams(pointer, params));
  return {
    kind: 'call',
    questionId,
    target,
    interfaceId: method.interfaceId,
    methodId: method.methodId,
    params: { content, capTable: [] },
    sendResultsTo: 'caller',
  };
}

export const health = (questionId: number, target: MessageTarget = promise()): CallMessage =>
  call(questionId, nodeService.health, {}, target);
