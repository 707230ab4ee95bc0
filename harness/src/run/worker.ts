// A process of `--jobs`: comes to a server, gives its scenarios people, runs the batches that it is sent.
import { UnreachableError } from '../errors.ts';
import { withAccess } from '../target/access.ts';
import { type Lane, openLane } from '../target/lane.ts';
import type { Profile } from '../target/target.ts';
import { type FromWorker, type LaneRunner, type LaneSettings, localRunner, type ToWorker } from './lane-runner.ts';

let settings: LaneSettings | undefined;
let lane: Promise<Lane> | undefined;
let runner: LaneRunner | undefined;

const say = (message: FromWorker): void => void process.send?.(message);

async function obey(message: ToWorker): Promise<void> {
  if (message.kind === 'close') {
    await lane?.then((open) => open.close()).catch(() => {});
    process.exit(0);
  } else if (message.kind === 'open') {
    settings = message.settings;
    lane = openLane(settings.options, message.index);
    // Whoever waits for it is told.
    lane.catch(() => {});
  } else if (message.kind === 'people') {
    const { profiles, ...rest } = message.offer;
    const { target } = await withAccess((await (lane as Promise<Lane>)).target, {
      ...rest,
      profiles: new Set(profiles as Profile[]),
    });
    runner = localRunner(target, settings as LaneSettings);
    say({ kind: 'ready', noAccounts: runner.noAccounts });
  } else if (message.kind === 'halt') runner?.halt(message.reason);
  else {
    const run = await (runner as LaneRunner).run(message.batch, (result) => say({ kind: 'result', result }));
    say({ kind: 'outcome', outcome: { faults: run.faults, gone: run.gone } });
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
