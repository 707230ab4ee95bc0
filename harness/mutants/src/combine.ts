import type { Fault } from './fault.ts';

/** Parts of a fault that stand for the whole of something: two of them cannot be in one server. */
const ALONE = ['accounts', 'now', 'random', 'kept', 'datagrams', 'connection', 'store'] as const;

/** Several faults in one server: the first is the nearest to the service, the last to the client. @throws Error when two do not go together */
export function combine(faults: readonly Fault[]): Fault {
  for (const part of ALONE)
    if (faults.filter((fault) => fault[part] !== undefined).length > 1) throw new Error(`two faults have ${part}`);
  return {
    ...Object.assign({}, ...faults),
    limits: Object.assign({}, ...faults.map(({ limits }) => limits)),
    rpcLimits: Object.assign({}, ...faults.map(({ rpcLimits }) => rpcLimits)),
    listen: Object.assign({}, ...faults.map(({ listen }) => listen)),
    middleware: (around) => {
      const layers = faults.flatMap((fault) => fault.middleware?.(around) ?? []);
      return (method, handler) => layers.reduce((inner, layer) => layer(method, inner), handler);
    },
    stream: (stream, connection) => faults.reduce((inner, fault) => fault.stream?.(inner, connection) ?? inner, stream),
  };
}
