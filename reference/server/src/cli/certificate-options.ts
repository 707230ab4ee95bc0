import type { Options } from 'yargs';

/** Options of every command that has to do with the certificate. Their values: `CertificateArguments` of config.ts. */
export const CERTIFICATE_OPTIONS = {
  hostname: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'DNS name or IP address that clients use, for the certificate that the server makes; may be repeated',
  },
  'tls-cert': {
    type: 'string',
    describe: 'certificate chain, PEM; by default one is made and kept in the data directory',
  },
  'tls-key': { type: 'string', describe: 'its private key, PEM' },
} as const satisfies Record<string, Options>;
