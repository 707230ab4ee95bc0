import { randomBytes } from 'node:crypto';
import { type IWorldOptions, World } from '@cucumber/cucumber';
import { RpcException } from '@quicnprotochat/rpc';
import { spellings } from '../redact.ts';
import { ExchangeLog, show } from '../world/exchange.ts';
import { SkipScenario } from '../world/skip-scenario.ts';
import { ClientFolder } from './client-folder.ts';
import { splitCommand } from './command-line.ts';
import { asVariables, cleanEnvironment } from './environment.ts';
import { MemoryService } from './memory-service.ts';
import { type NodeOptions, ObservingNode } from './observing-node.ts';
import { Peer } from './peer.ts';
import { CommandProcess, type CommandResult } from './process.ts';
import { findSeed } from './secrets.ts';

/** What the scenarios know of the client under test: plain data, since cucumber clones it. */
export interface ClientData {
  /** Words of the command that starts it. */
  command: string[];
  /** How long a command may take, in ms. */
  limitMs: number;
}

/** How one command is run. */
export interface CommandOptions {
  /** The server's address and its certificate (PEM); the scenario's node by default. */
  node?: ObservingNode | undefined;
  /** File of the trust anchor; undefined: none is given. */
  caCert?: string | undefined;
  isWithoutToken?: boolean | undefined;
  /** Gives the common options by the environment instead of the command line. */
  byEnvironment?: boolean | undefined;
  /** More of the environment. */
  env?: NodeJS.ProcessEnv | undefined;
  /** How many times as long as others it may take; by default 1. */
  patience?: number | undefined;
}

/** A command that goes on while the scenario does. */
export interface Background {
  process: CommandProcess;
  command: string;
  /** Calls that ask for messages, before it. */
  callsBefore: number;
}

const SHOWN_OUTPUT = 1_500;

/** The state of one scenario: a node, people, and the client under test, which is Alice, with a folder of her own. */
export class ClientWorld extends World<ClientData> {
  readonly exchange: ExchangeLog;
  readonly service = new MemoryService();
  deviceId: string | undefined;
  channelId: Uint8Array = new Uint8Array();
  /** Whatever the client has told so far. */
  readonly outputs: string[] = [];
  /** What the client has sent last. */
  text = '';
  /** What others have sent to the client, in order. */
  readonly said: { text: string; payload: Uint8Array }[] = [];
  /** A payload that is held back. */
  late: Uint8Array | undefined;
  /** A server that is not the right one. */
  other: ObservingNode | undefined;
  /** A command that goes on while the scenario does. */
  background: Background | undefined;
  /** Paths of the client's files when it was started in the background. */
  filesBefore: string[] = [];
  readonly nodes: ObservingNode[] = [];
  readonly folder = new ClientFolder();
  readonly #peers = new Map<string, Peer>();
  readonly #processes: CommandProcess[] = [];
  readonly #secrets = new Set<string>();
  #node: Promise<ObservingNode> | undefined;
  #last: CommandResult | undefined;
  /** The client's bearer token: text that cannot be taken for hex, so that there is one way to read it. */
  #token = `token-${randomBytes(16).toString('hex')}`;
  #tokenBytes: Uint8Array = Buffer.from(this.#token);

