import type { NodeServiceMethod, nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';

type Methods = typeof nodeService;
export type Params<M extends NodeServiceMethod> = ParamsOf<Methods[M]>;
type Results<M extends NodeServiceMethod> = ResultsOf<Methods[M]>;

/** What a method does. `signal` is aborted when the caller is gone. */
export type Handlers = {
  [M in NodeServiceMethod]?: (params: Params<M>, signal: AbortSignal) => Results<M> | Promise<Results<M>>;
};
