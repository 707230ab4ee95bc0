import { unwatchFile, watchFile } from 'node:fs';
import { type Certificate, certificateFacts, DAY_MS } from './certificate.ts';
import { type CertificatePaths, loadCertificate } from './certificate-files.ts';
import type { Log } from './log.ts';

/** What a keeper works with. */
export interface CertificateKeeperOptions {
  /** Undefined for a certificate that is in memory alone: nothing to reload. */
  paths: CertificatePaths | undefined;
  /** The one in use. */
  certificate: Certificate;
  /** Whether this program made it, so that it can make the next. */
  isOwn: boolean;
  /** Gives new connections another one. @throws when it cannot be used, having changed nothing */
  apply(certificate: Certificate): void;
  log: Log;
  /** How often the files are looked at, in ms. Default 2,000. */
  pollMs?: number | undefined;
  /** ms since 1970. */
  now?: (() => number) | undefined;
}

/** From this long before the end on, it is said every day. */
export const WARN_BEFORE_MS = 30 * DAY_MS;

/**
 * Looks after the certificate of a server that runs: takes what is new in the files, on `reload` or when they change,
 * and warns before the end. A pair that cannot be used, a half-written one for example, changes nothing.
 *
 * The files are polled (their size, times and inode): that works with replaced files, links and network file systems,
 * where notifications do not all come.
 */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #onChange = (): void => void this.#take('the files have changed');
  #certificate: Certificate;
  #firstLook: NodeJS.Timeout | undefined;
  #daily: NodeJS.Timeout | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#certificate = options.certificate;
  }

  /** The one that new connections get. */
  get certificate(): Certificate {
    return this.#certificate;
  }

  /** Begins to watch, and warns if there is reason to. Keeps no process alive. */
  start(): void {
    const { paths, pollMs = 2_000 } = this.#options;
    for (const path of filesOf(paths)) watchFile(path, { interval: pollMs, persistent: false }, this.#onChange);
    // What changed between loading and the first look.
    this.#firstLook = setTimeout(this.#onChange, pollMs).unref();
    this.#daily = setInterval(() => this.warnBeforeEnd(), DAY_MS).unref();
    this.warnBeforeEnd();
  }

  stop(): void {
    clearTimeout(this.#firstLook);
    clearInterval(this.#daily);
    for (const path of filesOf(this.#options.paths)) unwatchFile(path, this.#onChange);
  }

  /** Takes the certificate that is in the files now. @returns whether they could be used */
  reload(why: string): boolean {
    const { paths, log } = this.#options;
    if (paths) return this.#take(why);
    log.info(`${why}: the certificate is in memory alone, there is nothing to reload`);
    return false;
  }

  /** Logs a warning from 30 days before the end on, an error after it. */
  warnBeforeEnd(): void {
    const { log, isOwn, paths, now = Date.now } = this.#options;
    const { notAfterMs, notBeforeMs } = certificateFacts(this.#certificate.certPem);
    const left = notAfterMs - now();
    const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const own = paths ? 'make the next one with: reference-server cert renew' : 'a restart makes the next one';
    const remedy = isOwn ? own : 'put the next one into its files';
    if (left <= 0) log.error(`the certificate ended on ${day(notAfterMs)}: clients refuse it; ${remedy}`);
    else if (left <= WARN_BEFORE_MS)
      log.warn(`the certificate ends in ${Math.floor(left / DAY_MS)} days, on ${day(notAfterMs)}; ${remedy}`);
    if (notBeforeMs > now()) log.warn(`the certificate holds from ${day(notBeforeMs)} only: is the clock right?`);
  }

  #take(why: string): boolean {
    const { paths, apply, log } = this.#options;
    if (!paths) return false;
    let loaded: Certificate;
    try {
      loaded = loadCertificate(paths);
      // Both files changed, and the first to be noticed took them.
      if (loaded.certPem === this.#certificate.certPem && loaded.keyPem === this.#certificate.keyPem) return true;
      apply(loaded);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`${why}, but the certificate is not taken, the old one stays in use: ${reason}`);
      return false;
    }
    this.#certificate = loaded;
    log.info(`${why}: new connections get the certificate sha256 ${certificateFacts(loaded.certPem).sha256}`);
    this.warnBeforeEnd();
    return true;
  }
}

const filesOf = (paths: CertificatePaths | undefined): string[] => (paths ? [paths.cert, paths.key] : []);
