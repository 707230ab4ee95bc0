import 'reflect-metadata';
import { createHash, createPrivateKey, createPublicKey, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate (the chain, the server's own first) and its private key, PEM. */
export interface Certificate {
  /** One certificate or more. */
  certPem: string;
  /** Of the first of them; not encrypted. */
  keyPem: string;
}

/** What a certificate says. */
export interface CertificateFacts {
  /** Hex of the SHA-256 of the certificate in DER: what clients pin. */
  sha256: string;
  /** Hex of the SHA-256 of its public key (SubjectPublicKeyInfo, DER): stays when a certificate is renewed. */
  keySha256: string;
  subject: string;
  issuer: string;
  /** For example `EC prime256v1`. */
  keyType: string;
  isSelfSigned: boolean;
  /** DNS names and IP addresses that it is for. */
  names: string[];
  /** Milliseconds since 1970. */
  notBeforeMs: number;
  notAfterMs: number;
}

/** What is wrong with a certificate, its key or their files, and what to do; never a part of the key. */
export class CertificateError extends Error {
  override name = 'CertificateError';
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
export const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Clocks of peers may be behind ours. */
const CLOCK_SKEW_MS = 3_600_000;
/** Names that every certificate of ours is for. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '::1'];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** @returns hex of the SHA-256 of the certificate in DER: what clients pin */
export function certificateSha256(certPem: string): string {
  return sha256(new X509Certificate(certPem).raw);
}

/** Reads the first certificate of a chain. @throws CertificateError when there is none */
export function certificateFacts(certPem: string): CertificateFacts {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certPem);
  } catch (cause) {
    throw new CertificateError('the certificate is not readable as PEM', { cause });
  }
  const { publicKey, subject, issuer } = certificate;
  const curve = publicKey.asymmetricKeyDetails?.namedCurve ?? publicKey.asymmetricKeyDetails?.modulusLength ?? '';
  return {
    sha256: sha256(certificate.raw),
    keySha256: sha256(publicKey.export({ type: 'spki', format: 'der' })),
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    keyType: `${publicKey.asymmetricKeyType?.toUpperCase()} ${curve}`.trim(),
    isSelfSigned: subject === issuer && certificate.verify(publicKey),
    names: namesOf(certificate),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

/**
 * Makes a self-signed certificate: ECDSA P-256, one year, for localhost, the loopback addresses and `hosts`.
 * @param hosts names or addresses that clients may use
 * @param options.keyPem the key to certify; by default a new one is made
 * @throws CertificateError for a key of another kind
 */
export async function makeCertificate(
  hosts: readonly string[],
  options: { now?: number; keyPem?: string | undefined } = {},
): Promise<Certificate> {
  const { now = Date.now(), keyPem } = options;
  x509.cryptoProvider.set(webcrypto as never);
  const keys = keyPem === undefined ? await newKeys() : await importKeys(keyPem);
  const names = [...new Set([...LOCAL_NAMES, ...hosts])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=quicnprotochat node',
    notBefore: new Date(now - CLOCK_SKEW_MS),
    notAfter: new Date(now + YEAR_MS),
    signingAlgorithm: ECDSA,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // No key usage: as a trust anchor of its own it would also need keyCertSign, which no server certificate should have.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: `${certificate.toString('pem')}\n`,
    keyPem: keyPem ?? `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

/** The names that `hosts` ask for and a certificate is not for. */
export function namesMissing(facts: CertificateFacts, hosts: readonly string[]): string[] {
  const certified = new Set(facts.names.map((name) => name.toLowerCase()));
  return hosts.filter((host) => !certified.has(host.toLowerCase()));
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
}

async function importKeys(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  try {
    const privateKey = createPrivateKey(keyPem);
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    return {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ECDSA, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, ECDSA, true, ['verify']),
    };
  } catch {
    // No cause: what OpenSSL says of a private key stays here.
    throw new CertificateError('the private key is not an ECDSA P-256 key that this server made');
  }
}

/** 16 random bytes as hex, a positive number (RFC 5280 section 4.1.2.2). */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function namesOf(certificate: X509Certificate): string[] {
  const san = new x509.X509Certificate(certificate.raw).getExtension(x509.SubjectAlternativeNameExtension);
  return (san?.names.items ?? []).filter(({ type }) => type === 'dns' || type === 'ip').map(({ value }) => value);
}

const oneLine = (name: string): string => name.trim().split('\n').join(', ');
