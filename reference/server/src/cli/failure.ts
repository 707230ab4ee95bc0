import { QuicError } from '@quicnprotochat/quic';
import { AccountsFileError } from '../accounts.ts';
import { AdminError } from '../admin/account-admin.ts';
import { CertificateError } from '../certificate.ts';
import { ConfigError } from '../config-error.ts';
import { StoreError } from '../store/store.ts';

export const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

/** What the system says, as what to do about it. */
const SYSTEM_ERRORS: Record<string, string> = {
  EADDRINUSE: 'is in use: another server runs, or choose another address with --listen',
  EADDRNOTAVAIL: 'is no address of this machine: choose another with --listen',
};

/** What the system tells of an address that cannot be had. */
interface AddressError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** Ends the process with a line on standard error; a fault of the program itself shows its stack. */
export function fail(error: unknown): never {
  const { code, message, address, port } = error as AddressError;
  const isConfiguration =
    error instanceof ConfigError ||
    error instanceof AccountsFileError ||
    error instanceof CertificateError ||
    (error instanceof QuicError && error.code === 'CONFIGURATION');
  const ofAddress = code && SYSTEM_ERRORS[code] && `UDP ${address} port ${port} ${SYSTEM_ERRORS[code]}`;
  const hint = code === 'EACCES' ? `not allowed: ${message}` : ofAddress;
  const isExpected =
    isConfiguration || error instanceof AdminError || error instanceof StoreError || error instanceof QuicError;
  const text = hint ?? (isExpected || !(error instanceof Error) ? message : (error.stack ?? message));
  process.stderr.write(`reference-server: ${text}\n`);
  process.exit(isConfiguration ? EXIT_USAGE : EXIT_FAILURE);
}
