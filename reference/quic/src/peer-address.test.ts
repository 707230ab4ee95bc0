import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerAddress } from './peer-address.ts';

const at = (port: number) => ({ host: '192.0.2.1', port });

test('a peer that stays is known by its address', () => {
  const peer = new PeerAddress(at(1));
  assert.deepEqual(peer.incoming(at(1)), at(1));
  assert.deepEqual(peer.outgoing(at(1)), at(1));
  assert.equal(peer.candidate, undefined);
});

test('a new address is a path of its own until it is accepted, and then the first one', () => {
  const peer = new PeerAddress(at(1));
  const placeholder = peer.incoming(at(2));
  assert.notDeepEqual(placeholder, at(1));
  assert.deepEqual([peer.incoming(at(2)), peer.candidate], [placeholder, placeholder]);
  assert.deepEqual([peer.outgoing(placeholder), peer.outgoing(at(1)), peer.now], [at(2), at(1), at(1)]);
  peer.accept();
  assert.deepEqual([peer.incoming(at(2)), peer.candidate], [at(1), undefined]);
  assert.deepEqual([peer.outgoing(placeholder), peer.outgoing(at(1)), peer.now], [at(2), at(2), at(2)]);
});

test('an address that was left is validated anew', () => {
  const peer = new PeerAddress(at(1));
  const second = peer.incoming(at(2));
  peer.accept();
  const again = peer.incoming(at(1));
  assert.notDeepEqual(again, at(1));
  assert.notDeepEqual(again, second);
  assert.deepEqual([peer.outgoing(again), peer.now], [at(1), at(2)]);
  peer.accept();
  assert.deepEqual([peer.incoming(at(1)), peer.outgoing(at(1))], [at(1), at(1)]);
});

test('of addresses that are not validated the last counts, and nothing goes to the others', () => {
  const peer = new PeerAddress(at(1));
  const second = peer.incoming(at(2));
  const third = peer.incoming(at(3));
  assert.deepEqual([peer.outgoing(second), peer.outgoing(third), peer.outgoing(at(1))], [undefined, at(3), at(1)]);
  assert.notDeepEqual(peer.incoming(at(2)), second, 'not as validated as before');
  assert.equal(new Set([second, third].map(({ host, port }) => `${host} ${port}`)).size, 2);
});
