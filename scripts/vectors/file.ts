import { createHash } from 'node:crypto';

/** What a verifier has to answer. */
export type Expected =
  | { result: 'valid'; output: Record<string, unknown>; intermediate?: Record<string, unknown> }
  | { result: 'invalid'; errors: string[] }
  /** Both are right: to refuse, or to give this output. */
  | { result: 'acceptable'; output: Record<string, unknown>; errors?: string[] };

export interface VectorCase {
  id: string;
  comment: string;
  flags: string[];
  input: Record<string, unknown>;
  expected: Expected;
  /** Not shown to the verifier: what the suite needs in order to judge an output that is not always the same. */
  judge?: Record<string, unknown>;
}

export interface VectorGroup {
  kind: string;
  requirements: string[];
  description: string;
  cases: VectorCase[];
}

export interface VectorFile {
  name: string;
  /** Of schemas/, when it is not the name. */
  schema?: string;
  description: string;
  /** Flag → what the cases with it show. */
  flags: Record<string, string>;
  groups: VectorGroup[];
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes that are the same in every run: SHA-256 of a fixed seed, the label and a counter. A label names one use. */
export function bytesOf(label: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`quicnprotochat test vectors 1|${label}|${i}`).digest(),
  );
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
}

/** The whole numbers from … to, both among them. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** A copy with one bit flipped. @param bit counts from the lowest bit of the first byte */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** A copy with other bytes at a place. */
export function replaceAt(bytes: Uint8Array, at: number, by: Uint8Array | readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(by, at);
  return copy;
}

export const concat = (...parts: (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

export const valid = (output: Record<string, unknown> = {}): Expected => ({ result: 'valid', output });
export const invalid = (...errors: string[]): Expected => ({ result: 'invalid', errors });
export const acceptable = (output: Record<string, unknown>): Expected => ({ result: 'acceptable', output });

/** Makes cases of bytes that are to be read; their ids begin with `prefix`. */
export const readingCases =
  (prefix: string) =>
  (id: string, comment: string, flags: string[], bytes: Uint8Array, expected: Expected): VectorCase => ({
    id: `${prefix}-${id}`,
    comment,
    flags,
    input: { bytes: hex(bytes) },
    expected,
  });

/** @param flags those that are not used are left out; groups without cases, too */
export function withFlags(file: Omit<VectorFile, 'flags'>, flags: Record<string, string>): VectorFile {
  const groups = file.groups.filter(({ cases }) => cases.length > 0);
  const used = new Set(groups.flatMap(({ cases }) => cases.flatMap((one) => one.flags)));
  for (const flag of used) if (!(flag in flags)) throw new Error(`${file.name}: the flag ${flag} is not explained`);
  return { ...file, groups, flags: Object.fromEntries(Object.entries(flags).filter(([flag]) => used.has(flag))) };
}

/** Leaves out cases that ask what an earlier one asks, however they came about. */
export function distinct(files: readonly VectorFile[]): VectorFile[] {
  const asked = new Set<string>();
  const isNew = (kind: string, { input }: VectorCase): boolean => {
    const question = `${kind} ${JSON.stringify(input)}`;
    if (asked.has(question)) return false;
    asked.add(question);
    return true;
  };
  return files.map((file) => ({
    ...file,
    groups: file.groups.map((group) => ({ ...group, cases: group.cases.filter((one) => isNew(group.kind, one)) })),
  }));
}

/** One line a case, so that a change of one shows as one. */
export function print(file: VectorFile): string {
  const groups = file.groups.map(({ cases, ...head }) => {
    const lines = cases.map((one) => `      ${JSON.stringify(one)}`).join(',\n');
    return `    ${JSON.stringify(head).slice(0, -1)},"cases":[\n${lines}\n    ]}`;
  });
  const head = JSON.stringify(
    {
      $schema: `schemas/${file.schema ?? file.name}.schema.json`,
      format: 1,
      name: file.name,
      description: file.description,
      flags: file.flags,
    },
    null,
    2,
  );
  return `${head.slice(0, -2)},\n  "groups": [\n${groups.join(',\n')}\n  ]\n}\n`;
}
