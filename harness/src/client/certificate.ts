import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, PEM. */
export interface NodeCertificate {
  certPem: string;
  keyPem: string;
  /** Of the authority that has signed it; without one it has signed itself. */
  anchorPem?: string | undefined;
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** How a certificate that an authority signs differs from a right one. */
export interface CertificateOptions {
  /** DNS name that it is for; `localhost` by default, and 127.0.0.1; null: only the address. */
  dnsName?: string | null | undefined;
  /** Days from now until it ends; by default 1. */
  days?: number | undefined;
  /** Days from now until it begins; by default it did nine days ago. */
  beginsIn?: number | undefined;
}

const makeKeys = () =>
  webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
// Positive, as RFC 5280 section 4.1.2.2 wants it.
const makeSerial = (): string => `4${randomBytes(8).toString('hex').slice(1)}`;
const pemOf = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;

async function keyPemOf({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
}

const validity = (days = 1, beginsIn = -9) => ({
  notBefore: new Date(Date.now() + beginsIn * DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
});

const ADDRESS = { type: 'ip', value: '127.0.0.1' } as const;

const serverExtensions = (dnsName?: string | null): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  new x509.SubjectAlternativeNameExtension(
    dnsName === undefined
      ? [{ type: 'dns', value: 'localhost' }, ADDRESS]
      : [dnsName === null ? ADDRESS : { type: 'dns', value: dnsName }],
  ),
];

/** Makes a self-signed certificate, ECDSA P-256, for localhost and 127.0.0.1, good until tomorrow. */
export async function makeNodeCertificate(): Promise<NodeCertificate> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: makeSerial(), name: 'CN=observing node', signingAlgorithm: ECDSA, keys: keys as never },
    ...validity(),
    extensions: serverExtensions(),
  });
  return { certPem: pemOf(certificate), keyPem: await keyPemOf(keys) };
}

/** Makes a certificate that an authority of its own has signed. */
export async function makeSignedCertificate({
  dnsName,
  days,
  beginsIn,
}: CertificateOptions = {}): Promise<NodeCertificate> {
  x509.cryptoProvider.set(webcrypto as never);
  const [authority, keys] = [await makeKeys(), await makeKeys()];
  const anchor = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: makeSerial(), name: 'CN=an authority', signingAlgorithm: ECDSA, keys: authority as never },
    ...validity(2),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey as never),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ serialNumber: makeSerial(), subject: 'CN=observing node', issuer: anchor.subject, signingAlgorithm: ECDSA },
    ...{ publicKey: keys.publicKey as never, signingKey: authority.privateKey as never },
    ...validity(days, beginsIn),
    extensions: [
      ...serverExtensions(dnsName),
      // RFC 5280 sections 4.2.1.1 and 4.2.1.2: some want them.
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey as never),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return { certPem: pemOf(certificate), keyPem: await keyPemOf(keys), anchorPem: pemOf(anchor) };
}
