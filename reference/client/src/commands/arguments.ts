import { readFile } from 'node:fs/promises';
import { CHANNEL_ID_LEN, IDENTITY_KEY_LEN } from '@quicnprotochat/proto';
import { ClientError } from '../errors.ts';
import type { Arguments } from './command.ts';

/** `--peer-key`, as several commands take it. */
export const peerKeyOption = {
  'peer-key': { type: 'string', describe: 'identity key of the other one, 64 hex digits' },
} as const;

/** `--channel-id`, as the commands that put or take payloads have it. */
export const channelOption = {
  'channel-id': { type: 'string', describe: 'use the queues of this channel, 32 hex digits' },
} as const;

/** @returns the bytes of a hex option. @throws ClientError `usage` */
function hexArgument(option: string, value: unknown, length: number): Uint8Array {
  const text = String(value).trim();
  if (!new RegExp(`^[0-9a-fA-F]{${2 * length}}$`).test(text))
    throw new ClientError('usage', `${option} has ${2 * length} hex digits`);
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** @returns 32 bytes. @throws ClientError `usage` also when it is not given */
export function keyArgument(option: string, value: unknown): Uint8Array {
  if (value === undefined) throw new ClientError('usage', `give ${option}: an identity key, 64 hex digits`);
  return hexArgument(option, value, IDENTITY_KEY_LEN);
}

/** @returns 16 bytes, or none when it is not given */
export function channelArgument(args: Arguments): Uint8Array {
  return args.channelId === undefined ? new Uint8Array() : hexArgument('--channel-id', args.channelId, CHANNEL_ID_LEN);
}

/** A text of the command line; `-` is what comes on standard input, without a newline at its end. */
export async function textArgument(value: string): Promise<string> {
  if (value !== '-') return value;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** The first line of a file. @throws ClientError `usage` */
export async function firstLine(option: string, path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new ClientError('usage', `${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
