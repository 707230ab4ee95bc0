import pg from 'pg';
import { ConnectionLost } from '../sql/group-commit.ts';
import type { Row, Value } from '../sql/sql.ts';

const CONNECT_MS = 5_000;
/** A statement that takes longer than this counts as a lost connection, in ms. */
const STATEMENT_MS = 15_000;
/** A process that stops in the middle of a transaction holds up the others no longer than this, in ms. */
const IDLE_TRANSACTION_MS = 20_000;
const INT8 = 20;

/** A connection; statements run in the order of the calls, each sent without waiting for the one before. */
export class Connection {
  readonly #client: pg.Client;
  /** The server parses a statement once, under this name. */
  readonly #names = new Map<string, string>();
  #isLost = false;
  /** Resolves when it is lost or closed. */
  readonly ended: Promise<void>;

  private constructor(client: pg.Client) {
    this.#client = client;
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        this.#isLost = true;
        resolve();
      };
      client.on('error', end);
      client.on('end', end);
    });
  }

  /**
   * @param isBounded whether a statement may take only so long
   * @throws ConnectionLost, with a text that holds no password
   */
  static async open(url: string, isBounded = true): Promise<Connection> {
    let client: pg.Client;
    try {
      client = new pg.Client({
        connectionString: url,
        application_name: 'reference-server',
        connectionTimeoutMillis: CONNECT_MS,
        idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
        keepAlive: true,
        pipeline: true,
        types: {
          getTypeParser: (type: number, format?: 'text' | 'binary') =>
            type === INT8 ? BigInt : pg.types.getTypeParser(type as never, format as never),
        } as pg.CustomTypesConfig,
        ...(isBounded && { query_timeout: STATEMENT_MS }),
      } as pg.ClientConfig);
    } catch (cause) {
      throw lost(cause);
    }
    const connection = new Connection(client);
    try {
      await client.connect();
    } catch (cause) {
      client.end().catch(() => {});
      throw lost(cause);
    }
    return connection;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** @throws ConnectionLost; pg's DatabaseError */
  async all<R extends Row = Row>(text: string, params: readonly Value[] = []): Promise<R[]> {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `s${this.#names.size}`;
      this.#names.set(text, name);
    }
    try {
      return (await this.#client.query({ name, text, values: [...params] })).rows as R[];
    } catch (error) {
      throw this.#judged(error);
    }
  }

  /** Several statements, without parameters. @returns the command that was done last. @throws ConnectionLost; pg's DatabaseError */
  async run(text: string): Promise<string> {
    try {
      const result: pg.QueryResult | pg.QueryResult[] = await this.#client.query(text);
      return (Array.isArray(result) ? result.at(-1) : result)?.command ?? '';
    } catch (error) {
      throw this.#judged(error);
    }
  }

  onNotification(listener: (payload: string) => void): void {
    this.#client.on('notification', ({ payload = '' }) => listener(payload));
  }

  async close(): Promise<void> {
    this.#isLost = true;
    await this.#client.end().catch(() => {});
  }

  #judged(error: unknown): unknown {
    if (!isLoss(error)) return error;
    void this.close();
    return lost(error);
  }
}

/** What the server answers when it goes down, comes up, or takes nobody more; everything without SQLSTATE is the network's. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  return /^(08|57P0|53300|25P03)/.test(error.code ?? '');
}

function lost(cause: unknown): ConnectionLost {
  const { code, message } = cause as { code?: string; message?: string };
  // The messages of the network and of the server's refusal (a role, a database) hold no secret.
  const text = cause instanceof pg.DatabaseError || code === undefined ? message : code;
  return new ConnectionLost(text || 'no connection', { cause });
}
