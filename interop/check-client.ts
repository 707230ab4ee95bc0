// The client as people use it, a process a command: demo-group and a conversation of three on reference-server and the Go
// server, and a receiver that is killed at random moments.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { converse } from './client-conversation.ts';
import { killReceiver } from './client-kills.ts';
import { Person, startClient } from './client-process.ts';
import { Checks, ROOT, type RunningServer, run, startServer } from './peer.ts';

const NAMES = ['alice', 'bob', 'carol'];
const SERVER = join(ROOT, 'reference/server/bin/reference-server.js');
const scratch = mkdtempSync(join(tmpdir(), 'check-client-'));
const checks = new Checks();

async function demo(name: string, server: RunningServer, ...options: string[]): Promise<void> {
  const { code, lines, errors } = await startClient(['demo-group', ...options], {
    QUICNPROTOCHAT_SERVER: server.address,
    QUICNPROTOCHAT_PIN: server.pin,
  }).ended;
  const messages = lines.filter(({ step }) => step === 'message');
  const ok = code === 0 && messages.length === 3 && messages.every(({ isHybrid }) => isHybrid === true);
  checks.check(`demo-group on ${name}`, ok, `${JSON.stringify(lines)}\n${errors}`);
}

/** Three people with identities of their own, and an accounts file that knows them. */
async function people(directory: string): Promise<{ everyone: Person[]; accounts: string }> {
  mkdirSync(directory);
  const everyone = NAMES.map((name) => new Person(name, directory, randomBytes(32).toString('hex')));
  for (const person of everyone) {
    const [told] = await person.must('init');
    person.identityKey = String(told?.identityKey);
  }
  const accounts = join(directory, 'accounts.json');
  const entries = everyone.map(({ name, identityKey, token }) => ({ name, identityKey, token }));
  writeFileSync(accounts, JSON.stringify(entries), { mode: 0o600 });
  return { everyone, accounts };
}

const reference = (...options: string[]): Promise<RunningServer> =>
  startServer(process.execPath, [SERVER, '--listen', '127.0.0.1:0', '--stop-with-stdin', ...options]);

async function withServer(server: RunningServer, step: (server: RunningServer) => Promise<void>): Promise<void> {
  try {
    await step(server);
  } finally {
    await server.stop();
  }
}

try {
  await withServer(await reference('--open'), (server) => demo('reference-server, open', server));
  const { everyone, accounts } = await people(join(scratch, 'reference'));
  const data = join(scratch, 'data');
  await withServer(await reference('--accounts', accounts, '--data-dir', data), async (server) => {
    await demo('reference-server, with accounts made by OPAQUE', server, '--register');
    await converse(checks, 'reference-server', everyone, server, 500);
    await killReceiver(checks, everyone[0] as Person, everyone[1] as Person);
  });

  const built = await run('go', ['build', '-o', `${scratch}/`, './cmd/node-server'], join(ROOT, 'interop/go'));
  checks.check('go build', built.code === 0, built.output);
  const go = join(scratch, 'node-server');
  const listen = ['-listen', '127.0.0.1:0', '-stop-with-stdin'];
  await withServer(await startServer(go, [...listen, '-open']), (server) => demo('the Go server', server));
  const others = await people(join(scratch, 'go'));
  await withServer(await startServer(go, [...listen, '-accounts', others.accounts]), (server) =>
    converse(checks, 'the Go server', others.everyone, server, 50),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
