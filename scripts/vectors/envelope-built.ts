// Envelopes to be built.
import { base, DEFAULTS, type Fields, output, TYPES } from './envelope-fields.ts';
import { bytesOf, type Expected, invalid, type VectorCase, valid } from './file.ts';

export function built(): VectorCase[] {
  const build = (id: string, comment: string, flags: string[], f: Fields, expected: Expected): VectorCase => ({
    id: `envelope-build-${id}`,
    comment,
    flags,
    input: { ...output(f), msgType: TYPES[f.msgType] ?? `${f.msgType}` },
    expected,
    ...(expected.result === 'valid' ? { judge: { envelope: output(f) } } : {}),
  });
  const right = (id: string, comment: string, f: Fields): VectorCase => build(id, comment, [], f, valid({}));
  const cases = TYPES.map((name, msgType) => right(`type-${name}`, `build ${name}`, { ...base, msgType }));
  cases.push(
    right('bare', 'build with nothing but the type', { ...DEFAULTS, msgType: 1 }),
    right('time-max', 'build with the last time that there is', { ...base, timestampMs: 0xffff_ffff_ffff_ffffn }),
    right('time-over-2-53', 'build with a time that a double cannot hold', { ...base, timestampMs: 2n ** 53n + 1n }),
    right('payload-3000', 'build with a payload of 3,000 bytes', { ...base, payload: bytesOf('build payload', 3000) }),
  );
  for (const length of [1, 31, 33]) {
    const id = bytesOf(`build wrong id ${length}`, length);
    cases.push(
      build(
        `group-${length}`,
        `build with a group of ${length} bytes`,
        ['IdLength'],
        { ...base, groupId: id },
        invalid('group-id'),
      ),
      build(
        `sender-${length}`,
        `build with a sender of ${length} bytes`,
        ['IdLength'],
        { ...base, senderId: id },
        invalid('sender-id'),
      ),
    );
  }
  return cases;
}
