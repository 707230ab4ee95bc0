import { randomBytes } from 'node:crypto';
import { ALPN, type Auth, formatReason } from '@quicnprotochat/proto';
import { listen, type QuicServer } from '@quicnprotochat/quic';
import { serveVat } from '@quicnprotochat/rpc';
import {
  type Accounts,
  AccountTable,
  type Certificate,
  keptServerSetup,
  memoryStore,
  NodeService,
  type Store,
  StoredAccounts,
} from '@quicnprotochat/server';
import { type Fault, NOTHING, type Surroundings } from './fault.ts';
import { Front } from './seams/datagrams.ts';

/** Somebody whom a server knows; hex, as in an accounts file. */
export interface KnownAccount {
  name: string;
  identityKey: string;
  token?: string | undefined;
  /** The token is good on this device only. */
  deviceId?: string | undefined;
  isExpired?: boolean | undefined;
}

const BAD_PARAMS = formatReason('E020', 'the parameters are not those of the schema');

/** A NodeService on the network that is put together like the reference's, with a fault in one of its seams. */
export class FaultyServer {
  readonly #quic: QuicServer;
  readonly #store: Store;
  readonly #front: Front | undefined;

  private constructor(quic: QuicServer, store: Store, front: Front | undefined) {
    this.#quic = quic;
    this.#store = store;
    this.#front = front;
  }

  /** @param base the store that the fault comes over; by default a new one in memory */
  static async start(
    fault: Fault,
    accounts: readonly KnownAccount[],
    certificate: Certificate,
    base?: Store,
  ): Promise<FaultyServer> {
    const bottom = base ?? (await memoryStore());
    const store = fault.store ? fault.store(bottom) : bottom;
    const table = accountTable(accounts);
    const stored: Accounts = new StoredAccounts(table, bottom);
    const service = new NodeService({
      store,
      accounts: fault.accounts ? fault.accounts(stored) : stored,
      isOpen: fault.isOpen ?? false,
      opaqueSetup: fault.withoutOpaque ? undefined : await keptServerSetup(bottom),
      limits: fault.limits,
      now: fault.now && (() => fault.now?.() ?? Date.now()),
      random: fault.random && ((length) => fault.random?.(length) ?? randomBytes(length)),
      middleware: fault.middleware?.(surroundings(bottom, stored, accounts)),
    });
    const quic = await listen({
      host: '127.0.0.1',
      port: 0,
      alpn: [ALPN],
      tls: certificate,
      onConnection: (connection) => {
        fault.connection?.(connection);
        connection.onStream = (stream) => {
          const bytes = fault.stream ? fault.stream(stream, connection) : stream;
          // What a fault makes of the rules is not the server's to report.
          serveVat(bytes, { dispatch: service.session(), badParams: BAD_PARAMS, limits: fault.rpcLimits });
        };
      },
      ...fault.listen,
    });
    const front = fault.datagrams && (await Front.open(quic.address, fault.datagrams()));
    return new FaultyServer(quic, bottom, front);
  }

  get address(): { host: string; port: number } {
    return this.#front?.address ?? this.#quic.address;
  }

  /** Nothing is waited for: a broken server may never be done. */
  async stop(): Promise<void> {
    this.#front?.close();
    await this.#quic.close();
    await this.#store.close();
  }
}

function accountTable(accounts: readonly KnownAccount[]): AccountTable {
  const table = new AccountTable();
  for (const { name, identityKey, token, deviceId, isExpired } of accounts) {
    if (token === undefined) continue;
    table.add(Buffer.from(token, 'hex'), {
      name,
      identityKey: Buffer.from(identityKey, 'hex'),
      deviceId: deviceId === undefined ? undefined : Buffer.from(deviceId, 'hex'),
      expiresAtMs: isExpired ? 0 : undefined,
    });
  }
  return table;
}

function surroundings(store: Store, accounts: Accounts, known: readonly KnownAccount[]): Surroundings {
  return {
    store,
    identityOf: async ({ accessToken }: Auth) => (await accounts.find(accessToken))?.identityKey,
    withDevice: (auth) => {
      const hex = Buffer.from(auth.accessToken).toString('hex');
      const device = known.find(({ token }) => token === hex)?.deviceId;
      return device === undefined ? auth : { ...auth, deviceId: Buffer.from(device, 'hex') };
    },
    isKnown: ({ version, accessToken }: Auth) =>
      version === 1 &&
      known.some(({ token, isExpired }) => token === Buffer.from(accessToken).toString('hex') && !isExpired),
    authOf: (identityKey) => {
      const hex = Buffer.from(identityKey).toString('hex');
      const token = known.find((account) => account.identityKey === hex && !account.isExpired)?.token;
      return token === undefined
        ? { version: 0, accessToken: NOTHING, deviceId: NOTHING }
        : { version: 1, accessToken: Buffer.from(token, 'hex'), deviceId: NOTHING };
    },
  };
}
