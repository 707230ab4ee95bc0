import { normalizePin, type Verify } from '@quicnprotochat/quic';
import { UsageError } from '../errors.ts';
import type { TargetAddress } from '../target/target.ts';
import { readTextFile } from './read-file.ts';
import { listOf } from './values.ts';

/** How certificates are to be checked, as it was given. */
interface Given {
  tlsCa?: string | undefined;
  pin?: string[] | undefined;
  insecure?: boolean | undefined;
}

/** How the certificate of each address is checked: one pin holds for all of them, several for one each. */
export function withVerify(
  addresses: { host: string; port: number }[],
  { tlsCa, pin = [], insecure = false }: Given,
): TargetAddress[] {
  if ([tlsCa !== undefined, pin.length > 0, insecure].filter(Boolean).length > 1) {
    throw new UsageError('--tls-ca, --pin and --insecure exclude each other: give one');
  }
  if (tlsCa !== undefined) {
    const caPem = readText(tlsCa);
    return addresses.map((address) => ({ ...address, verify: { kind: 'ca', caPem } }));
  }
  const pins = listOf('--pin', pin).map(readPin);
  if (pins.length > 1 && pins.length !== addresses.length) {
    throw new UsageError(
      `--pin is given ${pins.length} times for ${addresses.length} addresses: give one for all, or one for each, in their order`,
    );
  }
  return addresses.map((address, index) => ({ ...address, verify: pins[index] ?? pins[0] ?? { kind: 'none' } }));
}

function readPin(pin: string): Verify {
  try {
    return { kind: 'pin', sha256: normalizePin(pin) };
  } catch {
    throw new UsageError('--pin is not the SHA-256 of a certificate: 64 hex digits');
  }
}

function readText(path: string): string {
  const text = readTextFile(path, `--tls-ca ${path}`);
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new UsageError(`--tls-ca ${path} holds no certificate in PEM`);
  return text;
}
