import { MALFORMED_QUESTION } from '../wire/surgery.ts';
import type { ReportedFrame } from './reported.ts';

/** What a failed step wanted of the last answer, and where in it that would have stood. */
interface Expectation {
  step: RegExp;
  field: RegExp;
  /** Which Return: that of the last call, unless it is of this one. */
  question?: number;
  expected(match: RegExpExecArray): string;
}

const EXPECTATIONS: Expectation[] = [
  { step: /^the call fails with (.+)$/, field: /reason$|which$/, expected: ([, codes]) => `an exception ${codes}` },
  { step: /^the reason begins with (.+)$/, field: /reason$/, expected: ([, codes]) => `${codes} at its front` },
  { step: /^the call succeeds$/, field: /reason$|which$/, expected: () => 'results' },
  { step: /exception of type (\w+)$/, field: /exception\.type$|which$/, expected: ([, type]) => `exception ${type}` },
  { step: /^question \d+ is answered with results$/, field: /which$/, expected: () => 'results' },
  {
    step: /^question \d+ fails with "(.+)"$/,
    field: /reason$|which$/,
    expected: ([, codes]) => `an exception ${codes}`,
  },
  {
    ...{ step: /^it gets no results/, field: /which$/, question: MALFORMED_QUESTION },
    expected: () => 'an exception, or the end of the session',
  },
  { step: /^the answer is empty$/, field: /^payloads →$/, expected: () => 'an empty list' },
  { step: /^the returned package is empty$/, field: /^package$/, expected: () => '0 bytes' },
  { step: /^the returned hybrid key is empty$/, field: /^hybridPublicKey$/, expected: () => '0 bytes' },
  { step: /holds its first (\d+) messages?/, field: /^payloads →$/, expected: ([, count]) => `${count} messages` },
];

/** Marks in the last answer what the step that failed had expected there, where the step says so. */
export function markExpected(frames: readonly ReportedFrame[], step: string): void {
  for (const { step: pattern, field, question: known, expected } of EXPECTATIONS) {
    const match = pattern.exec(step);
    if (!match) continue;
    const question = known ?? /^question (\d+) /.exec(step)?.[1];
    const last = frames.findLast(
      ({ direction, summary }) =>
        direction === 'received' && summary.startsWith(question === undefined ? 'Return' : `Return ${question} `),
    );
    const found = last?.fields.filter(({ name }) => field.test(name)).at(-1);
    if (found) found.expected ??= expected(match);
    return;
  }
}
