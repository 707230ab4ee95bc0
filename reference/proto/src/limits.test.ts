import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as limits from './limits.ts';

test('the default limits are those that the specification names', () => {
  const { MAX_PACKAGE_LEN, MAX_PAYLOAD_LEN, MAX_QUEUE_BYTES, MAX_ANSWER_BYTES, ALPN } = limits;
  assert.deepEqual(
    { MAX_PACKAGE_LEN, MAX_PAYLOAD_LEN, MAX_QUEUE_BYTES, MAX_ANSWER_BYTES, ALPN },
    {
      MAX_PACKAGE_LEN: 1_048_576,
      MAX_PAYLOAD_LEN: 5_242_880,
      MAX_QUEUE_BYTES: 268_435_456,
      MAX_ANSWER_BYTES: 8_388_608,
      ALPN: 'capnp',
    },
  );
});
