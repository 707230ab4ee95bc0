// npm run fuzz:kept: each counterexample of vectors/regressions convicts the broken server that it comes from, and no right one.
import { EXIT } from '../errors.ts';
import { MutantHost } from '../mutants/host.ts';
import { failsAgain } from './explore.ts';
import { type FaultyServer, onFaultyServer } from './faulty-target.ts';
import { loadRegressions, REGRESSIONS } from './regressions.ts';

const host = new MutantHost();
const { mutants, variants } = await host.list();
const kept = [...loadRegressions(REGRESSIONS)];
let passed = 0;
let failed = 0;

/** What depends on how calls meet shows in one of ten tries, or fewer. */
const CHANCES_TO_CONVICT = 200;

/** Gives the counterexamples to a server. @returns what is said of it, by file */
async function tryAll(server: FaultyServer, all: typeof kept): Promise<Map<string, string | undefined>> {
  const said = new Map<string, string | undefined>();
  const chances = server.requirement === undefined ? 1 : CHANCES_TO_CONVICT;
  await onFaultyServer(host, server, async (properties) => {
    for (const [file, { property: id, input }] of all) {
      const property = properties.find((one) => one.id === id);
      if (property && property.isFor?.(property.load(input)) !== false)
        said.set(file, await failsAgain(property, property.load(input), chances));
    }
  });
  return said;
}

function count(isRight: boolean, what: string, startedAt: number): void {
  if (isRight) passed += 1;
  else failed += 1;
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what} (${Date.now() - startedAt} ms)`);
}

for (const [file, regression] of kept) {
  const mutant = mutants.find(({ id }) => id === regression.mutant);
  if (!mutant) continue;
  const startedAt = Date.now();
  const said = await tryAll(mutant, [[file, regression]]);
  count(said.get(file) !== undefined, `${file} convicts ${mutant.id}`, startedAt);
}
for (const { id, declared } of [{ id: 'right', declared: undefined }, ...variants]) {
  const startedAt = Date.now();
  const said = await tryAll({ id, declared, requirement: undefined, isOpen: false }, kept);
  const accusations = [...said].filter(([, why]) => why !== undefined);
  count(said.size > 0 && accusations.length === 0, `${said.size} accuse ${id} of nothing`, startedAt);
  for (const [file, why] of accusations) console.log(`       ${file}: ${why}`);
}
await host.close();
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? EXIT.notConformant : EXIT.conformant;
