import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError, RpcException, SessionEndedError } from './errors.ts';

test('errors say what they are and why', () => {
  const errors: [Error, string][] = [
    [new RpcException('failed', 'E005: PAYLOAD_EMPTY'), 'RpcException: failed: E005: PAYLOAD_EMPTY'],
    [
      new SessionEndedError({ kind: 'transport', reason: 'cable cut' }),
      'SessionEndedError: the RPC session is over (transport): cable cut',
    ],
    [new SessionEndedError({ kind: 'closed', reason: '' }), 'SessionEndedError: the RPC session is over (closed)'],
    [new ProtocolError('no'), 'ProtocolError: no'],
  ];
  for (const [error, text] of errors) assert.equal(String(error), text);
});
