// Rebuilds reference/core/vendor/ts-mls from the published package and our patch; --check compares instead of writing.
// Source maps are left out, and the lines that name them.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = 'ts-mls@1.6.4';
const INTEGRITY = 'sha512-BFb9qJ3V1+HIuifC+MtnlROEj3oc6NEzA7Ig1/LAmANDRhNay7UCnwkzijzHH9cav5wf1BoJw8KQ2mXiEhPy1Q==';

const vendor = join(dirname(dirname(fileURLToPath(import.meta.url))), 'reference/core/vendor');
const target = join(vendor, 'ts-mls');
const scratch = mkdtempSync(join(tmpdir(), 'vendor-'));

/** Paths below a folder, sorted. */
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();

try {
  const packed = execFileSync('npm', ['pack', PACKAGE, '--json', '--pack-destination', scratch], { encoding: 'utf8' });
  const [{ filename, integrity }] = Object.values(JSON.parse(packed));
  if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} has the integrity ${integrity}, not ${INTEGRITY}`);
  execFileSync('tar', ['xzf', filename], { cwd: scratch });

  const built = join(scratch, 'ts-mls');
  cpSync(join(scratch, 'package/dist/src'), built, { recursive: true, filter: (path) => !path.endsWith('.map') });
  for (const file of filesOf(built)) {
    const path = join(built, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '').trimEnd()}\n`);
  }
  cpSync(join(scratch, 'package/LICENSE'), join(built, 'LICENSE'));
  execFileSync('git', ['apply', join(vendor, 'ts-mls.patch')], { cwd: built, stdio: 'inherit' });

  if (process.argv.includes('--check')) {
    const expected = filesOf(built);
    const found = filesOf(target);
    const wrong = [...new Set([...expected, ...found])].filter(
      (file) =>
        !(expected.includes(file) && found.includes(file)) ||
        !readFileSync(join(built, file)).equals(readFileSync(join(target, file))),
    );
    for (const file of wrong) console.log(`differs: reference/core/vendor/ts-mls/${file}`);
    console.log(`${expected.length} files of ${PACKAGE} with our patch: ${wrong.length === 0 ? 'equal' : 'not equal'}`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } else {
    rmSync(target, { recursive: true, force: true });
    cpSync(built, target, { recursive: true });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
