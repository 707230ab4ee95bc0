// A process of `--jobs`: comes to a server, gives its scenarios people, runs the batches that it is sent.
import { withAccess } from '../target/access.ts';
import { type Lane, openLane } from '../target/lane.ts';
import type { Profile } from '../target/target.ts';
import { type FromWorker, type LaneRunner, type LaneSettings, localRunner, type ToWorker } from './lane-runner.ts';

let settings: LaneSettings | undefined;
let lane: Promise<Lane> | undefined;
let runner: LaneRunner | undefined;

const say = (message: FromWorker): void => void process.send?.(message);

async function obey(message: ToWorker): Promise<void> {
  if (message.kind === 'open') {
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
  } else {
    const run = await (runner as LaneRunner).run(message.batch, (result) => say({ kind: 'result', result }));
    say({ kind: 'outcome', outcome: { faults: run.faults, gone: run.gone } });
  }
}

process.on('message', (message: ToWorker) => {
  obey(message).catch((error) => {
    say({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
  });
});

// Ctrl-C goes to the whole group; the process that started this one decides.
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  const end = (): never => process.exit(0);
  if (lane === undefined) end();
  else
    void lane.then(
      (open) => open.close().then(end, end),
      () => end(),
    );
});
