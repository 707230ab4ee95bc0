import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadClaims } from '../src/fuzz/claims.ts';
import { failsAgain } from '../src/fuzz/explore.ts';
import { type FaultyServer, onFaultyServer } from '../src/fuzz/faulty-target.ts';
import { loadRegressions, REGRESSIONS, type Regression } from '../src/fuzz/regressions.ts';
import { MutantHost } from '../src/mutants/host.ts';

const host = new MutantHost();
after(() => host.close());

const { mutants, variants } = await host.list();
const kept = [...loadRegressions(REGRESSIONS)];
const requirementOf = ({ mutant }: Regression) => mutants.find(({ id }) => id === mutant)?.requirement;

test('each requirement that the fuzzer claims to test has a counterexample from a server that breaks it', () => {
  const shown = new Set(kept.map(([, one]) => `${one.property}: ${requirementOf(one)}`));
  const claimed = [...loadClaims()].flatMap(([id, requirements]) => [...requirements].map((name) => `${id}: ${name}`));
  assert.ok(claimed.length > 0);
  assert.deepEqual(
    claimed.filter((claim) => !shown.has(claim)),
    [],
  );
});

/** @returns what is said of the server, by the file of each counterexample that it is given */
async function tryAll(server: FaultyServer, all: typeof kept): Promise<Map<string, string | undefined>> {
  const said = new Map<string, string | undefined>();
  await onFaultyServer(host, server, async (properties) => {
    for (const [file, { property: id, input }] of all) {
      const property = properties.find((one) => one.id === id);
      if (property && property.isFor?.(property.load(input)) !== false)
        said.set(
          file,
          await failsAgain(property, property.load(input), server.requirement === undefined ? 1 : undefined),
        );
    }
  });
  return said;
}

test('each kept counterexample convicts the broken server that it comes from', async () => {
  for (const [file, regression] of kept) {
    const mutant = mutants.find(({ id }) => id === regression.mutant);
    if (!mutant) continue;
    const said = await tryAll(mutant, [[file, regression]]);
    assert.ok(said.get(file), `${file} says nothing against ${mutant.id}`);
  }
});

/** The others are run by hand: `npm run fuzz:mutants -- --no-mutants`. */
const QUICK = /core-only|other-limits|great-numbers|other-order/;

test('no kept counterexample accuses a right server', async () => {
  for (const { id, declared } of [
    { id: 'right', declared: undefined },
    ...variants.filter(({ id }) => QUICK.test(id)),
  ]) {
    const said = await tryAll({ id, declared, requirement: undefined, isOpen: false }, kept);
    assert.ok(said.size > 0, `${id} was tried with nothing`);
    for (const [file, why] of said) assert.equal(why, undefined, `${file} accuses ${id}`);
  }
});
