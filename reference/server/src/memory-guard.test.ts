import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Holder, MemoryGuard } from './memory-guard.ts';

const MIB = 1 << 20;

function sessionsOf(...sizes: number[]): { sessions: Set<Holder>; ended: number[] } {
  const ended: number[] = [];
  const sessions = new Set<Holder>();
  for (const heldBytes of sizes) {
    const session: Holder = {
      heldBytes,
      abandon() {
        ended.push(heldBytes);
        sessions.delete(session);
      },
    };
    sessions.add(session);
  }
  return { sessions, ended };
}

test('nobody is ended within the limit', () => {
  const { sessions, ended } = sessionsOf(5 * MIB, 5 * MIB);
  const guard = new MemoryGuard(sessions, 10 * MIB, () => assert.fail('told of nothing'));
  guard.check();
  guard.stop();
  assert.deepEqual(ended, []);
});

test('over the limit those that hold most go first, until the rest is half of it', () => {
  const { sessions, ended } = sessionsOf(1, 4 * MIB, 3 * MIB, 2 * MIB, 6 * MIB);
  const told: number[][] = [];
  const guard = new MemoryGuard(sessions, 10 * MIB, (...args) => told.push(args));
  guard.check();
  guard.stop();
  assert.deepEqual(ended, [6 * MIB, 4 * MIB, 3 * MIB].slice(0, ended.length));
  assert.equal([...sessions].reduce((sum, { heldBytes }) => sum + heldBytes, 0) <= 5 * MIB + 1, true);
  assert.deepEqual(told, [[ended.length, ended.reduce((sum, bytes) => sum + bytes, 0)]]);
  assert.ok(sessions.size >= 2, 'small ones stay');
});
