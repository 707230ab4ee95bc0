// MLS beside OpenMLS (native): KeyPackages, adding to groups of 2, 16 and 64, encrypting and decrypting 256 bytes. Rounds are
// taken in turn, medians printed. What counts is the ratio; the absolute figures are this machine's.
import { GroupMember, generateKeyPackage, IdentityKeypair } from '@quicnprotochat/core';
import { OpenMls } from '../interop/mls-members.ts';

const ROUNDS = 3;
const ROUND_MS = 1_000;
const PLAINTEXT = new Uint8Array(256).fill(7);
const MEASURED = [
  { what: 'keyPackages', size: 2, name: 'KeyPackages' },
  { what: 'add', size: 2, name: 'add and confirm, 2 members' },
  { what: 'add', size: 16, name: 'add and confirm, 16 members' },
  { what: 'add', size: 64, name: 'add and confirm, 64 members' },
  { what: 'encrypt', size: 2, name: 'encrypt 256 B' },
  { what: 'decrypt', size: 2, name: 'decrypt 256 B' },
] as const;
type What = (typeof MEASURED)[number]['what'];

/** A group of `size` whose creator is given, with the last one who joined. */
async function group(size: number): Promise<[creator: GroupMember, last: GroupMember]> {
  const creator = await GroupMember.new(IdentityKeypair.generate());
  const last = await GroupMember.new(IdentityKeypair.generate());
  await creator.createGroup();
  for (let i = 2; i < size; i += 1) {
    const { keyPackage } = await generateKeyPackage(IdentityKeypair.generate());
    await (await creator.addMember(keyPackage)).confirm();
  }
  const { welcome, confirm } = await creator.addMember((await last.generateKeyPackage()).keyPackage);
  await confirm();
  await last.joinGroup(welcome as Uint8Array);
  return [creator, last];
}

/** One run of each: milliseconds that it took, without what it needs before and after. */
const tasks: Record<What, (creator: GroupMember, last: GroupMember) => Promise<number>> = {
  async keyPackages({ identity }) {
    const start = performance.now();
    await generateKeyPackage(identity);
    return performance.now() - start;
  },
  async add(creator) {
    const joining = IdentityKeypair.generate();
    const { keyPackage } = await generateKeyPackage(joining);
    const start = performance.now();
    await (await creator.addMember(keyPackage)).confirm();
    const spent = performance.now() - start;
    await (await creator.removeMember(joining.publicKey)).confirm();
    return spent;
  },
  async encrypt(creator) {
    const start = performance.now();
    await creator.sendMessage(PLAINTEXT);
    return performance.now() - start;
  },
  async decrypt(creator, last) {
    const message = await creator.sendMessage(PLAINTEXT);
    const start = performance.now();
    await last.receiveMessage(message);
    return performance.now() - start;
  },
};

/** @returns runs per second */
async function rate(what: What, size: number): Promise<number> {
  const [creator, last] = await group(size);
  const end = performance.now() + ROUND_MS;
  let spent = 0;
  let runs = 0;
  while (performance.now() < end) {
    spent += await tasks[what](creator, last);
    runs += 1;
  }
  return (runs / spent) * 1000;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const openMls = await OpenMls.start();
console.log(
  `${ROUNDS} rounds of ${ROUND_MS} ms, in turn; medians per second; Node.js ${process.version}, OpenMLS 0.9.2`,
);
for (const { what, size, name } of MEASURED) {
  const ours: number[] = [];
  const native: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await rate(what, size));
    native.push((await openMls.call<{ perSecond: number }>('measure', { what, size, millis: ROUND_MS })).perSecond);
  }
  const ratio = median(ours.map((value, i) => value / (native[i] as number)));
  const figures = `ours ${median(ours).toFixed(0)}/s, OpenMLS ${median(native).toFixed(0)}/s`;
  console.log(`${name.padEnd(28)} ${figures.padEnd(36)} ratio ${ratio.toFixed(2)}`);
}
openMls.stop();
