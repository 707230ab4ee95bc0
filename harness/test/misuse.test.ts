import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import { main } from '../src/cli.ts';
import { answer, makeCertificate, serving, startLyingServer } from './lying-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'misuse-'));
const at = (name: string): string => join(directory, name);
const SECRET = 'c0ffee0123456789';
/** However wrong a call is, it ends within this time, in ms, on a busy machine too; with a time-out of 1 s. */
const WITHIN_MS = 15_000;

const account = (n: number): object => ({ name: `p${n}`, identityKey: `0${n}`.repeat(32), token: `${SECRET}0${n}` });
const three = [account(1), account(2), account(3)];
const FILES: Record<string, string | Uint8Array> = {
  file: 'x',
  empty: '',
  binary: Uint8Array.from({ length: 64 }, (_, i) => 255 - i),
  nul: `{"a": "\u0000"}`,
  'cut.json': `[{"token": "${SECRET}",`,
  'large.json': ' '.repeat(5 << 20),
  'two.json': JSON.stringify(three.slice(1)),
  'accounts.json': JSON.stringify(three),
  'limits.json': '{"queueLength": 5}',
  'bad.yaml': `target: a\n  token: ${SECRET}\n`,
  'key.yaml': 'timeout: 5s\nrequirements: DS\n',
  'value.yaml': `open: "${SECRET}"\n`,
  'inline.yaml': `accounts: [{token: ${SECRET}}]\n`,
  'soon.yaml': 'target: a:1\ntimeout: soon\n',
  'list.txt': '# known\nDS-004: No such scenario\n',
  'places.txt': 'features/delivery/fetch.feature:12\n',
  'ids.txt': 'DS-999\n',
  'ca.pem': 'x',
};

interface Misuse {
  args: string[];
  /** What the one line on standard error says: what is wrong, and what to do. */
  says: RegExp[];
}

