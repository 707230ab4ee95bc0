import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ClientAuth, parseToken } from '../client-auth.ts';
import { ClientError } from '../errors.ts';
import { formatAddress, parseAddress } from './address.ts';
import { backoffMs } from './backoff.ts';

it('reads addresses, and writes them again', () => {
  for (const [text, host, port, again = text] of [
    ['127.0.0.1:7000', '127.0.0.1', 7000],
    ['example.org:1', 'example.org', 1],
    ['localhost', 'localhost', 7000, 'localhost:7000'],
    ['[::1]:65535', '::1', 65_535],
    ['[::1]', '::1', 7000, '[::1]:7000'],
  ] as const) {
    assert.deepEqual(parseAddress(text), { host, port });
    assert.equal(formatAddress({ host, port }), again);
  }
  for (const text of ['', ':7000', 'a:0', 'a:65536', '::1', '[a]:1', 'a:b', 'a:1:2'])
    assert.throws(() => parseAddress(text), ClientError, text);
});

it('reads tokens as hex or as text, and never shows them', () => {
  assert.deepEqual([...(parseToken(' 00fF\n') as Uint8Array)], [0, 255]);
  assert.equal(Buffer.from(parseToken('secret-token') as Uint8Array).toString(), 'secret-token');
  assert.equal(Buffer.from(parseToken('text:00ff') as Uint8Array).toString(), '00ff');
  for (const none of [undefined, '', ' ']) assert.equal(parseToken(none), undefined);
  const auth = new ClientAuth(parseToken('secret-token'));
  assert.equal(JSON.stringify(auth), '{"hasToken":true}');
  assert.throws(() => new ClientAuth(new Uint8Array()), ClientError);
});

it('waits longer each time, up to ten seconds, and not all at once', () => {
  assert.deepEqual(
    [1, 2, 3, 8, 50].map((tries) => backoffMs(tries, () => 0)),
    [100, 200, 400, 10_000, 10_000],
  );
  assert.equal(
    backoffMs(1, () => 1),
    50,
  );
});
