import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { SuiteError, UnreachableError, UsageError } from '../src/errors.ts';
import { countVectors, loadSpec, loadVectors, runVectors, type Vector } from '../src/index.ts';
import { ROOT } from '../src/plan/features.ts';
import { selectVectors } from '../src/vectors/cli.ts';
import { VECTORS_DIR } from '../src/vectors/format.ts';
import { judge } from '../src/vectors/judge.ts';
import { ownAnswer } from '../src/vectors/own.ts';
import { failureOf, skipsOf } from '../src/vectors/report.ts';

const vectors = loadVectors();
const all: { file: string[]; id: string[]; flag: string[] } = { file: [], id: [], flag: [] };
const byId = (id: string): Vector => vectors.find((one) => one.id === id) as Vector;
const run = (command: string, of: readonly Vector[], more: { required?: string[]; timeoutMs?: number } = {}) =>
  runVectors({ vectors: of, command, timeoutMs: 10_000, ...more });

/** A verifier in a line: `line` is the case's text, `one` the case parsed. */
const verifier = (body: string): string => {
  const script = `require('readline').createInterface({input:process.stdin}).on('line',(line)=>{const one=JSON.parse(line);${body}})`;
  return `'${process.execPath}' -e "${script}"`;
};
const say = (answer: string): string => `console.log(JSON.stringify(${answer}));`;

describe('vectors', () => {
  it('there are thousands, for each area, and all name requirements of spec/', () => {
    assert.ok(vectors.length > 4_500);
    const spec = loadSpec();
    for (const { requirements, id } of vectors)
      for (const requirement of requirements) assert.ok(spec.has(requirement), `${id}: ${requirement}`);
  });

  it('no two ask the same', () => {
    const asked = new Map<string, string>();
    for (const { id, kind, input } of vectors) {
      const question = `${kind} ${JSON.stringify(input)}`;
      assert.equal(asked.get(question), undefined, id);
      asked.set(question, id);
    }
  });

  it('the libraries of this project answer every one rightly', async () => {
    const results = await runVectors({ vectors, timeoutMs: 10_000 });
    assert.deepEqual(results.filter(({ status }) => status !== 'passed').map(failureOf), []);
    assert.deepEqual(countVectors(results), { passed: vectors.length, failed: 0, skipped: 0 });
  });

  it('a library that throws what it should not fails that case alone', async () => {
    const broken = { ...byId('hybrid-key-zero'), input: { seed: '00' } };
    const results = await runVectors({ vectors: [broken, byId('hybrid-key-zero')], timeoutMs: 10_000 });
    assert.deepEqual(
      results.map(({ status }) => status),
      ['failed', 'passed'],
    );
    assert.match(results[0]?.reason ?? '', /^it threw CoreError/);
  });

  it('no case passes with a wrong answer', () => {
    for (const vector of vectors) {
      const { expected } = vector;
      const own = ownOutput(vector);
      if (expected.result !== 'acceptable') {
        const opposite = expected.result === 'valid' ? { error: 'malformed' } : { output: own };
        assert.equal(judge(vector, opposite).status, 'failed', vector.id);
      }
      if (expected.result === 'invalid') assert.equal(judge(vector, { error: 'other' }).status, 'failed', vector.id);
      else
        for (const [name, value] of Object.entries(own))
          assert.equal(
            judge(vector, { output: { ...own, [name]: spoilt(value) } }).status,
            'failed',
            `${vector.id} ${name}`,
          );
      for (const broken of [null, 1, 'x', [], {}, { output: 1 }, { output: {}, error: 'tag' }, { unsupported: false }])
        assert.equal(judge(vector, broken).status, 'failed', vector.id);
    }
  });
});

const ownOutput = (vector: Vector): Record<string, unknown> =>
  (ownAnswer(vector.kind, vector.input)?.output as Record<string, unknown> | undefined) ??
  (vector.expected.result === 'invalid' ? {} : vector.expected.output);

function spoilt(value: unknown): unknown {
  if (typeof value === 'string') return `11${value}`;
  if (Array.isArray(value)) return [...value, 1];
  if (typeof value === 'object' && value !== null) return { ...value, type: 'none' };
  return 'spoilt';
}

