import { readFile } from 'node:fs/promises';
import { ClientAuth, parseToken } from './client-auth.ts';
import { ClientError } from './errors.ts';
import { parseAddress } from './node/address.ts';
import type { Trust } from './node/connect-node.ts';
import { defaultKnownHosts } from './node/known-hosts.ts';
import { NodeClient } from './node/node-client.ts';
import type { Output } from './output.ts';
import type { StoredState } from './state/stored-state.ts';

/** The options that all commands share, as the command line gives them (spec: CLI-002). */
export interface GlobalOptions {
  server: string;
  caCert?: string | undefined;
  serverName?: string | undefined;
  pin?: string | undefined;
  knownHosts?: string | undefined;
  accessToken?: string | undefined;
  accessTokenFile?: string | undefined;
  deviceId?: string | undefined;
  state: string;
  statePassword?: string | undefined;
  timeoutMs: number;
  json: boolean;
}

/** What a command works with: the server, who we are there, and where results go. */
export class Context {
  readonly options: GlobalOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
  #node: NodeClient | undefined;

  constructor(options: GlobalOptions, output: Output, signal: AbortSignal) {
    this.options = options;
    this.output = output;
    this.signal = signal;
  }

  /** The server; connects with the first call. @throws ClientError `usage` */
  async node(): Promise<NodeClient> {
    if (this.#node) return this.#node;
    const { server, timeoutMs } = this.options;
    this.#node = new NodeClient({
      address: parseAddress(server),
      trust: await this.#trust(),
      timeoutMs,
      retryMs: timeoutMs,
      signal: this.signal,
      onFirstUse: (address, sha256) =>
        this.output.note(
          `trusting ${address}, seen for the first time: certificate sha256 ${sha256} (--pin checks it)`,
        ),
      onRetry: (why, afterMs) => this.output.note(`${why}; trying again in ${afterMs} ms`),
    });
    return this.#node;
  }

  /**
   * The token given on the command line, else the one that a login left in the state for this server.
   * @throws ClientError `usage`
   */
  async auth(state?: StoredState): Promise<ClientAuth> {
    const { accessToken, accessTokenFile, deviceId, server } = this.options;
    const given = parseToken(accessToken) ?? parseToken(await this.#tokenFile(accessTokenFile));
    const login = state?.login?.server === server ? state.login.token : undefined;
    return new ClientAuth(given ?? login, deviceId);
  }

  async close(): Promise<void> {
    await this.#node?.close();
  }

  async #tokenFile(path: string | undefined): Promise<string | undefined> {
    return path === undefined ? undefined : (await read('--access-token-file', path)).toString('utf8');
  }

  async #trust(): Promise<Trust> {
    const { pin, caCert, serverName, knownHosts } = this.options;
    if (pin !== undefined && caCert !== undefined) throw new ClientError('usage', 'give --pin or --ca-cert, not both');
    if (pin !== undefined) return { kind: 'pin', sha256: pin };
    if (caCert !== undefined) return { kind: 'ca', certificates: await read('--ca-cert', caCert), serverName };
    return { kind: 'first-use', knownHosts: knownHosts ?? defaultKnownHosts() };
  }
}

async function read(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ClientError('usage', `${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
