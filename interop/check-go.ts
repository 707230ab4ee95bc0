// The Go peer: the suite passes on it, each of its planted faults is caught at the requirement it breaks, and its client
// works a whole session with reference-server.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks, ROOT, run, runSuite, startServer, writeAccounts } from './peer.ts';

const go = join(ROOT, 'interop/go');
const scratch = mkdtempSync(join(tmpdir(), 'interop-go-'));
const checks = new Checks();
const tail = (text: string): string => text.split('\n').slice(-60).join('\n');

async function must(name: string, command: string, args: string[]): Promise<string> {
  const { code, output } = await run(command, args, go);
  checks.check(name, code === 0, tail(output));
  if (code !== 0) throw new Error(`${name} failed`);
  return output;
}

/** Requirement ids with a failed scenario, out of a JSON report of the suite. */
function failedRequirements(report: string): Set<string> {
  const { scenarios } = JSON.parse(readFileSync(report, 'utf8')) as {
    scenarios: { requirement: string; status: string }[];
  };
  return new Set(scenarios.filter(({ status }) => status === 'failed').map(({ requirement }) => requirement));
}

try {
  await must('go build', 'go', ['build', '-o', `${scratch}/`, './cmd/...']);
  await must('go vet', 'go', ['vet', './...']);
  await must('go test', 'go', ['test', './...']);
  const server = join(scratch, 'node-server');
  const accounts = join(scratch, 'accounts.json');
  writeAccounts(accounts);
  const options = ['-listen', '127.0.0.1:0', '-accounts', accounts, '-stop-with-stdin'];

  const right = await startServer(server, options);
  const { code, output } = await runSuite(right, accounts);
  checks.check('the suite passes on the Go server', code === 0, tail(output));
  await right.stop();
  // Right in other ways: the first generation and channels alone; numbers that begin just below 2^63.
  for (const [name, variant, areas] of [
    ['with few methods', ['-core-only'], 'AUTH,CH,DS,ERR,HK,KP'],
    ['with great numbers', ['-last-seq', String(2n ** 63n - 8n)], 'BAT,DS'],
  ] as const) {
    const other = await startServer(server, [...options, ...variant]);
    const result = await runSuite(other, accounts, '--strict', '--requirement', areas);
    checks.check(`the suite passes on the Go server ${name}`, result.code === 0, tail(result.output));
    await other.stop();
  }

  const breaks = (await must('list of planted faults', server, ['-list-breaks']))
    .trim()
    .split('\n')
    .map((line) => /^(\S+)\s+([A-Z]+-\d{3})\s/.exec(line)?.slice(1, 3) as [string, string]);
  checks.check('there are ten planted faults or more', breaks.length >= 10 && breaks.every(Boolean));
  for (const [name, requirement] of breaks) {
    const broken = await startServer(server, [...options, '-break', name]);
    const report = join(scratch, `${name}.json`);
    const selection = ['--strict', '--requirement', requirement, '--report', `json=${report}`];
    const result = await runSuite(broken, accounts, ...selection);
    const caught = result.code === 1 && failedRequirements(report).has(requirement);
    checks.check(`fault ${name} is caught at ${requirement}`, caught, tail(result.output));
    await broken.stop();
  }

  const reference = await startServer(process.execPath, [
    join(ROOT, 'reference/server/bin/reference-server.js'),
    ...['--listen', '127.0.0.1:0', '--accounts', accounts, '--stop-with-stdin'],
  ]);
  const clientArgs = ['-target', reference.address, '-pin', reference.pin, '-accounts', accounts];
  await must('the Go client works with reference-server', join(scratch, 'node-client'), clientArgs);
  await reference.stop();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
