// Cases of right messages that were changed: of each pointer what can be wrong with it, and what is right all the same.
import { framed } from './capnp.ts';
import { expectationOf, type Schema } from './capnp-expected.ts';
import { Model } from './capnp-model.ts';
import { farMutations, type Mutation, mutations } from './capnp-mutations.ts';
import { type Expected, hex, type VectorCase, type VectorFile, type VectorGroup, withFlags } from './file.ts';

/** What the flags mean that changed messages have. */
export const CHANGED_FLAGS: Record<string, string> = {
  StillRight: 'One word of a right message is changed, and the message is right all the same.',
  BadPointer: 'A pointer leads out of the message, or is encoded in a way that is reserved.',
  Unread: 'What is malformed are no words that the answer is read from: who follows every pointer finds it.',
  Overlap:
    'Two pointers lead to one word. No encoder does that, few readers notice: to refuse it is right, and to read what is there.',
  WrongKind:
    'A pointer leads to another kind of value than the schema says. To refuse it is right, and to read the field as absent.',
  Limit: 'Over a limit that many readers have: to refuse it is right, and so is to read it, in the usual time.',
  Undefined:
    'Encoded in a way of which the encoding specification says nothing: to refuse it is right, and to read it.',
  BadText: 'A Text without the NUL at its end: to refuse it is right, and to read it as absent.',
  UnknownVariant:
    'A union or an enum holds a value that is not in the schema: to refuse it is right, and to take it for unknown.',
  Capability:
    'A capability where there can be none, or that no table holds: to refuse it is right, and not to look at it.',
  BeyondSchema: 'Something that the schema does not know is malformed: to refuse it is right, and not to look at it.',
  IdLength: 'groupId or senderId has neither 32 bytes nor none.',
  UnknownType: 'msgType is no value of the enum.',
  Truncated: 'The message is cut.',
};

export interface Family {
  /** The beginning of the ids. */
  prefix: string;
  /** What the comments begin with. */
  title: string;
  schema: Schema;
  make: (id: string, comment: string, flags: string[], bytes: Uint8Array, expected: Expected) => VectorCase;
  /** Bytes that there is a case of. */
  seen: Set<string>;
  /** Whether less is tried of what is read alike wherever it lies: far pointers, and sizes. */
  isShort?: boolean;
  /** Of cases that are right, in place of StillRight. */
  rightFlags?: string[];
}

function flagsOf(
  expected: Expected,
  doubts: readonly string[],
  rightFlags: readonly string[] = ['StillRight'],
): string[] {
  if (expected.result !== 'invalid') return [...(doubts.length > 0 ? doubts : rightFlags)];
  const flags = expected.errors.flatMap((error) => {
    if (error === 'malformed') return doubts.length > 0 ? [...doubts] : ['BadPointer'];
    return error === 'msg-type' ? ['UnknownType'] : ['IdLength'];
  });
  return [...new Set(flags)].sort();
}

/** @returns undefined when there is such a case, or it cannot be told what is right */
export function caseOf(family: Family, { id, what, segments }: Mutation): VectorCase | undefined {
  const bytes = framed(segments);
  if (family.seen.has(hex(bytes))) return undefined;
  family.seen.add(hex(bytes));
  const found = expectationOf(segments, family.schema);
  if (!found) return undefined;
  const flags = flagsOf(found.expected, found.doubts, family.rightFlags);
  if (found.isUnread && family.schema.hasUnread) flags.push('Unread');
  return family.make(`${family.prefix}-${id}`, `${family.title}: ${what}`, flags, bytes, found.expected);
}

export const isCase = (one: VectorCase | undefined): one is VectorCase => one !== undefined;

/** @param names of the pointers to change, by their paths @param segments of a right message in near layout */
export function changedPointers(family: Family, segments: bigint[][], names: Record<string, string>): VectorCase[] {
  family.seen.add(hex(framed(segments)));
  const { places } = new Model(segments).walk();
  return Object.entries(names).flatMap(([path, name]) => {
    const place = places.get(path);
    if (place?.segment !== 0) throw new Error(`${family.title} has no near pointer ${path}`);
    return mutations(segments, place.word)
      .filter(({ id }) => !family.isShort || !/far-|2-15/.test(id) || /^(?:double-)?far-(?:nowhere|out)$/.test(id))
      .map(({ id, what, ...rest }) =>
        caseOf(family, { id: `${slug(name)}-${id}`, what: `the pointer to ${name} ${what}`, ...rest }),
      )
      .filter(isCase);
  });
}

/** @param segments of a right message whose objects lie behind far pointers */
export function changedFarPointers(family: Family, segments: bigint[][], names: Record<string, string>): VectorCase[] {
  family.seen.add(hex(framed(segments)));
  const { places } = new Model(segments).walk();
  const named = Object.entries(names).map(([path, name]) => {
    const place = places.get(path);
    if (!place) throw new Error(`${family.title} has no pointer ${path}`);
    return [slug(name), place] as const;
  });
  return farMutations(segments, new Map(named))
    .map((one) => caseOf(family, one))
    .filter(isCase);
}

/** The first segment, shorter by each number of words; its table says so. */
export function shortened(family: Family, segments: bigint[][]): VectorCase[] {
  const [first, ...others] = segments as [bigint[], ...bigint[][]];
  return first
    .map((_, length) =>
      caseOf(family, {
        id: `words-${length}`,
        what: `the first segment ends after ${length} of ${first.length} words`,
        segments: [first.slice(0, length), ...others],
      }),
    )
    .filter(isCase);
}

const slug = (name: string): string => name.replaceAll(/[^a-zA-Z0-9]+/g, '-');

type About = Pick<VectorGroup, 'requirements' | 'description'>;

/** A file of changed messages: a group for each verdict, and those that were cut. */
export function changedFile(
  head: Pick<VectorFile, 'name' | 'schema' | 'description'>,
  kind: string,
  { changed, cut }: { changed: readonly VectorCase[]; cut: VectorCase[] },
  about: { valid: About; invalid: About; acceptable: string[]; cut: About },
): VectorFile {
  const judged = (result: Expected['result']): VectorCase[] =>
    changed.filter(({ expected }) => expected.result === result);
  const differ = 'One pointer is changed so that right readers differ: they refuse it, or read the same of it.';
  const groups = [
    { kind, ...about.valid, cases: judged('valid') },
    { kind, ...about.invalid, cases: judged('invalid') },
    { kind, requirements: about.acceptable, description: differ, cases: judged('acceptable') },
    { kind, ...about.cut, cases: cut },
  ];
  return withFlags({ ...head, groups }, CHANGED_FLAGS);
}
