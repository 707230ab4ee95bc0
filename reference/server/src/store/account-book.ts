import { Holders } from './holders.ts';
import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, decodeSeq, encodeRecord, encodeSeq, keyOf } from './records.ts';
import { FullError, type Registered, type Token, type User } from './store.ts';

const USER = 1;
const TOKEN = 2;
/** The user of that name goes, and every token under it. */
const REVOKE = 3;
const FORGET_TOKENS = 4;
const SETTING = 5;
const RECORD_BYTES = 350;

/** Users, tokens and settings, in memory, with a journal behind them. */
export class AccountBook {
  readonly #users = new Map<string, { user: User; durable: Promise<void> }>();
  readonly #tokens = new Map<string, Token>();
  /** Digests in hex by name, oldest first. */
  readonly #digestsOf = new Map<string, Set<string>>();
  readonly #settings = new Map<string, { value: Uint8Array; durable: Promise<void> }>();
  readonly #holders = new Holders();
  #journal: Journal = noJournal;

  static async open(openJournal: OpenJournal): Promise<AccountBook> {
    const book = new AccountBook();
    book.#journal = await openJournal('accounts', {
      replay: (record) => book.#replay(record),
      records: () => book.#records(),
      liveBytes: () => (book.#users.size + book.#tokens.size + book.#settings.size) * RECORD_BYTES,
    });
    return book;
  }

  async addUser(user: User, limit: number): Promise<Registered> {
    const known = this.#users.get(user.username);
    if (known) {
      // Made by a call that is not answered yet: that it will last is not known before.
      await known.durable;
      return 'username-taken';
    }
    if (this.#hasOtherToken(user)) return 'username-taken';
    if (this.#holders.hasOther(user.identityKey, user.username)) return 'identity-taken';
    if (this.#users.size >= limit) throw new FullError();
    const durable = this.#journal.append({
      record: encodeUser(user),
      undo: () => this.#removeUser(user.username),
    });
    this.#setUser(user, durable);
    await durable;
    return 'added';
  }

  user(username: string): User | undefined {
    return this.#users.get(username)?.user;
  }

  users(): User[] {
    return [...this.#users.values()].map(({ user }) => user);
  }

  async addToken(token: Token, limit: number): Promise<void> {
    const digests = [...(this.#digestsOf.get(token.name) ?? [])];
    const old = digests.slice(0, Math.max(0, digests.length + 1 - limit));
    const dropped = this.#drop(old);
    this.#set(token);
    await Promise.all([
      this.#forgotten(dropped),
      this.#journal.append({ record: encodeToken(token), undo: () => this.#drop([keyOf(token.digest)]) }),
    ]);
  }

  token(digest: Uint8Array): Token | undefined {
    return this.#tokens.get(keyOf(digest));
  }

  tokens(): Token[] {
    return [...this.#tokens.values()];
  }

  async revoke(name: string): Promise<boolean> {
    const known = this.#users.get(name);
    const tokens = this.#drop([...(this.#digestsOf.get(name) ?? [])]);
    this.#removeUser(name);
    if (!known && tokens.length === 0) return false;
    await this.#journal.append({
      record: encodeRecord(REVOKE, Buffer.from(name)),
      undo: () => {
        if (known) this.#setUser(known.user, known.durable);
        for (const token of tokens) this.#set(token);
      },
    });
    return true;
  }

  async forgetTokens(expiredBeforeMs: number): Promise<number> {
    const isOld = ({ expiresAtMs }: Token): boolean => expiresAtMs !== undefined && expiresAtMs < expiredBeforeMs;
    const old = [...this.#tokens].filter(([, token]) => isOld(token)).map(([digest]) => digest);
    const dropped = this.#drop(old);
    await this.#forgotten(dropped);
    return dropped.length;
  }

  async claimSetting(name: string, value: Uint8Array): Promise<Uint8Array> {
    const known = this.#settings.get(name);
    if (known) {
      await known.durable;
      return known.value;
    }
    const durable = this.#journal.append({
      record: encodeRecord(SETTING, Buffer.from(name), value),
      undo: () => this.#settings.delete(name),
    });
    this.#settings.set(name, { value, durable });
    await durable;
    return value;
  }

  settings(): { name: string; value: Uint8Array }[] {
    return [...this.#settings].map(([name, { value }]) => ({ name, value }));
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  /** Whether an operator gave that name to somebody else. */
  #hasOtherToken({ username, identityKey }: User): boolean {
    const digests = [...(this.#digestsOf.get(username) ?? [])];
    return digests.some((digest) => keyOf(this.#tokens.get(digest)?.identityKey ?? identityKey) !== keyOf(identityKey));
  }

  #setUser(user: User, durable: Promise<void>): void {
    this.#users.set(user.username, { user, durable });
    this.#holders.add(user.identityKey, user.username);
  }

  #removeUser(username: string): void {
    const known = this.#users.get(username);
    if (!known) return;
    this.#users.delete(username);
    this.#holders.remove(known.user.identityKey, username);
  }

  #set(token: Token): void {
    const key = keyOf(token.digest);
    this.#holders.add(token.identityKey, token.name);
    this.#tokens.set(key, token);
    const digests = this.#digestsOf.get(token.name) ?? new Set();
    this.#digestsOf.set(token.name, digests.add(key));
  }

  /** @param digests in hex @returns what was there of them */
  #drop(digests: readonly string[]): Token[] {
    return digests.flatMap((digest) => {
      const token = this.#tokens.get(digest);
      if (!token) return [];
      this.#tokens.delete(digest);
      this.#holders.remove(token.identityKey, token.name);
      const rest = this.#digestsOf.get(token.name);
      rest?.delete(digest);
      if (rest?.size === 0) this.#digestsOf.delete(token.name);
      return token;
    });
  }

  async #forgotten(tokens: readonly Token[]): Promise<void> {
    if (tokens.length === 0) return;
    await this.#journal.append({
      record: encodeRecord(FORGET_TOKENS, ...tokens.map(({ digest }) => digest)),
      undo: () => {
        for (const token of tokens) this.#set(token);
      },
    });
  }

  #replay(record: Uint8Array): void {
    const { kind, fields } = decodeRecord(record);
    const [first = new Uint8Array(), second = new Uint8Array()] = fields;
    const name = Buffer.from(first).toString();
    const durable = Promise.resolve();
    if (kind === USER) this.#setUser(decodeUser(fields), durable);
    else if (kind === TOKEN) this.#set(decodeToken(fields));
    else if (kind === SETTING) this.#settings.set(name, { value: second.slice(), durable });
    else if (kind === FORGET_TOKENS) this.#drop(fields.map((digest) => keyOf(digest)));
    else if (kind === REVOKE) {
      this.#removeUser(name);
      this.#drop([...(this.#digestsOf.get(name) ?? [])]);
    }
  }

  *#records(): Generator<Uint8Array> {
    for (const user of this.users()) yield encodeUser(user);
    for (const token of this.tokens()) yield encodeToken(token);
    for (const { name, value } of this.settings()) yield encodeRecord(SETTING, Buffer.from(name), value);
  }
}

