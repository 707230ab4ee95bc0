import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** How a client checks the server's certificate. */
export type Verify =
  /** Chain up to one of these anchors, and the name: `serverName`, else the host connected to. */
  | { kind: 'ca'; caPem: string | Uint8Array; serverName?: string | undefined }
  /** Hex of the SHA-256 of the certificate in DER, 32 bytes; case and colons are free. */
  | { kind: 'pin'; sha256: string }
  /** Hex of the SHA-256 of its public key (SubjectPublicKeyInfo in DER), 32 bytes: outlives a renewal with the same key. */
  | { kind: 'key-pin'; sha256: string }
  /** Nothing is checked: whoever answers is believed. */
  | { kind: 'none' };

/** @returns 64 lower-case hex digits. @throws RangeError on anything else */
export function normalizePin(pin: string): string {
  const hex = pin.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new RangeError('a pin is the SHA-256 of the certificate, 64 hex digits');
  return hex;
}

/** What TLS is to check as the server's name: it takes DNS names only. */
export function tlsServerName(verify: Verify, host: string): string | undefined {
  const name = (verify.kind === 'ca' ? verify.serverName : undefined) ?? host;
  return isIP(name) === 0 ? name : undefined;
}

/**
 * The checks that TLS left to us, before a byte is sent to the peer.
 * @returns why the certificate is not accepted, or undefined
 */
export function certificateFault(
  der: Uint8Array | undefined,
  sha256: string,
  verify: Verify,
  host: string,
): string | undefined {
  if (verify.kind === 'none') return undefined;
  if (der === undefined) return 'the server showed no certificate';
  if (verify.kind === 'pin') {
    return sha256 === normalizePin(verify.sha256) ? undefined : `the certificate is ${sha256}, not the pinned one`;
  }
  if (verify.kind === 'key-pin') {
    const key = keySha256(der);
    return key === normalizePin(verify.sha256) ? undefined : `the public key is ${key}, not the pinned one`;
  }
  const name = verify.serverName ?? host;
  // A DNS name was checked by TLS with the chain; an IP address it cannot check.
  if (isIP(name) === 0) return undefined;
  return new X509Certificate(der).checkIP(name) === undefined ? `the certificate is not for ${name}` : undefined;
}

function keySha256(der: Uint8Array): string {
  const spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex');
}
