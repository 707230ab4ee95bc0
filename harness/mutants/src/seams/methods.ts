import { nodeService, type ParamsOf, type ResultsOf } from '@quicnprotochat/proto';
import type { Middleware } from '@quicnprotochat/server';
import type { Fault, Surroundings } from '../fault.ts';

type Methods = typeof nodeService;
export type MethodName = keyof Methods;

/** One call on its way through a fault. */
export interface Call<N extends MethodName> {
  name: N;
  params: ParamsOf<Methods[N]>;
  /** What the right server does, with these parameters or others. */
  next(params?: ParamsOf<Methods[N]>, signal?: AbortSignal): Promise<ResultsOf<Methods[N]>>;
  signal: AbortSignal;
  around: Surroundings;
}

/** A fault in what methods do. */
export function inMethod<N extends MethodName>(
  names: N | readonly N[],
  handle: (call: Call<N>) => Promise<ResultsOf<Methods[N]>>,
): Fault {
  const wanted: ReadonlySet<string> = new Set([names].flat());
  const middleware =
    (around: Surroundings): Middleware =>
    (method, handler) => {
      const isWanted = wanted.has(method.name) && method.interfaceId === nodeService.health.interfaceId;
      if (!isWanted) return handler;
      return (params, signal) =>
        handle({
          name: method.name as N,
          params: params as never,
          next: (changed, other) => handler((changed ?? params) as never, other ?? signal) as never,
          signal,
          around,
        }) as never;
    };
  return { middleware };
}

/** A fault in the parameters as the methods see them. */
export function inParams<N extends MethodName>(
  names: N | readonly N[],
  change: (params: ParamsOf<Methods[N]>, around: Surroundings) => Partial<ParamsOf<Methods[N]>>,
): Fault {
  return inMethod(names, ({ params, next, around }) => next({ ...params, ...change(params, around) }));
}

/** A fault in the results. */
export function inResults<N extends MethodName>(
  names: N | readonly N[],
  change: (results: ResultsOf<Methods[N]>, params: ParamsOf<Methods[N]>) => Partial<ResultsOf<Methods[N]>>,
): Fault {
  return inMethod(names, async ({ params, next }) => {
    const results = await next();
    return { ...results, ...change(results, params) };
  });
}

/** A fault in how calls are refused. */
export function inErrors<N extends MethodName>(names: N | readonly N[], change: (error: unknown) => unknown): Fault {
  return inMethod(names, async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw change(error);
    }
  });
}
