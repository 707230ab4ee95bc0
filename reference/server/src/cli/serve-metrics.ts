import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { isLoopback } from '../loopback.ts';
import { Metrics, type MetricsPage, type MetricsSources, serveMetrics } from '../metrics.ts';
import type { CallObserver } from '../service/observe.ts';

/** Serves the metrics of a server. @throws ConfigError when the address cannot be had */
export async function startMetrics(
  address: { host: string; port: number },
  log: Log,
  sources: MetricsSources,
): Promise<MetricsPage & { observe: CallObserver }> {
  const metrics = new Metrics(sources);
  let page: MetricsPage;
  try {
    page = await serveMetrics(metrics, address);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'that address is in use' : message;
    throw new ConfigError(`--metrics ${address.host}:${address.port}: ${why}; choose another`);
  }
  if (!isLoopback(address.host))
    log.warn(`the metrics on ${page.url} have no access control: keep everybody but the monitoring away from them`);
  return { ...page, observe: metrics.observe };
}
