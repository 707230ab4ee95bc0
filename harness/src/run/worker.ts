// A process of `--jobs`: comes to the servers of its lanes, gives their scenarios people, runs the batches that it is sent.
import { UnreachableError } from '../errors.ts';
import { withAccess } from '../target/access.ts';
import { type Lane, openLane } from '../target/lane.ts';
import type { Offer } from '../target/probe.ts';
import type { Profile } from '../target/target.ts';
import { type LaneRunner, type LaneSettings, localRunner } from './lane-runner.ts';
import { haltRuns } from './stop.ts';
import type { FromWorker, ToWorker } from './worker-process.ts';

let settings: LaneSettings | undefined;
const lanes = new Map<number, Promise<Lane>>();
const runners = new Map<number, LaneRunner>();

const say = (message: FromWorker): void => void process.send?.(message);

async function runnerOf(lane: Promise<Lane>, offer: Offer): Promise<LaneRunner> {
  const { target } = await withAccess((await lane).target, offer);
  return localRunner(target, settings as LaneSettings);
}

async function obey(message: ToWorker): Promise<void> {
  if (message.kind === 'close') {
    const closing = [...lanes.values()].map((lane) => lane.then((open) => open.close()));
    await Promise.allSettled(closing);
    process.exit(0);
  } else if (message.kind === 'open') {
    settings = message.settings;
    for (const index of message.lanes) {
      const lane = openLane(settings.options, index);
      // Whoever waits for it is told.
      lane.catch(() => {});
      lanes.set(index, lane);
    }
  } else if (message.kind === 'people') {
    const offer = { ...message.offer, profiles: new Set(message.offer.profiles as Profile[]) };
    const ready = [...lanes].map(async ([index, lane]) => {
      const runner = await runnerOf(lane, offer);
      runners.set(index, runner);
      return runner.noAccounts;
    });
    say({ kind: 'ready', noAccounts: await Promise.all(ready) });
  } else if (message.kind === 'halt') haltRuns(message.reason);
  else {
    const { lane, batch } = message;
    const run = await (runners.get(lane) as LaneRunner).run(batch, (result) => say({ kind: 'result', lane, result }));
    say({ kind: 'outcome', lane, outcome: { faults: run.faults, gone: run.gone } });
  }
}

process.on('message', (message: ToWorker) => {
  obey(message).catch((error) => {
    const isTargets = error instanceof UnreachableError;
    say({ kind: 'error', message: error instanceof Error ? error.message : String(error), isTargets });
  });
});

// Ctrl-C goes to the whole group; the process that started this one decides.
process.on('SIGINT', () => {});
// That process has gone, Ctrl-C or not: what was started for it goes at once.
process.on('disconnect', () => process.exit(0));
