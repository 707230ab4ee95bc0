// Rewrites reference/proto/src/generated from schemas/*.capnp; with --check only compares, exit 1 on a difference.
// Needs the `capnp` tool (Debian: capnproto); whoever only uses the committed files does not.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const schemas = join(root, 'schemas');
const target = join(root, 'reference/proto/src/generated');
const check = process.argv.includes('--check');

try {
  execFileSync('capnp', ['--version'], { stdio: 'ignore' });
} catch {
  console.error('codegen: the `capnp` tool is missing. Install it (Debian: apt-get install capnproto) and run again.');
  process.exit(2);
}

const out = mkdtempSync(join(tmpdir(), 'codegen-'));
try {
  const names = readdirSync(schemas)
    .filter((name) => name.endsWith('.capnp'))
    .sort();
  if (names.length === 0) throw new Error(`no schemas in ${schemas}`);
  // stdin must be closed: the generator waits for it otherwise.
  execFileSync(join(root, 'node_modules/.bin/capnp-es'), [...names, `-ots:${out}`], {
    cwd: schemas,
    stdio: ['ignore', 'ignore', 'inherit'],
  });

  const made = readdirSync(out).sort();
  const expected = names.map((name) => name.replace(/\.capnp$/, '.ts'));
  if (made.join() !== expected.join()) throw new Error(`the generator wrote [${made}], expected [${expected}]`);

  let different = 0;
  for (const name of made) {
    const text = readFileSync(join(out, name), 'utf8');
    const path = join(target, name);
    let committed;
    try {
      committed = readFileSync(path, 'utf8');
    } catch {
      committed = undefined;
    }
    if (committed === text) continue;
    different += 1;
    if (check) console.error(`codegen: ${name} differs from its schema`);
    else writeFileSync(path, text);
  }
  const stray = readdirSync(target).filter((name) => !made.includes(name));
  for (const name of stray) console.error(`codegen: ${name} has no schema`);
  if (check && different + stray.length > 0) {
    console.error('codegen: run `npm run codegen` and commit the result.');
    process.exitCode = 1;
  } else console.log(`codegen: ${made.length} files, ${check ? 'all as committed' : `${different} rewritten`}`);
} finally {
  rmSync(out, { recursive: true, force: true });
}
