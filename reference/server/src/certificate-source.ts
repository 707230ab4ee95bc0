import { type Certificate, certificateFacts, makeCertificate, namesMissing } from './certificate.ts';
import { type CertificatePaths, keptCertificate, loadCertificate, pathsIn } from './certificate-files.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';

/** What decides which certificate a server shows. */
export type CertificateChoice = Pick<Config, 'host' | 'hostnames' | 'tls' | 'dataDir'>;

/** The names that a certificate of our own is for: the address listened on, unless it is all of them, and the host names. */
export function hostsOf({ host, hostnames }: Pick<CertificateChoice, 'host' | 'hostnames'>): string[] {
  return [...(['0.0.0.0', '::'].includes(host) ? [] : [host]), ...hostnames];
}

/**
 * The certificate to serve with: the one given, the one kept in the data directory (made on the first run), or one in
 * memory. Warns of host names that it is not for.
 * @returns it, the files that it came from, and whether this program made it
 * @throws CertificateError when it cannot be used
 */
export async function chooseCertificate(
  choice: CertificateChoice,
  log: Log,
): Promise<{ certificate: Certificate; paths: CertificatePaths | undefined; isOwn: boolean }> {
  const { tls, dataDir } = choice;
  const hosts = hostsOf(choice);
  if (tls) return { certificate: loadCertificate(tls), paths: tls, isOwn: false };
  if (dataDir === undefined) return { certificate: await makeCertificate(hosts), paths: undefined, isOwn: true };
  const certificate = await keptCertificate(dataDir, hosts);
  const missing = namesMissing(certificateFacts(certificate.certPem), hosts);
  if (missing.length > 0)
    log.warn(
      `the certificate is not for ${missing.join(', ')}: clients that check names refuse it; ` +
        `reference-server cert renew ${missing.map((name) => `--hostname ${name}`).join(' ')} adds them`,
    );
  return { certificate, paths: pathsIn(dataDir), isOwn: true };
}
