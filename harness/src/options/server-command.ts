import type { Verify } from '@quicnprotochat/quic';
import { splitCommand } from '../client/command-line.ts';
import { UsageError } from '../errors.ts';

/** `--command`: how the server under test is started. Plain data. */
export interface ServerCommand {
  /** Its words, with the places that are filled in for each server. */
  words: string[];
  /** Nothing is said to outlast the server: it is given no folder, or declared so. */
  isVolatile: boolean;
  /** How its certificate is checked. */
  verify: Verify;
}

/** What stands in a command for what the suite fills in. */
export const PLACES = {
  port: '{port}',
  dir: '{dir}',
  accounts: '{accounts}',
} as const;

const EXAMPLE = "--command './my-server --listen 127.0.0.1:{port} --data {dir}'";

/** @throws UsageError */
export function readServerCommand(text: string, isVolatile: boolean, verify: Verify): ServerCommand {
  const words = splitCommand(text, '--command');
  const known: readonly string[] = Object.values(PLACES);
  for (const [place, before] of text.matchAll(/(\$?)\{[a-z]+\}/g))
    if (before === '' && !known.includes(place))
      throw new UsageError(`--command: ${place} is not known; there are ${known.join(', ')}`);
  if (!text.includes(PLACES.port))
    throw new UsageError(
      `--command has no {port}: the suite chooses the UDP port of 127.0.0.1 on which the server has to listen, as in ${EXAMPLE}`,
    );
  return { words, isVolatile: isVolatile || !text.includes(PLACES.dir), verify };
}