describe('vector files', () => {
  it('have schemas that are schemas', () => {
    const ajv = new Ajv2020({ strictTypes: false });
    const directory = join(VECTORS_DIR, 'schemas');
    for (const name of readdirSync(directory)) {
      ajv.validateSchema(JSON.parse(readFileSync(join(directory, name), 'utf8')));
      assert.equal(ajv.errors ?? undefined, undefined, name);
    }
  });

  const refuses = (expected: RegExp, change: (file: Record<string, unknown>) => unknown): void => {
    const directory = mkdtempSync(join(tmpdir(), 'vectors-'));
    try {
      cpSync(join(VECTORS_DIR, 'schemas'), join(directory, 'schemas'), { recursive: true });
      const file = JSON.parse(readFileSync(join(VECTORS_DIR, 'errors.json'), 'utf8'));
      const changed = change(file);
      if (changed !== undefined) writeFileSync(join(directory, 'errors.json'), String(changed));
      assert.throws(
        () => loadVectors(directory),
        (error) => error instanceof SuiteError && expected.test(error.message),
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };
  // biome-ignore lint/suspicious/noExplicitAny: a file that is spoilt on purpose
  const changed = (act: (file: any) => void) => (file: Record<string, unknown>) => {
    act(file);
    return JSON.stringify(file);
  };

  it('none at all are an error', () => refuses(/no vectors/, () => undefined));
  it('an empty file is an error', () => refuses(/not JSON/, () => ''));
  it('a file without groups is an error', () =>
    refuses(
      /groups/,
      changed((file) => (file.groups = [])),
    ));
  it('a group without cases is an error', () =>
    refuses(
      /cases/,
      changed((file) => (file.groups[0].cases = [])),
    ));
  it('a case without a comment is an error', () =>
    refuses(
      /comment/,
      changed((file) => delete file.groups[0].cases[0].comment),
    ));
  it('a case of another shape is an error', () =>
    refuses(
      /input/,
      changed((file) => (file.groups[0].cases[0].input = { reasons: 'E001' })),
    ));
  it('a case without an expectation is an error', () =>
    refuses(
      /expected/,
      changed((file) => (file.groups[0].cases[0].expected = { result: 'valid' })),
    ));
  it('an unknown kind is an error', () =>
    refuses(
      /kind/,
      changed((file) => (file.groups[0].kind = 'other')),
    ));
  it('an id that is there twice is an error', () =>
    refuses(
      /there twice/,
      changed((file) => (file.groups[0].cases[1].id = file.groups[0].cases[0].id)),
    ));
  it('a flag that nobody explains is an error', () =>
    refuses(
      /not explained/,
      changed((file) => delete file.flags.NoCode),
    ));
  it('a flag that nobody has is an error', () =>
    refuses(
      /no case has/,
      changed((file) => (file.flags.Other = 'x')),
    ));
});

describe('a verifier of one’s own', () => {
  const some = vectors.filter(({ kind }) => kind === 'fingerprint');

  it('is started once, and answers line by line', async () => {
    const results = await run(
      verifier(`this.n=(this.n??0)+1;${say('{id:one.id,output:{fingerprint:String(this.n)}}')}`),
      some,
    );
    assert.equal(results.length, some.length);
    for (const [i, { reason }] of results.entries()) assert.match(reason, new RegExp(`got "${i + 1}"$`));
  });

  it('is told neither what is expected nor how it is judged', async () => {
    const [result] = await run(verifier(`process.stderr.write(Object.keys(one).join());process.exit(9)`), [
      byId('hybrid-encrypt-length-0'),
    ]);
    assert.equal(result?.reason, 'it ended (exit 9) without an answer; it wrote: id,kind,input');
  });

  it('that crashes is started again, and loses that case alone', async () => {
    const body = `if(one.id==='fingerprint-2'){console.error('boom');process.exit(3)};if(one.id==='fingerprint-55')process.kill(process.pid,'SIGKILL');`;
    const results = await run(verifier(`${body}${say('{id:one.id,unsupported:true}')}`), some);
    const failed = results
      .filter(({ status }) => status === 'failed')
      .map(({ vector, reason }) => `${vector.id}: ${reason}`);
    assert.equal(failed[0], 'fingerprint-2: it ended (exit 3) without an answer; it wrote: boom');
    assert.match(failed[1] ?? '', /^fingerprint-55: it crashed \((?:SIGKILL|signal 9)\)/);
    assert.equal(failed.length, 2);
    assert.equal(results.filter(({ status }) => status === 'skipped').length, some.length - 2);
  });

  it('that hangs loses that case alone, and is gone afterwards', async () => {
    const body = `if(one.id==='fingerprint-56'){console.error(process.pid);return};${say('{id:one.id,unsupported:true}')}`;
    const results = await run(verifier(body), some, { timeoutMs: 4_000 });
    const [hung, ...others] = results.filter(({ status }) => status === 'failed');
    assert.equal(others.length, 0);
    assert.match(hung?.reason ?? '', /no answer within 4 s/);
    const pid = Number(/it wrote: (\d+)/.exec(hung?.reason ?? '')?.[1]);
    assert.throws(() => process.kill(pid, 0));
  });

  it('that is out of step, or says no JSON, loses that case alone', async () => {
    const body = `if(one.id==='fingerprint-1'){${say("{id:'other',output:{}}")}}else if(one.id==='fingerprint-2'){console.log('Hello')}else ${say('{id:one.id,unsupported:true}')}`;
    const results = await run(verifier(body), some);
    assert.deepEqual(
      results.filter(({ status }) => status === 'failed').map(({ reason }) => reason),
      ['the answer is for "other"', 'the answer is not JSON: Hello'],
    );
  });

  it('may leave out kinds, unless they are required', async () => {
    const command = verifier(say("{id:one.id,unsupported:true,reason:'no SHA-256 here'}"));
    const results = await run(command, some);
    assert.deepEqual(countVectors(results), { passed: 0, failed: 0, skipped: some.length });
    assert.deepEqual(skipsOf(results), [`skipped ${some.length} × fingerprint: no SHA-256 here`]);
    assert.equal(countVectors(await run(command, some, { required: ['fingerprint'] })).failed, some.length);
    assert.equal(countVectors(await run(command, some, { required: ['all'] })).failed, some.length);
    assert.equal(countVectors(await run(command, some, { required: ['x25519'] })).failed, 0);
  });

  it('that is none is told so, without a case failed', async () => {
    for (const command of ['./there-is-no-such-file', `'${process.execPath}' -e "process.exit(1)"`])
      await assert.rejects(run(command, some), UnreachableError);
  });

  it('is told what failed by id, comment, expectation and requirement', async () => {
    const [result] = await run(verifier(say('{id:one.id,output:{fingerprint:one.input.package}}')), [
      byId('fingerprint-1'),
    ]);
    assert.match(
      failureOf(result as NonNullable<typeof result>),
      /^FAILED fingerprint-1 \(identity\.json, fingerprint\): the fingerprint of a KeyPackage of 1 bytes\n +expected "fingerprint": "\w{64}", got "\w\w"\n +spec: KP-004$/,
    );
  });

  it('can be given some of the cases', () => {
    const ids = (selection: { file?: string[]; id?: string[]; flag?: string[] }): string[] =>
      selectVectors(vectors, { ...all, ...selection }).map(({ id }) => id);
    assert.deepEqual(ids({ id: ['fingerprint-1', 'fingerprint-2'] }), ['fingerprint-1', 'fingerprint-2']);
    assert.ok(ids({ id: ['hybrid-open-cut-*'] }).length > 10);
    assert.equal(ids({ file: ['identity'] }).length, ids({ file: ['vectors/identity.json'] }).length);
    assert.ok(ids({ flag: ['LowOrder'] }).length > ids({ flag: ['LowOrder'], file: ['key-schedule'] }).length);
    for (const wrong of [{ id: ['none'] }, { file: ['none'] }, { flag: ['None'] }])
      assert.throws(() => ids(wrong), UsageError);
  });
});

describe('npm run vectors', () => {
  const vectorsBin = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'harness/bin/vectors.js'), ...args], { cwd: ROOT, encoding: 'utf8' });

  const python = spawnSync('python3', ['--version']).status === 0;
  it('the example in Python passes what it supports', { skip: python ? false : 'there is no python3' }, () => {
    const { status, stdout } = vectorsBin('--command', 'python3 vectors/examples/verifier.py');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^\d{3,} passed, 0 failed, \d+ skipped\n$/m);
  });

  it('has exit codes', () => {
    assert.equal(vectorsBin('--id', 'fingerprint-1').status, 0);
    assert.equal(vectorsBin('--id', 'fingerprint-1', '--command', verifier(say('{output:{}}'))).status, 1);
    assert.equal(vectorsBin('--id', 'none').status, 2);
    assert.equal(vectorsBin('--command', verifier(say('{unsupported:true}')), '--id', 'fingerprint-*').status, 3);
    assert.match(vectorsBin('--list', '--id', 'fingerprint-1').stdout, /^fingerprint-1 /);
  });
});
