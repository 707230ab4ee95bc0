// Cap'n Proto's C++ implementation: the suite passes on a server on it, and a client on it works with reference-server.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countVectors, loadVectors, runVectors } from '../harness/src/index.ts';
import { Checks, ROOT, run, runSuite, startServer, writeAccounts } from './peer.ts';

const sources = join(ROOT, 'interop/python');
const schema = ['--schema', join(ROOT, 'schemas/node.capnp')];
const scratch = mkdtempSync(join(tmpdir(), 'interop-cpp-'));
const python = join(scratch, 'venv/bin/python');
const checks = new Checks();
const tail = (text: string): string => text.split('\n').slice(-60).join('\n');

/** What depends on the RPC: of queues the waits, the order and the large answers. */
const AREAS = 'ENV,ERR,HK,KP,RPC,TRN,DS-005,DS-015,DS-021,DS-026,DS-027,DS-029';
/** What this implementation does otherwise, all of it SHOULD: the reasons of these requirements tell why that is no fault. */
const OTHERWISE = ['RPC-018', 'RPC-026', 'RPC-033', 'RPC-039'];

/** Requirement ids with a scenario that was not followed, out of a JSON report of the suite. */
function warnedRequirements(report: string): string[] {
  const { scenarios } = JSON.parse(readFileSync(report, 'utf8')) as {
    scenarios: { requirement: string; status: string }[];
  };
  const warned = scenarios.filter(({ status }) => status === 'warned').map(({ requirement }) => requirement);
  return [...new Set(warned)].sort();
}

async function must(name: string, command: string, args: string[]): Promise<void> {
  const { code, output } = await run(command, args);
  checks.check(name, code === 0, tail(output));
  if (code !== 0) throw new Error(`${name} failed`);
}

try {
  process.env.PYTHONDONTWRITEBYTECODE = '1';
  await must('a virtual environment (python3, python3-venv)', 'python3', ['-m', 'venv', join(scratch, 'venv')]);
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
  await must('aioquic and pycapnp', python, [...install, '--requirement', join(sources, 'requirements.txt')]);
  const accounts = join(scratch, 'accounts.json');
  writeAccounts(accounts);

  const options = [join(sources, 'server.py'), '--accounts', accounts, ...schema];
  const right = await startServer(python, options);
  const report = join(scratch, 'report.json');
  const areas = ['--requirement', AREAS, '--report', `json=${report}`];
  const { code, output } = await runSuite(right, accounts, ...areas);
  checks.check('the suite passes on the C++ implementation', code === 0, tail(output));
  const warned = warnedRequirements(report);
  checks.check(`it warns of ${OTHERWISE} and nothing else`, `${warned}` === `${OTHERWISE}`, `of ${warned}`);
  await right.stop();
  const cautious = await startServer(python, [...options, '--retry']);
  const retried = await runSuite(cautious, accounts, '--requirement', 'TRN-001,TRN-004,RPC-009');
  checks.check('likewise when each client has to show its address', retried.code === 0, tail(retried.output));
  await cautious.stop();

  for (const [store, where] of [
    ['memory', []],
    ['file', ['--data-dir', join(scratch, 'data')]],
  ] as const) {
    const reference = await startServer(process.execPath, [
      join(ROOT, 'reference/server/bin/reference-server.js'),
      ...['--listen', '127.0.0.1:0', '--accounts', accounts, ...where],
    ]);
    const target = ['--target', reference.address, '--pin', reference.pin, '--accounts', accounts];
    await must(`the C++ client works with reference-server (${store})`, python, [
      join(sources, 'client.py'),
      ...target,
      ...schema,
    ]);
    await reference.stop();
  }

  const vectors = loadVectors().filter(({ kind }) => ['envelope-parse', 'rpc-message', 'frame-split'].includes(kind));
  const verified = await runVectors({
    vectors,
    command: `'${python}' '${join(sources, 'vectors.py')}'`,
    timeoutMs: 20_000,
  });
  const wrong = verified
    .filter(({ status }) => status === 'failed')
    .map(({ vector, reason }) => `${vector.id}: ${reason}`);
  const { passed } = countVectors(verified);
  checks.check(
    `${passed} of ${vectors.length} vectors pass on the C++ implementation, and none fails`,
    wrong.length === 0 && passed > vectors.length * 0.9,
    wrong.join('\n'),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
