import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadClaims } from '../src/fuzz/claims.ts';
import { loadRegressions, REGRESSIONS } from '../src/fuzz/regressions.ts';
import { EVIDENCE } from '../src/ledger/evidence.ts';

// Whether they convict their servers is tried by `npm run fuzz:kept`.
test('each requirement that the fuzzer claims to test has a counterexample from a server that breaks it', () => {
  const { mutants } = JSON.parse(readFileSync(EVIDENCE.mutants, 'utf8')) as {
    mutants: { id: string; requirement: string }[];
  };
  const brokenBy = new Map(mutants.map(({ id, requirement }) => [id, requirement]));
  const shown = new Set(
    [...loadRegressions(REGRESSIONS).values()].map(
      ({ property, mutant = '' }) => `${property}: ${brokenBy.get(mutant)}`,
    ),
  );
  const claimed = [...loadClaims()].flatMap(([id, requirements]) => [...requirements].map((name) => `${id}: ${name}`));
  assert.ok(claimed.length > 0);
  assert.deepEqual(
    claimed.filter((claim) => !shown.has(claim)),
    [],
  );
});