  constructor(options: IWorldOptions<ClientData>) {
    super(options);
    this.exchange = new ExchangeLog((text) => this.redact(text));
    this.useToken(this.#token, this.#tokenBytes);
  }

  get limitMs(): number {
    return this.parameters.limitMs;
  }

  /** The scenario's node; started when it is first needed. */
  node(): Promise<ObservingNode> {
    this.#node ??= this.startNode({ service: this.service });
    return this.#node;
  }

  async startNode(options: NodeOptions = {}): Promise<ObservingNode> {
    const node = await ObservingNode.start({
      ...options,
      onCall: (method, params) => this.exchange.add('client', 'received', `${method} ${this.#show(params)}`),
      onAnswer: (method, answer) => this.exchange.add('node', 'sent', `${method} -> ${this.#answer(answer)}`),
    });
    this.nodes.push(node);
    return node;
  }

  /** Bob, Carol, Mallory: played by the suite. */
  async peer(name: string): Promise<Peer> {
    const known = this.#peers.get(name);
    if (known) return known;
    const peer = await Peer.make(name, this.service);
    this.#peers.set(name, peer);
    return peer;
  }

  get tokenBytes(): Uint8Array {
    return this.#tokenBytes;
  }

  /** The client shows this token from now on, and the server knows it. @param token as it is given to the client */
  useToken(token: string, bytes: Uint8Array): void {
    this.#token = token;
    this.#tokenBytes = bytes;
    this.service.admit(bytes);
    for (const spelling of spellings(Buffer.from(bytes))) this.#secrets.add(spelling);
    this.#secrets.add(token);
  }

  /** No report shows it. */
  keepSecret(text: string): void {
    this.#secrets.add(text);
  }

  /** A file with what a node's certificate leads to. */
  caFile(node: ObservingNode): string {
    const { anchorPem, certPem } = node.certificate;
    return this.folder.write(`ca-${this.nodes.indexOf(node)}.pem`, anchorPem ?? certPem);
  }

  /** The KeyPackages that the client has uploaded, in order. */
  uploads(): { identityKey: Uint8Array; keyPackage: Uint8Array }[] {
    const calls = this.nodes.flatMap((node) => node.of('uploadKeyPackage'));
    return calls.map(({ params }) => ({
      identityKey: params.identityKey as Uint8Array,
      keyPackage: params.package as Uint8Array,
    }));
  }

  /** As `uploads`. @throws Error when there are none */
  someUploads(): { identityKey: Uint8Array; keyPackage: Uint8Array }[] {
    const uploads = this.uploads();
    if (uploads.length === 0) throw new Error(`it has uploaded no KeyPackage: ${this.ending()}`);
    return uploads;
  }

  get isRegistered(): boolean {
    return this.uploads().length > 0;
  }

  /** The client's identity: that of its last upload. @throws Error before there was one */
  get identityKey(): Uint8Array {
    const key = this.uploads().at(-1)?.identityKey;
    if (!key) throw new Error('the client has uploaded no KeyPackage, so that nobody knows its identity key');
    return key;
  }

  /** The seed of its identity, 32 bytes, where it can be found in what the client keeps. */
  seed(): Uint8Array | undefined {
    if (!this.isRegistered) return undefined;
    const seed = findSeed(
      this.folder.files().map(({ bytes }) => bytes),
      this.identityKey,
    );
    if (!seed) this.exchange.add('', 'note', 'its seed is in none of its files as it is, and was not looked for');
    return seed;
  }

  /** Starts a command; it is ended after the scenario. @param text subcommand and arguments, people in capitals */
  async start(text: string, options: CommandOptions = {}): Promise<CommandProcess> {
    const words: string[] = [];
    for (const word of splitCommand(text)) words.push(await this.#argument(word));
    const common = await this.#commonOptions(options);
    const given = options.byEnvironment ? [] : Object.entries(common).flatMap(([name, value]) => [`--${name}`, value]);
    const command = [...this.parameters.command, ...words, ...given];
    this.exchange.add('client', 'sent', `runs ${text}`);
    this.filesBefore = this.folder.files().map(({ path }) => path);
    const env = {
      ...cleanEnvironment(this.folder.home),
      ...(options.byEnvironment ? asVariables(common) : {}),
      ...options.env,
    };
    const limitMs = this.limitMs * (options.patience ?? 1);
    const process = new CommandProcess(command, { cwd: this.folder.work, env, limitMs });
    this.#processes.push(process);
    return process;
  }

  /** Runs a command to its end. @throws Error when it does not end in time */
  async run(text: string, options: CommandOptions = {}): Promise<CommandResult> {
    return this.finished(await this.start(text, options), text);
  }

  async finished(process: CommandProcess, text: string): Promise<CommandResult> {
    const result = await process.ended;
    this.#last = result;
    this.outputs.push(result.stdout, result.stderr);
    const end = result.code === undefined ? `ended by ${result.signal}` : `exits with ${result.code}`;
    this.exchange.add('client', 'note', `${end} after ${result.durationMs} ms`);
    for (const [name, output] of [
      ['stdout', result.stdout],
      ['stderr', result.stderr],
    ] as const)
      if (output !== '') this.exchange.add('client', 'note', `${name}: ${output.trimEnd().slice(0, SHOWN_OUTPUT)}`);
    if (result.isLate) throw new Error(`"${text}" did not end within ${this.limitMs} ms`);
    return result;
  }

  /** Runs a command that a scenario builds on. @throws Error unless it exits with 0 */
  async must(text: string, options: CommandOptions = {}): Promise<CommandResult> {
    const result = await this.run(text, options);
    if (result.code !== 0) throw new Error(`"${text}" failed: ${this.ending(result)}`);
    return result;
  }

  get last(): CommandResult {
    if (!this.#last) throw new TypeError('no command was run');
    return this.#last;
  }

  /** How a command ended, for people; without secrets. */
  ending({ code, signal, stderr }: CommandResult = this.last): string {
    const end = code === undefined ? `it was ended by ${signal}` : `it exited with ${code}`;
    return this.redact(stderr === '' ? end : `${end} and said: ${stderr.trim().slice(-400)}`);
  }

  /** The command in the background. */
  running(): Background {
    if (!this.background) throw new TypeError('no command was started');
    return this.background;
  }

  /** The objects that the last command wrote with --json. @throws Error for a line that is none */
  strictJson(): Record<string, unknown>[] {
    const lines = this.last.stdout.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line) => {
      try {
        return JSON.parse(line) as Record<string, unknown>;
      } catch {
        throw new Error(`it wrote a line that is no JSON: ${this.redact(line).slice(0, 200)}`);
      }
    });
  }

  /** As `strictJson`. @throws SkipScenario when there is another line */
  json(): Record<string, unknown>[] {
    try {
      return this.strictJson();
    } catch {
      return this.skip('the client does not write JSON (CLI-003)');
    }
  }

  skip(reason: string): never {
    throw new SkipScenario(reason);
  }

  redact(text: string): string {
    let redacted = text;
    for (const token of this.service.sessionTokens)
      for (const one of spellings(Buffer.from(token))) this.keepSecret(one);
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, '<token>');
    return redacted.replaceAll(this.folder.path, '…');
  }

