import { type CoreError, GroupMember, MemoryKeyStore, PAST_EPOCHS, type Received } from '../src/index.ts';
import { bytes, hex, person, text } from './people.ts';

interface Item {
  bytes: Uint8Array;
  /** Of whom: hex of the identity key. */
  sender: string;
  epoch: bigint;
  /** Undefined for a commit. */
  plaintext: string | undefined;
}
interface Seat {
  member: GroupMember;
  joined: bigint;
  inbox: Item[];
}

/**
 * A group over a service that keeps an order: one commit an epoch, everything to everybody's inbox in that order. It says
 * what each member must make of each thing, and throws when one makes something else of it.
 */
export class DeliveryModel {
  #seats: Seat[] = [];
  #removed: Seat[] = [];
  #epoch = 0n;
  #sent = 0;
  /** How often each thing was seen, so that a test can tell that it has tested something. */
  readonly seen: Record<string, number> = {};

  static async start(): Promise<DeliveryModel> {
    const model = new DeliveryModel();
    const member = await person();
    await member.createGroup();
    model.#seats.push({ member, joined: 0n, inbox: [] });
    return model;
  }

  #seat(n: number): Seat {
    return this.#seats[n % this.#seats.length] as Seat;
  }

  async send(n: number): Promise<void> {
    const seat = this.#seat(n);
    this.#sent += 1;
    const plaintext = `message ${this.#sent}`;
    this.#post(seat, { bytes: await seat.member.sendMessage(bytes(plaintext)), plaintext, epoch: seat.member.epoch });
  }

  /** A commit, which counts only when its maker knows all commits before it; else it is discarded. */
  async commit(n: number, kind: 'add' | 'remove' | 'update', other: number): Promise<void> {
    const seat = this.#seat(n);
    if (kind === 'remove' && this.#seat(other) === seat) return;
    const newcomer = kind === 'add' ? await person({ keyStore: new MemoryKeyStore() }) : undefined;
    const gone = this.#seat(other);
    const here = (key: Uint8Array): boolean => seat.member.members().some((member) => hex(member) === hex(key));
    if (kind === 'remove' && !here(gone.member.identity.publicKey)) return;
    const pending = newcomer
      ? await seat.member.addMember((await newcomer.generateKeyPackage()).keyPackage)
      : await (kind === 'remove' ? seat.member.removeMember(gone.member.identity.publicKey) : seat.member.update());
    if (seat.member.epoch !== this.#epoch) {
      this.#count('discarded commit');
      return pending.discard();
    }
    this.#post(seat, { bytes: pending.commit, plaintext: undefined, epoch: seat.member.epoch });
    await pending.confirm();
    this.#epoch += 1n;
    if (kind === 'remove') {
      this.#seats = this.#seats.filter((left) => left !== gone);
      this.#removed.push(gone);
    }
    if (newcomer) {
      await newcomer.joinGroup(pending.welcome as Uint8Array);
      this.#seats.push({ member: newcomer, joined: this.#epoch, inbox: [] });
    }
    this.#count(kind);
  }

  /** The next of what is in somebody's inbox; the message after it first, when both are messages and `swap` is set. */
  async receive(n: number, swap: boolean): Promise<void> {
    const all = [...this.#seats, ...this.#removed];
    const { member, joined, inbox } = all[n % all.length] as Seat;
    const [first, second] = inbox;
    if (!first) return;
    const at = swap && first.plaintext !== undefined && second?.plaintext !== undefined ? 1 : 0;
    const [item] = inbox.splice(at, 1) as [Item];
    const now = member.epoch;
    const result = await member.receiveMessage(item.bytes).catch((error: CoreError) => error.code);
    const tooOld = item.plaintext === undefined ? item.epoch < now : item.epoch < now - BigInt(PAST_EPOCHS);
    const expected = item.epoch > now ? 'REMOVED' : tooOld || item.epoch < joined ? 'PAST_EPOCH' : this.#readable(item);
    const got = typeof result === 'string' ? result : this.#describe(result);
    if (got !== expected) throw new Error(`at epoch ${now}, of epoch ${item.epoch}: ${got}, where ${expected} is due`);
    this.#count(typeof result === 'string' ? result : result.kind);
  }

  /** Somebody's program ends, and starts with what it saved. */
  async restart(n: number): Promise<void> {
    const seat = this.#seat(n);
    seat.member = await GroupMember.load(seat.member.identity, await seat.member.save());
    this.#count('restart');
  }

  async finish(): Promise<void> {
    for (const [n, seat] of [...this.#seats, ...this.#removed].entries()) {
      while (seat.inbox.length > 0) await this.receive(n, false);
    }
    const [first, ...others] = this.#seats.map(({ member }) => `${member.epoch} ${member.members().map(hex)}`);
    if (others.some((other) => other !== first)) throw new Error('members see different groups');
  }

  #readable(item: Item): string {
    return `${item.sender} ${item.plaintext ?? 'commit'}`;
  }

  #describe(received: Received): string {
    const what = received.kind === 'application' ? text(received.plaintext) : received.kind;
    return `${hex(received.sender)} ${what}`;
  }

  #post(from: Seat, item: Omit<Item, 'sender'>): void {
    const sender = hex(from.member.identity.publicKey);
    for (const seat of [...this.#seats, ...this.#removed]) if (seat !== from) seat.inbox.push({ ...item, sender });
  }

  #count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }
}
