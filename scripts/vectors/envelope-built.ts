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
  const small = { ...DEFAULTS, msgType: 8 };
  for (const length of [...Array.from({ length: 20 }, (_, i) => i + 1), 31, 32, 33, 63, 64, 65, 255, 256])
    cases.push(
      right(`payload-${length}`, `build with a payload of ${length} bytes`, {
        ...small,
        payload: bytesOf(`build payload ${length}`, length),
      }),
    );
  for (const k of [8, 16, 31, 32, 33, 48, 52, 53, 62, 63])
    cases.push(
      right(`time-2-${k}`, `build with the time 2^${k}`, { ...small, timestampMs: 2n ** BigInt(k) }),
      right(`time-2-${k}-minus-1`, `build with the time 2^${k} - 1`, { ...small, timestampMs: 2n ** BigInt(k) - 1n }),
    );
  cases.push(
    right('group-alone', 'build with a group and no sender', { ...small, groupId: base.groupId }),
    right('sender-alone', 'build with a sender and no group', { ...small, senderId: base.senderId }),
    right('ids-zero', 'build with ids of zero bytes: they are not absent', {
      ...small,
      groupId: new Uint8Array(32),
      senderId: new Uint8Array(32),
    }),
  );
  for (const length of [1, 31, 33, 2, 8, 16, 24, 30, 34, 40, 48, 64, 256, 288]) {
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
