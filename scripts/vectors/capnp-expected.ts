import { type Doubt, Malformed, Model, type View } from './capnp-model.ts';
import { acceptable, type Expected, invalid, valid } from './file.ts';

/** What somebody who takes what is of the wrong kind for absent makes of a message. */
export interface Reading {
  output: Record<string, unknown>;
  /** Why a right reader refuses the values, if it does. */
  errors: string[];
  /** Entries of the table that capabilities are looked up in. */
  capabilities?: number;
}

export interface Schema {
  read: (root: View) => Reading;
  /** Whether the schema knows the pointer of a path ("0.2"): what a later one adds is nobody's to check. */
  knows: (path: string, model: Model) => boolean;
  /** Whether there is something in such a message that is to be checked, and is no part of the answer. */
  hasUnread?: boolean;
}

/**
 * What is to be expected of a message, by the encoding specification. Where right readers differ, reading it and refusing it
 * are both right.
 * @returns undefined when it cannot be told what a lenient reader would read; the doubts, sorted; `isUnread`: only who follows
 *   every pointer finds that it is malformed
 */
export function expectationOf(
  segments: readonly (readonly bigint[])[],
  schema: Schema,
): { expected: Expected; doubts: Doubt[]; isUnread?: boolean } | undefined {
  const model = new Model(segments).walk();
  const { doubts } = model;
  if (model.malformed.some((path) => schema.knows(path, model))) {
    const errors = errorsOf(model, schema);
    return { expected: invalid('malformed', ...(errors ?? [])), doubts: [], isUnread: errors !== undefined };
  }
  if (model.malformed.length > 0) doubts.add('BeyondSchema');
  const { output, errors, capabilities = 0 } = schema.read(model.root());
  if (model.capabilities.some((index) => index >= capabilities)) doubts.add('Capability');
  if (doubts.has('Unclear')) return undefined;
  const sorted = [...doubts].sort();
  if (errors.length > 0)
    return { expected: invalid(...(sorted.length > 0 ? ['malformed'] : []), ...errors), doubts: sorted };
  return { expected: sorted.length > 0 ? acceptable(output) : valid(output), doubts: sorted };
}

/** Of a malformed message: what a reader finds that looks at the values first; undefined when it finds that it is malformed. */
function errorsOf(model: Model, schema: Schema): string[] | undefined {
  try {
    return schema.read(model.root()).errors;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
