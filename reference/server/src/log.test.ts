import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type LogOptions, makeLog } from './log.ts';

function capture(options: Omit<LogOptions, 'to'>): { log: ReturnType<typeof makeLog>; text(): string } {
  let written = '';
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      written += chunk;
      done();
    },
  });
  return { log: makeLog({ ...options, to }), text: () => written };
}

test('JSON: a line an event, with time, level, message and fields', () => {
  const { log, text } = capture({ format: 'json', level: 'info' });
  log.debug('not shown');
  log.info('a call', { method: 'fetch', seconds: 0.5 });
  log.error('two\nlines');
  const [first, second, ...rest] = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(rest, []);
  assert.ok(!Number.isNaN(Date.parse(first.time)));
  assert.deepEqual({ ...first, time: 0 }, { level: 'info', time: 0, method: 'fetch', seconds: 0.5, msg: 'a call' });
  assert.equal(second.msg, 'two\nlines');
});

test('for people: nothing that is logged moves the cursor or looks like a line of its own', async () => {
  const { log, text } = capture({ format: 'pretty', level: 'debug' });
  log.warn('one\u001b[2Jtwo\rthree\nINFO: four', { code: 'E001' });
  log.debug('shown');
  // The formatter is a stream: it writes in the next turn.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const lines = text().trimEnd().split('\n');
  assert.match(lines[0] as string, /WARN: one\?\[2Jtwo\?three$/);
  assert.match(lines[1] as string, /^ {4}INFO: four.*E001/);
  assert.match(lines[2] as string, /DEBUG: shown$/);
});

test('silent is silent', () => {
  const { log, text } = capture({ format: 'json', level: 'silent' });
  log.error('x');
  assert.equal(text(), '');
});
