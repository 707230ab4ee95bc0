import { existsSync, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkTls } from '@quicnprotochat/quic';
import { type Certificate, CertificateError, certificateFacts, makeCertificate } from './certificate.ts';

/** Where a certificate and its key are. */
export interface CertificatePaths {
  cert: string;
  key: string;
}

/** In a data directory: cert.pem, key.pem, and next-key.pem while a rotation is under way. */
export function pathsIn(directory: string): CertificatePaths & { nextKey: string } {
  return {
    cert: join(directory, 'cert.pem'),
    key: join(directory, 'key.pem'),
    nextKey: join(directory, 'next-key.pem'),
  };
}

/** @throws CertificateError unless both files are readable and belong together */
export function loadCertificate({ cert, key }: CertificatePaths): Certificate {
  const loaded = { certPem: read(cert), keyPem: read(key) };
  try {
    checkTls(loaded);
  } catch (error) {
    throw new CertificateError(`${(error as Error).message} (${cert}, ${key})`, { cause: error });
  }
  return loaded;
}

/**
 * The certificate in a data directory, made when there is none. A rotation that was cut short is brought to its end.
 * @param hosts names and addresses for one that is made
 * @throws CertificateError when what is there cannot be used
 */
export async function keptCertificate(directory: string, hosts: readonly string[]): Promise<Certificate> {
  const paths = pathsIn(directory);
  await finishRotation(paths);
  if (existsSync(paths.cert)) {
    if (!existsSync(paths.key)) {
      throw new CertificateError(
        `${paths.cert} has lost its key ${paths.key}: restore it from a backup, or remove the certificate and a new one ` +
          'is made, whose fingerprint clients have to learn',
      );
    }
    return loadCertificate(paths);
  }
  // A first run that was cut short leaves a key, and nobody has seen a certificate of it.
  const made = await makeCertificate(hosts);
  await replace(paths.key, made.keyPem, 0o600);
  await replace(paths.cert, made.certPem, 0o644);
  return made;
}

/** A new certificate, valid from now on, for the same key and names, and `hosts`. @throws CertificateError */
export async function renewCertificate(directory: string, hosts: readonly string[], now = Date.now()): Promise<void> {
  const paths = pathsIn(directory);
  await finishRotation(paths);
  const { certPem, keyPem } = ownCertificate(paths);
  const { names } = certificateFacts(certPem);
  const made = await makeCertificate([...names, ...hosts], { now, keyPem });
  await replace(paths.cert, made.certPem, 0o644);
}

/**
 * A new key, and a certificate of it for the same names and `hosts`. Of the two files one is always replaced first; the
 * new key waits in next-key.pem, so that a crash at any moment leaves a pair that belongs together.
 * @throws CertificateError
 */
export async function rotateCertificate(directory: string, hosts: readonly string[], now = Date.now()): Promise<void> {
  const paths = pathsIn(directory);
  await finishRotation(paths);
  const { names } = certificateFacts(ownCertificate(paths).certPem);
  const made = await makeCertificate([...names, ...hosts], { now });
  await replace(paths.nextKey, made.keyPem, 0o600);
  await replace(paths.cert, made.certPem, 0o644);
  await finishRotation(paths);
}

async function finishRotation(paths: ReturnType<typeof pathsIn>): Promise<void> {
  if (!existsSync(paths.nextKey)) return;
  try {
    loadCertificate({ cert: paths.cert, key: paths.nextKey });
  } catch {
    // Its certificate was never written: the old pair holds.
    await rm(paths.nextKey, { force: true });
    return;
  }
  await rename(paths.nextKey, paths.key);
  await syncDirectory(dirname(paths.key));
}

/** What the server made itself. One of somebody else's is not ours to replace. */
function ownCertificate(paths: CertificatePaths): Certificate {
  if (!existsSync(paths.cert)) {
    throw new CertificateError(`there is no ${paths.cert} yet: the server makes one on its first start`);
  }
  const loaded = loadCertificate(paths);
  if (!certificateFacts(loaded.certPem).isSelfSigned) {
    throw new CertificateError(`${paths.cert} is signed by somebody else: get the next one from them`);
  }
  return loaded;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CertificateError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Whoever reads the file sees the old content or the new, never a part, also after a crash. */
async function replace(path: string, content: string, mode: number): Promise<void> {
  const scratch = `${path}.${process.pid}.tmp`;
  await rm(scratch, { force: true });
  const file = await open(scratch, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(scratch, path);
  await syncDirectory(dirname(path));
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Not every system can: the rename stands all the same, if not always after a loss of power.
  } finally {
    await handle?.close();
  }
}
