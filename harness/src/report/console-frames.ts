import type { ReportedFrame } from '../frames/reported.ts';

const SHOWN_FIELDS = 16;
const SHOWN_BYTES = 8;

/**
 * The frame that a failure is about: the last one with a field that is not as expected, else the last that came. Where that
 * says only that there is nothing more, the one before it brought what was not right.
 */
function decisive(frames: readonly ReportedFrame[]): ReportedFrame | undefined {
  const came = frames.filter(({ direction, bytes }) => direction === 'received' && bytes > 0);
  const wrong = came.findLast(({ fields }) => fields.some(({ expected }) => expected !== undefined));
  const [before, last] = [came.at(-2), came.at(-1)];
  const isEndOfList = / 0 payloads$/.test(last?.summary ?? '') && / [1-9]\d* payloads$/.test(before?.summary ?? '');
  return wrong ?? (isEndOfList ? before : last);
}

/** That frame as annotated hex, a line a field: offset, bytes, name, value, expected. */
export function frameLines(frames: readonly ReportedFrame[] = []): string[] {
  const frame = decisive(frames);
  if (!frame) return [];
  const fields = frame.fields.filter(({ name, expected }) => expected !== undefined || !name.endsWith('→'));
  // What is wrong stands at the end as a rule; the segment table is the least of what is of interest.
  const shown = fields.slice(-SHOWN_FIELDS);
  return [
    `frame ${frame.session}, ${frame.atMs} ms, ${frame.bytes} bytes: ${frame.summary}`,
    ...shown.map(({ offset, length, name, value, expected }) => {
      const pairs = frame.hex.slice(offset * 2, (offset + Math.min(length, SHOWN_BYTES)) * 2).match(/../g) ?? [];
      const hex = `${pairs.join(' ')}${length > pairs.length ? ' …' : ''}`;
      const wrong = expected === undefined ? '' : `   expected ${expected}`;
      return `${String(offset).padStart(6)}  ${hex.padEnd(SHOWN_BYTES * 3 + 1)} ${name} = ${value}${wrong}`;
    }),
  ];
}