/** What is wrong before anything runs: 2. */
const usage: Record<string, Misuse> = {
  'an option that there is not': { args: ['--targe', 'a'], says: [/Unknown argument: targe/, /is it --target\?/] },
  'a word too many': { args: ['stray'], says: [/"stray" stands beside the options/, /--help/] },
  'an address alone': { args: ['127.0.0.1:7000'], says: [/"127\.0\.0\.1:7000" stands beside/, /named by --target/] },
  'a secret beside the options': { args: [SECRET], says: [/a word stands beside the options/, /--help/] },
  'an option without its value': { args: ['--target'], says: [/Not enough arguments following: target/, /--help/] },
  'an option given twice': { args: ['--timeout', '5', '--timeout', '6'], says: [/--timeout is given twice/, /once/] },
  'a report of nothing': { args: ['--report'], says: [/Not enough arguments following: report/, /--help/] },
  'profiles that are none': { args: ['--profile', ''], says: [/--profile names nothing/, /nothing/] },
  'two targets': { args: ['--target', 'a', '--target', 'b'], says: [/--target is given twice/, /once/] },
  'no host': { args: ['--target', ':7000'], says: [/is not HOST:PORT/, /for example 127\.0\.0\.1:7000/] },
  'port 0': { args: ['--target', 'host:0'], says: [/is not HOST:PORT/, /for example/] },
  'a port above 65535': { args: ['--target', 'host:65536'], says: [/is not HOST:PORT/, /for example/] },
  'a URL': { args: ['--target', 'https://host:7000/'], says: [/is not HOST:PORT/, /for example/] },
  'IPv6 without brackets': {
    args: ['--target', '::1:7000'],
    says: [/IPv6 address stands in brackets/, /\[::1\]:7000/],
  },
  'a password in the target': {
    args: ['--target', `alice:${SECRET}@host:7000`],
    says: [/no user or password/, /--accounts FILE/],
  },
  'no time': { args: ['--timeout', 'soon'], says: [/--timeout soon is not a time/, /for example 10, 10s/] },
  'accounts that are not there': { args: accounts('gone.json'), says: [/cannot be read \(ENOENT\)/, /no such file/] },
  'accounts in a folder': { args: accounts('folder'), says: [/cannot be read \(EISDIR\)/, /give a file/] },
  'empty accounts': { args: accounts('empty'), says: [/is empty/, /empty/] },
  'binary accounts': { args: accounts('binary'), says: [/is not text in UTF-8/, /is it the right file/] },
  'accounts that hold zero bytes': { args: accounts('nul'), says: [/binary/, /is it the right file/] },
  'accounts of 5 MiB': { args: accounts('large.json'), says: [/is too large/, /over 4 MiB/] },
  'accounts without an end': { args: ['--target', 'a', '--accounts', '/dev/zero'], says: [/too large/, /right file/] },
  'accounts that are cut off': { args: accounts('cut.json'), says: [/is not JSON/, /--accounts/] },
  'two accounts': { args: accounts('two.json'), says: [/has 2 usable accounts/, /need 3/] },
  'accounts on the command line': {
    args: ['--target', 'a', '--accounts', JSON.stringify(three)],
    says: [/takes the path of a file/, /everybody on this machine sees a command line/],
  },
  'accounts without a target': {
    args: ['--accounts', at('accounts.json')],
    says: [/--accounts needs --target HOST:PORT/, /embedded server has its own/],
  },
  'more jobs than accounts': {
    args: [...accounts('accounts.json'), '--jobs', '2'],
    says: [/--jobs 2 needs 6 accounts/, /--accounts has 3/],
  },
  'no jobs': { args: ['--jobs', '0'], says: [/--jobs 0 is not a whole number/, /from 1 to 64/] },
  'unknown limits': {
    args: ['--limits', at('limits.json')],
    says: [/"queueLength" is not known/, /there are queueMess/],
  },
  'a CA without a certificate': {
    args: ['--target', 'a', '--tls-ca', at('ca.pem')],
    says: [/holds no certificate in PEM/, /--tls-ca/],
  },
  'half a pin': {
    args: ['--target', 'a', '--pin', 'abcd'],
    says: [/not the SHA-256 of a certificate/, /64 hex digits/],
  },
  'a pin and no check': {
    args: ['--target', 'a', '--pin', 'ab'.repeat(32), '--insecure'],
    says: [/exclude each other/, /give one/],
  },
  'a client and a target': {
    args: ['--client', 'x', '--target', 'a'],
    says: [/exclude each other/, /server of the suite/],
  },
  'an unknown requirement': { args: ['--requirement', 'XX-001'], says: [/no such requirement or area/, /areas are/] },
  'a list of nothing': { args: ['--requirement', ','], says: [/--requirement names nothing/, /names nothing/] },
  'an unknown profile': { args: ['--require', 'voice'], says: [/--require voice is not known/, /there are core/] },
  'an unknown tag': {
    args: ['--tag', '@needs:luck'],
    says: [/no scenario has this tag/, /there are .*@needs:accounts/],
  },
  'an unknown tag to exclude': { args: ['--exclude', '@slwo'], says: [/no scenario has this tag/, /there are/] },
  'an unknown level': { args: ['--level', 'could'], says: [/--level could is not known/, /must, should, may/] },
  'a place where no scenario is': {
    args: ['--scenario', 'features/none.feature:1'],
    says: [/no scenario stands/, /--list/],
  },
  'shard 0 of 3': { args: ['--shard', '0/3'], says: [/--shard 0\/3 is not I\/N/, /for example 1\/4/] },
  'shard 4 of 3': { args: ['--shard', '4/3'], says: [/--shard 4\/3 is not I\/N/, /for example 1\/4/] },
  'no repetition': { args: ['--repeat', '0'], says: [/--repeat 0 is not a whole number/, /from 1/] },
  'a list of a part of a run': {
    args: ['--bail', '--write-known-failing', at('written.txt')],
    says: [/exclude each other/, /needs a whole run/],
  },
  'an unknown network': { args: ['--network', 'rain=2%'], says: [/rain is not known/, /for example --network/] },
  'a seed without a network': { args: ['--network-seed', '7'], says: [/needs --network/, /for example/] },
  'an unknown report': { args: ['--report', 'xml=x'], says: [/is not KIND=FILE/, /junit, json/] },
  'a report into a folder': {
    args: ['--report', `json=${directory}`],
    says: [/cannot be written \(EISDIR\)/, /a file/],
  },
  'a report below a file': {
    args: ['--report', `json=${at('file/x/y')}`],
    says: [/cannot be written \(E/, /is a file/],
  },
  'a report where nobody can write': {
    args: ['--report', 'json=/proc/none/x'],
    says: [/cannot be written \(/, /--report/],
  },
  'two reports into one file': {
    args: ['--report', `json=${at('same')}`, '--report', `md=${at('same')}`],
    says: [/is given for two reports/, /--report/],
  },
  'traces into a file': {
    args: ['--trace', at('file')],
    says: [/--trace .* cannot be written \(EEXIST\)/, /is a file/],
  },
  'a list of failures into a folder': {
    args: ['--write-known-failing', directory],
    says: [/cannot be written \(EISDIR\)/, /give a file/],
  },
  'known failures that there are not': {
    args: ['--known-failing', at('list.txt')],
    says: [/list\.txt:2: no scenario is "DS-004: No such scenario"/, /the nearest are "DS-004: /],
  },
  'known failures by their places': {
    args: ['--known-failing', at('places.txt')],
    says: [/places\.txt:1 is neither a requirement/, /DS-004: A payload at the limit/],
  },
  'known failures of no requirement': { args: ['--known-failing', at('ids.txt')], says: [/DS-999/, /is it DS-/] },
  'a configuration that is not there': { args: ['--config', at('gone.yaml')], says: [/\(ENOENT\)/, /no such file/] },
  'YAML that is none': { args: ['--config', at('bad.yaml')], says: [/bad\.yaml:[12] is not YAML/, /read: \w+/] },
  'an unknown key': {
    args: ['--config', at('key.yaml')],
    says: [/key\.yaml:2: "requirements"/, /is it "requirement"\?/],
  },
  'a value of another kind': {
    args: ['--config', at('value.yaml')],
    says: [/value\.yaml:1: "open" is not true/, /it says/],
  },
  'accounts in the configuration': {
    args: ['--config', at('inline.yaml')],
    says: [/:1: "accounts" is not/, /JSON file/],
  },
  'a value that is none': {
    args: ['--config', at('soon.yaml')],
    says: [/--timeout soon/, /soon\.yaml:2 says timeout/],
  },
  'a link that is none': { args: ['--spec-url', 'ftp://x'], says: [/is not a URL of http/, /for example https/] },
  'a server command without a port': { args: ['--command', 'x'], says: [/has no \{port\}/, /as in --command/] },
  'a comparison of one': { args: ['compare', at('file')], says: [/needs two JSON reports/, /compare A\.json B\.json/] },
  'a comparison of what is no report': { args: ['compare', at('file'), at('file')], says: [/is no JSON/, /file/] },
};

function accounts(name: string): string[] {
  return ['--target', '127.0.0.1:1', '--accounts', at(name)];
}

/** Ends what a test opened. */
const closing: (() => Promise<unknown> | unknown)[] = [];
/** Ports of what is there, and no server that can be tested. */
const ports = { silent: '', tcp: '', dead: '', h3: '', mute: '', plain: '' };

before(async () => {
  mkdirSync(at('folder'));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(at(name), content);
  const udp = async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return socket;
  };
  const [silent, dead, tls, other] = await Promise.all([udp(), udp(), makeCertificate(), makeCertificate()]);
  writeFileSync(at('other.pem'), String(other.certPem));
  const tcp = createServer();
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const h3 = await startLyingServer(tls, () => {}, { alpn: ['h3'] });
  const mute = await startLyingServer(tls, () => {});
  const plain = await startLyingServer(tls, serving(answer(nodeService.health, async () => ({ status: 'ok' }))));
  const local = (port: number): string => `127.0.0.1:${port}`;
  Object.assign(ports, { silent: local(silent.address().port), tcp: local((tcp.address() as { port: number }).port) });
  Object.assign(ports, { dead: local(dead.address().port), h3: h3.address, mute: mute.address, plain: plain.address });
  await new Promise<void>((resolve) => dead.close(resolve));
  closing.push(
    () => silent.close(),
    () => tcp.close(),
    h3.close,
    mute.close,
    plain.close,
  );
});
after(async () => {
  for (const close of closing) await close();
  rmSync(directory, { recursive: true, force: true });
});

/** What cannot be tested: 3. The target is named by what it is. */
const unreachable: Record<string, { target: keyof typeof ports | 'nowhere.invalid:7000' } & Misuse> = {
  'nobody at the port': { target: 'dead', args: [], says: [/nothing listens on UDP/, /is the server started/] },
  'a TCP server at the port': {
    target: 'tcp',
    args: [],
    says: [/nothing listens on UDP/, /A TCP server does not count/],
  },
  'no handshake': { target: 'silent', args: [], says: [/did not answer within 1000 ms/, /firewall\? .*--timeout/] },
  'a handshake, and then nothing': { target: 'mute', args: [], says: [/answers no call within 1000 ms/, /--timeout/] },
  'another protocol': {
    target: 'h3',
    args: [],
    says: [/does not accept the ALPN protocol "capnp"/, /spec\/transport/],
  },
  'another certificate than the pin': {
    target: 'plain',
    args: ['--pin', '00'.repeat(32)],
    says: [/certificate of .* is not accepted/, /see --pin, --tls-ca, --insecure/],
  },
  'a certificate of another CA': {
    target: 'plain',
    args: ['--tls-ca', at('other.pem')],
    says: [/certificate of .* is not accepted/, /see --pin, --tls-ca, --insecure/],
  },
  'a name that does not resolve': {
    target: 'nowhere.invalid:7000',
    args: [],
    says: [/the host name nowhere\.invalid does not resolve/, /spelt right/],
  },
  'a shard of nothing': {
    target: 'plain',
    args: ['--requirement', 'HK-001', '--shard', '999/999'],
    says: [/this shard is empty/, /only \d+ scenarios/],
  },
  'nothing selected': {
    target: 'plain',
    args: ['--requirement', 'KP', '--profile', 'channels'],
    says: [/nothing matches/, /in all of --requirement, --profile at once/, /--list/],
  },
  'what is about clients': {
    target: 'plain',
    args: ['--requirement', 'CLI-001', 'MLS'],
    says: [/no scenario on a server is about CLI-001, MLS/, /--client COMMAND/],
  },
  'what vectors show': {
    target: 'plain',
    args: ['--requirement', 'HYB'],
    says: [/no scenario on a server is about HYB/, /npm run vectors/],
  },
  'what is about source code': {
    target: 'plain',
    args: ['--requirement', 'LAY'],
    says: [/no scenario on a server is about LAY/, /npm run layering/],
  },
  'what cannot be tested': {
    target: 'plain',
    args: ['--requirement', 'TRN-005'],
    says: [/no scenario on a server is about TRN-005/, /nothing can test them/],
  },
  'everything left out again': {
    target: 'plain',
    args: ['--requirement', 'KP-001', '--exclude', 'KP'],
    says: [/in all of --requirement, --exclude at once/, /leave one of them out/],
  },
};

/** Calls the command in this process. */
async function call(args: string[]): Promise<{ code: number; stderr: string; ms: number }> {
  let stderr = '';
  const { write } = process.stderr;
  const started = performance.now();
  process.stderr.write = (text: string | Uint8Array) => {
    stderr += text;
    return true;
  };
  try {
    const code = await main(args, (ended) => assert.fail(`ended with ${ended}`));
    return { code, stderr, ms: performance.now() - started };
  } finally {
    process.stderr.write = write;
  }
}

async function misuse({ args, says }: Misuse, expected: number): Promise<void> {
  const filesBefore = readdirSync(directory);
  const { code, stderr, ms } = await call(args);
  assert.equal(code, expected, stderr);
  for (const part of says) assert.match(stderr, part);
  assert.match(stderr, /^conformance: [^\n]+\n$/);
  assert.ok(!stderr.includes(SECRET) && !/\bat .*\.ts:\d/.test(stderr), stderr);
  assert.ok(ms < WITHIN_MS, `${ms} ms`);
  assert.deepEqual(readdirSync(directory), filesBefore, 'a file is left behind');
}

for (const [what, of] of Object.entries(usage)) test(`${what}: 2`, () => misuse(of, 2));
for (const [what, { target, args, says }] of Object.entries(unreachable))
  test(`${what}: 3`, () => {
    const address = target in ports ? ports[target as keyof typeof ports] : target;
    return misuse({ args: ['--target', address, '--open', '--timeout', '1s', ...args], says }, 3);
  });

test('a target that can be reached, and nobody to log in as: 2', () =>
  misuse(
    { args: ['--target', ports.plain, '--timeout', '1s'], says: [/how do the scenarios log in/, /--accounts FILE/] },
    2,
  ));
