import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { SuiteError } from '../errors.ts';

export const VECTORS_DIR: string = fileURLToPath(new URL('../../../vectors', import.meta.url));

export type Fields = Record<string, unknown>;

/** What is right: this output, one of these errors, or both. */
type Expected =
  | { result: 'valid'; output: Fields; intermediate?: Fields }
  | { result: 'invalid'; errors: string[] }
  | { result: 'acceptable'; output: Fields };

/** One case of a vector file, with what its group says about it. */
export interface Vector {
  id: string;
  comment: string;
  flags: string[];
  input: Fields;
  expected: Expected;
  /** What judges an output that is not always the same; never shown to the verifier. */
  judge?: { envelope?: Fields; opens?: { seed: string; plaintext: string }; length?: number; anyOf?: Fields[] };
  kind: string;
  /** `hybrid-v1.json` */
  file: string;
  requirements: string[];
}

interface VectorFile {
  $schema: string;
  name: string;
  flags: Record<string, string>;
  groups: { kind: string; requirements: string[]; cases: Omit<Vector, 'kind' | 'file' | 'requirements'>[] }[];
}

/**
 * Reads vectors/*.json and holds each against its JSON Schema.
 * @throws SuiteError when there are none, a file is empty or not as its schema says, or an id is there twice
 */
export function loadVectors(directory: string = VECTORS_DIR): Vector[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (names.length === 0) throw new SuiteError(`no vectors in ${directory}`);
  const validate = schemasOf(join(directory, 'schemas'));
  const vectors = names.flatMap((name) => readFile(join(directory, name), name, validate));
  const seen = new Set<string>();
  for (const { id, file } of vectors) {
    if (seen.has(id)) throw new SuiteError(`vectors/${file}: the id ${id} is there twice`);
    seen.add(id);
  }
  return vectors;
}

function readFile(path: string, name: string, validate: (file: VectorFile) => string | undefined): Vector[] {
  let file: VectorFile;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new SuiteError(`vectors/${name} is not JSON`, { cause });
  }
  const fault = validate(file);
  if (fault !== undefined) throw new SuiteError(`vectors/${name} is not as its schema says: ${fault}`);
  if (`${file.name}.json` !== name) throw new SuiteError(`vectors/${name} calls itself ${file.name}`);
  const vectors = file.groups.flatMap(({ kind, requirements, cases }) =>
    cases.map((one) => ({ ...one, kind, requirements, file: name })),
  );
  if (vectors.length === 0) throw new SuiteError(`vectors/${name} has no cases`);
  const used = new Set(vectors.flatMap(({ flags }) => flags));
  for (const flag of used)
    if (!(flag in file.flags)) throw new SuiteError(`vectors/${name}: the flag ${flag} is not explained`);
  for (const flag of Object.keys(file.flags))
    if (!used.has(flag)) throw new SuiteError(`vectors/${name}: no case has the flag ${flag}`);
  return vectors;
}

/** @returns what is wrong with a file, in a line */
function schemasOf(directory: string): (file: VectorFile) => string | undefined {
  // That the schemas are schemas is a test's to show; to optimize what runs once takes longer than it saves.
  const ajv = new Ajv2020({ strictTypes: false, meta: false, validateSchema: false, code: { optimize: false } });
  for (const name of readdirSync(directory))
    ajv.addSchema(JSON.parse(readFileSync(join(directory, name), 'utf8')), name);
  return (file) => {
    const name = /^schemas\/([\w-]+\.schema\.json)$/.exec(file?.$schema)?.[1];
    const validate = name === undefined ? undefined : ajv.getSchema(name);
    if (!validate) return `there is no ${file?.$schema}`;
    if (validate(file)) return undefined;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath || '/'} ${error?.message}`;
  };
}
