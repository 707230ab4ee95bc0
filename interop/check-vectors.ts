// The verifier in Go: it passes every vector, and with each of its planted faults fails at the requirement that it breaks.
// A second one, on go-capnp, passes every vector about Cap'n Proto: what a library that many use takes must be right.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countVectors, loadVectors, runVectors, type Vector } from '../harness/src/index.ts';
import { Checks, ROOT, run } from './peer.ts';

const go = join(ROOT, 'interop/go');
const scratch = mkdtempSync(join(tmpdir(), 'interop-vectors-'));
const checks = new Checks();
try {
  const built = await run('go', ['build', '-o', `${scratch}/`, './cmd/vectors', './cmd/capnp-vectors'], go);
  checks.check('go build', built.code === 0, built.output);
  if (built.code !== 0) throw new Error('the verifiers in Go cannot be built');
  const verifier = join(scratch, 'vectors');

  const all = loadVectors();
  const verify = (command: string, vectors: readonly Vector[]) =>
    runVectors({ vectors, command, timeoutMs: 20_000, required: ['all'] });
  const passes = async (name: string, command: string, vectors: readonly Vector[]): Promise<void> => {
    const results = await verify(command, vectors);
    const { passed, failed } = countVectors(results);
    const wrong = results
      .filter(({ status }) => status === 'failed')
      .map(({ vector, reason }) => `${vector.id}: ${reason}`);
    checks.check(
      `${passed} of ${vectors.length} vectors pass ${name}`,
      failed === 0 && passed === vectors.length,
      wrong.join('\n'),
    );
  };
  await passes('in Go', `'${verifier}'`, all);
  const aboutCapnp = all.filter(({ kind }) => ['envelope-parse', 'rpc-message', 'frame-split'].includes(kind));
  await passes('on go-capnp', `'${join(scratch, 'capnp-vectors')}'`, aboutCapnp);

  const { output } = await run(verifier, ['-list-breaks'], go);
  const breaks = output
    .trim()
    .split('\n')
    .map((line) => /^(\S+)\s+([A-Z]+-\d{3})\s/.exec(line)?.slice(1, 3) as [string, string]);
  checks.check('there are twenty planted faults or more', breaks.length >= 20 && breaks.every(Boolean));
  for (const [name, requirement] of breaks) {
    const cases = all.filter(({ requirements }) => requirements.includes(requirement));
    const found = (await verify(`'${verifier}' -break ${name}`, cases)).filter(({ status }) => status === 'failed');
    checks.check(`fault ${name} is caught at ${requirement}`, found.length > 0, 'every case passed');
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
