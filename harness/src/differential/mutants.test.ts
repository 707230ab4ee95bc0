import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { conform } from '../conform.ts';
import { MutantHost } from '../mutants/host.ts';
import { readOptions } from '../options/options.ts';
import { REPORT_SCHEMA } from '../report/read-report.ts';
import { type AccountData, makeAccounts } from '../target/accounts.ts';
import { type EmbeddedServer, startEmbedded } from '../target/embedded.ts';
import type { DifferentialReport } from './report.ts';

// The reference server against ones with a fault: the field that differs must be found and named.

const directory = mkdtempSync(join(tmpdir(), 'differential-'));
const accountsFile = join(directory, 'accounts.json');
const accounts: AccountData[] = makeAccounts();
let host: MutantHost;
let reference: EmbeddedServer;
before(async () => {
  writeFileSync(
    accountsFile,
    JSON.stringify(accounts.map(({ isExpired, ...account }) => ({ ...account, expired: isExpired }))),
    { mode: 0o600 },
  );
  host = new MutantHost();
  reference = await startEmbedded(false, undefined, accounts);
});
after(async () => {
  await Promise.all([host.close(), reference.stop()]);
  rmSync(directory, { recursive: true, force: true });
});

const SCHEMA = fileURLToPath(new URL('../../schemas/differential.schema.json', import.meta.url));
const schemas = [REPORT_SCHEMA, SCHEMA].map((path) => JSON.parse(readFileSync(path, 'utf8')));
const validate = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true, schemas }).getSchema(
  'urn:quicnprotochat:differential-report:1',
);

/** Compares the reference server with a faulty one. */
async function against(id: string, ...requirement: string[]) {
  const faulty = await host.start(id, accounts);
  const path = join(directory, 'report.json');
  let told = '';
  try {
    const options = readOptions({
      target: `${reference.host}:${reference.port}`,
      against: `${faulty.host}:${faulty.port}`,
      accounts: accountsFile,
      requirement,
      report: [`json=${path}`, `md=${path}.md`],
      timeout: '3s',
      seed: '1',
    });
    const out = {
      write: (text: string): void => {
        told += text;
      },
    };
    const exitCode = await conform(options, ['--target', 'A', '--against', 'B'], { out });
    const markdown = readFileSync(`${path}.md`, 'utf8');
    return { exitCode, told, markdown, report: JSON.parse(readFileSync(path, 'utf8')) as DifferentialReport };
  } finally {
    await host.stop(faulty);
  }
}

const FOUND: [mutant: string, requirement: string, call: string | null, field: RegExp, a: RegExp, b: RegExp][] = [
  ['key-packages/as-text', 'KP-005', 'fetchKeyPackage', /^package$/, /\(\d+ bytes\)$/, /\(\d+ bytes\)$/],
  ['key-packages/length-code', 'KP-001', 'uploadKeyPackage', /^exception\.reason$/, /^E004$/, /^E020$/],
  ['delivery/stays', 'DS-011', 'fetch', /^payloads$/, /^0 payloads$/, /^\d+ payloads$/],
  ['errors/disconnected', 'ERR-001', 'uploadKeyPackage', /^exception\.type$/, /^failed$/, /^disconnected$/],
  ['channels/ids-in-hex', 'CH-001', 'createChannel', /^channelId$/, /\(16 bytes\)$/, /\(32 bytes\)$/],
  ['batch/one-number', 'BAT-007', 'batchEnqueue', /^seqs$/, /^\d seqs$/, /^1 seqs$/],
];

for (const [mutant, requirement, call, field, a, b] of FOUND)
  test(`${mutant}: ${call} differs`, async () => {
    const { exitCode, told, markdown, report } = await against(mutant, requirement);
    assert.equal(exitCode, 1);
    assert.ok(validate?.(report), JSON.stringify(validate?.errors?.slice(0, 3)));
    const pair = report.differences.find(({ first }) => first?.call === call && field.test(first.field));
    assert.ok(
      pair?.first,
      JSON.stringify(report.differences.map(({ first, name }) => [name, first?.call, first?.field])),
    );
    assert.match(pair.first.a, a);
    assert.match(pair.first.b, b);
    assert.equal(pair.requirement, requirement);
    assert.equal(pair.outcome.a.status, 'passed');
    assert.ok(pair.first.fields.some(({ differs }) => differs));
    assert.match(told, new RegExp(`DIFFERS ${requirement} .*`));
    assert.match(told, /^ +≠ /m);
    assert.match(markdown, new RegExp(`<summary>${requirement} `));
    for (const { token } of accounts)
      assert.ok(!JSON.stringify(report).includes(token as string), 'a token in the report');
    assert.match(pair.again, /--against B .*--seed 1 --scenario features\/\S+:\d+$/);
  });

test('a server that is right in another way differs in nothing, or in what is allowed', async () => {
  const { exitCode, told, report } = await against('variant/other-texts', 'KP-001', 'DS-008');
  assert.equal(exitCode, 0, told);
  assert.ok(report.totals.equal > 5);
  assert.ok(
    report.allowed.some(({ rule, count }) => rule === 'text' && count > 0),
    JSON.stringify(report.allowed),
  );
});
