// The verifier in Go: it passes every vector, and with each of its planted faults fails at the requirement that it breaks.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countVectors, loadVectors, runVectors } from '../harness/src/index.ts';
import { Checks, ROOT, run } from './peer.ts';

const go = join(ROOT, 'interop/go');
const scratch = mkdtempSync(join(tmpdir(), 'interop-vectors-'));
const checks = new Checks();
try {
  const verifier = join(scratch, 'vectors');
  const built = await run('go', ['build', '-o', verifier, './cmd/vectors'], go);
  checks.check('go build', built.code === 0, built.output);
  if (built.code !== 0) throw new Error('the verifier in Go cannot be built');

  const vectors = loadVectors();
  const verify = (command: string) => runVectors({ vectors, command, timeoutMs: 20_000, required: ['all'] });
  const results = await verify(`'${verifier}'`);
  const { passed, failed } = countVectors(results);
  const wrong = results
    .filter(({ status }) => status === 'failed')
    .map(({ vector, reason }) => `${vector.id}: ${reason}`);
  checks.check(
    `${passed} of ${vectors.length} vectors pass in Go`,
    failed === 0 && passed === vectors.length,
    wrong.join('\n'),
  );

  const { output } = await run(verifier, ['-list-breaks'], go);
  const breaks = output
    .trim()
    .split('\n')
    .map((line) => /^(\S+)\s+([A-Z]+-\d{3})\s/.exec(line)?.slice(1, 3) as [string, string]);
  checks.check('there are twenty planted faults or more', breaks.length >= 20 && breaks.every(Boolean));
  for (const [name, requirement] of breaks) {
    const found = (await verify(`'${verifier}' -break ${name}`)).filter(({ status }) => status === 'failed');
    const isCaught = found.some(({ vector }) => vector.requirements.includes(requirement));
    checks.check(
      `fault ${name} is caught at ${requirement}`,
      isCaught,
      found.map(({ vector }) => vector.id).join('\n'),
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