const encodeUser = ({ username, identityKey, registration }: User): Uint8Array =>
  encodeRecord(USER, Buffer.from(username), identityKey, registration);

function decodeUser(fields: readonly Uint8Array[]): User {
  const [username, identityKey, registration] = fields as [Uint8Array, Uint8Array, Uint8Array];
  return {
    username: Buffer.from(username).toString(),
    identityKey: identityKey.slice(),
    registration: registration.slice(),
  };
}

/** The time and the device are empty when there is none. */
const encodeToken = ({ digest, name, identityKey, deviceId, expiresAtMs }: Token): Uint8Array =>
  encodeRecord(
    TOKEN,
    digest,
    Buffer.from(name),
    identityKey,
    expiresAtMs === undefined ? new Uint8Array() : encodeSeq(BigInt(expiresAtMs)),
    ...(deviceId ? [deviceId] : []),
  );

function decodeToken(fields: readonly Uint8Array[]): Token {
  const [digest, name, identityKey, expires, deviceId] = fields as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array?,
  ];
  return {
    digest: digest.slice(),
    name: Buffer.from(name).toString(),
    identityKey: identityKey.slice(),
    deviceId: deviceId?.slice(),
    expiresAtMs: expires.length === 0 ? undefined : Number(decodeSeq(expires)),
  };
}
