import { isIP } from 'node:net';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import { ClientError } from '../errors.ts';

/** Where a server is. */
export interface Address {
  /** Name or IP address. */
  host: string;
  /** UDP port. */
  port: number;
}

/** Reads `HOST:PORT`, `[IPV6]:PORT` or `HOST` (port 7000). @throws ClientError `usage` */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port === 0 || port > 65_535 || (match?.[1] !== undefined && isIP(host) !== 6))
    throw new ClientError('usage', `--server ${text} is not HOST:PORT, for example 127.0.0.1:7000 or [::1]:7000`);
  return { host, port };
}

/** @returns `HOST:PORT`, with brackets around an IPv6 address */
export function formatAddress({ host, port }: Address): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
