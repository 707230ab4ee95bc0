import { BlockList, isIP } from 'node:net';
import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { Metrics, type MetricsPage, type MetricsSources, serveMetrics } from '../metrics.ts';
import type { CallObserver } from '../service/observe.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether nobody but this machine reaches the address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  return version !== 0 && LOOPBACK.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

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
