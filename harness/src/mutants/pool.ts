import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Done, Work } from './worker.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Judges everything with some processes at once; whichever is free takes the next. */
export async function judgeAll(
  works: readonly Work[],
  jobs: number,
  onDone: (work: Work, done: Done) => void,
): Promise<{ work: Work; done: Done }[]> {
  const left = [...works];
  const results: { work: Work; done: Done }[] = [];
  const runOne = async (): Promise<void> => {
    let worker = fork(WORKER, { execArgv: process.execArgv });
    for (let work = left.shift(); work; work = left.shift()) {
      const done = await ask(worker, work);
      if ('error' in done && worker.exitCode !== null) worker = fork(WORKER, { execArgv: process.execArgv });
      results.push({ work, done });
      onDone(work, done);
    }
    worker.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, works.length) }, runOne));
  return results;
}

function ask(worker: ChildProcess, work: Work): Promise<Done> {
  return new Promise((resolve) => {
    const gone = (): void => resolve({ id: work.entry.id, error: 'the judging process ended' });
    worker.once('exit', gone);
    worker.once('message', (done: Done) => {
      worker.off('exit', gone);
      resolve(done);
    });
    worker.send(work);
  });
}
