import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** CommonJS among the dependencies asks for what Node.js brings along. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/**
 * Makes one file of `src/main.ts` and all that it imports, and keeps it until one of its sources changes: as one file a
 * command starts in a fifth of the time that its sources take.
 * @param {string} directory of the package
 * @returns {Promise<string | undefined>} URL of the file; undefined where it cannot be made or kept, so that the sources are to be run
 */
export async function program(directory) {
  const kept = join(directory, 'node_modules/.cache/program');
  const index = join(kept, 'index.json');
  try {
    const { root, inputs, file } = JSON.parse(await readFile(index, 'utf8'));
    // The file names packages by where they are.
    if (root === directory && (await areUnchanged(directory, inputs))) return pathToFileURL(file).href;
  } catch {
    // There is none yet, or it is of another version.
  }
  try {
    return await build(directory, kept, index);
  } catch {
    // Among others: a folder that cannot be written. What is wrong with the sources, they say themselves.
    return undefined;
  }
}

async function build(directory, kept, index) {
  const esbuild = await import('esbuild');
  const startedAt = Date.now();
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: directory,
    entryPoints: ['src/main.ts'],
    entryNames: '[name]-[hash]',
    outdir: kept,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', banner: { js: REQUIRE } },
    ...{ write: false, metafile: true, logLevel: 'silent', plugins: [nativePackages, places] },
  });
  const [{ path, contents }] = outputFiles;
  const inputs = await Promise.all(
    Object.keys(metafile.inputs).map(async (name) => [name, ...(await stampOf(resolve(directory, name)))]),
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await replace(path, contents);
  // What changed while it was read may have been read before or after that.
  const isSure = inputs.every(([, , changedAt]) => changedAt < startedAt);
  if (isSure) await replace(index, JSON.stringify({ root: directory, inputs, file: path }));
  await sweep(kept);
  return pathToFileURL(path).href;
}

/** How long a file is kept that nothing leads to any more: a command that has just begun may be about to load it, in ms. */
const KEPT_MS = 60_000;

async function sweep(kept) {
  for (const name of await readdir(kept)) {
    const path = join(kept, name);
    if (name !== 'index.json' && Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

/** Packages that look for binaries beside themselves stay where they are. */
const nativePackages = {
  name: 'native packages',
  setup(build) {
    build.onResolve({ filter: /^@matrixai\/quic\// }, async ({ path, pluginData, ...options }) => {
      if (pluginData === nativePackages) return undefined;
      const found = await build.resolve(path, { ...options, pluginData: nativePackages });
      return { path: pathToFileURL(found.path).href, external: true };
    });
  },
};

/** A source that looks for files beside itself still finds them. */
const places = {
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: 'ts' };
    });
  },
};

async function areUnchanged(directory, inputs) {
  const stamps = await Promise.all(inputs.map(([name]) => stampOf(resolve(directory, name))));
  return stamps.every(([size, changedAt], i) => size === inputs[i][1] && changedAt === inputs[i][2]);
}

async function stampOf(path) {
  const { size, mtimeMs } = await stat(path);
  return [size, mtimeMs];
}

/** As a whole: commands that run at once make the same. */
async function replace(path, contents) {
  const made = `${path}.${process.pid}`;
  await writeFile(made, contents);
  await rename(made, path);
}
