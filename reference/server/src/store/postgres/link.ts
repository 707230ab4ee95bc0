import { ConnectionLost } from '../sql/group-commit.ts';
import { Connection } from './connection.ts';

/** A connection that is made when it is needed, and anew after it was lost. */
export class Link {
  readonly #url: string;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws ConnectionLost */
  async connection(): Promise<Connection> {
    if (this.#connection && !this.#connection.isLost) return this.#connection;
    // Whoever comes meanwhile shares the attempt.
    this.#opening ??= Connection.open(this.#url).finally(() => {
      this.#opening = undefined;
    });
    this.#connection = await this.#opening;
    return this.#connection;
  }

  /**
   * Runs what may be run again when the connection turns out to be lost: one that was idle is found dead only then.
   * @throws ConnectionLost; what `body` throws
   */
  async use<T>(body: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await body(await this.connection());
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return body(await this.connection());
    }
  }

  async close(): Promise<void> {
    const connection = (await this.#opening?.catch(() => undefined)) ?? this.#connection;
    await connection?.close();
  }
}
