import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, type ErrorCode, formatReason, parseReason } from './errors.ts';

test('the registry runs from E001 to E023 without a gap', () => {
  const expected = Array.from({ length: 23 }, (_, index) => `E${String(index + 1).padStart(3, '0')}`);
  assert.deepEqual(Object.keys(ERROR_CODES), expected);
});

test('every code survives formatting and parsing', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    assert.equal(formatReason(code, 'x'), `${code}: ${ERROR_CODES[code]}: x`);
    assert.equal(parseReason(formatReason(code, 'x')), code);
  }
});

test('only a leading code of the registry counts', () => {
  assert.equal(parseReason('E004'), 'E004');
  assert.equal(parseReason('E004 - any text'), 'E004');
  for (const reason of [
    '',
    'failed: E004: X',
    ' E004: X',
    'E024: X: y',
    'E000',
    'E0041: X',
    'E004x',
    'e004: X',
    'E04',
  ]) {
    assert.equal(parseReason(reason), undefined, JSON.stringify(reason));
  }
});