  /** Ends and removes all that the scenario made. Never rejects. */
  async dispose(): Promise<void> {
    for (const one of this.#processes) one.kill();
    await Promise.all(this.#processes.map(({ ended }) => ended.catch(() => {})));
    await Promise.all(this.nodes.map((node) => node.stop().catch(() => {})));
    this.folder.remove();
  }

  async #commonOptions(options: CommandOptions): Promise<Record<string, string>> {
    const node = options.node ?? (await this.node());
    const caCert = 'caCert' in options ? options.caCert : this.caFile(node);
    return {
      server: node.address,
      ...(caCert === undefined ? {} : { 'ca-cert': caCert, 'server-name': 'localhost' }),
      ...(options.isWithoutToken ? {} : { 'access-token': this.#token }),
      ...(this.deviceId === undefined ? {} : { 'device-id': this.deviceId }),
      state: this.folder.state,
    };
  }

  async #argument(word: string): Promise<string> {
    if (!/^(?:BOB|CAROL|MALLORY|NOBODY)$/.test(word)) return word;
    const peer = await this.peer(word[0] + word.slice(1).toLowerCase());
    return Buffer.from(peer.key).toString('hex');
  }

  #show = (value: unknown): string => show(value);

  #answer(answer: { results: unknown } | { error: unknown }): string {
    if ('results' in answer) return this.#show(answer.results);
    const { error } = answer;
    return error instanceof RpcException ? `exception ${error.type} ${error.reason}` : `exception ${error}`;
  }
}
