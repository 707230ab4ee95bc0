import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetLimits } from '../target/limits.ts';
import type { Profile, TargetData } from '../target/target.ts';
import { type Service, TargetService } from './clients.ts';
import { CODECS } from './codecs.ts';
import { type Command, commandsOf, isOffered, showCommand } from './commands.ts';
import { checkSuspicions, History, type Lost } from './history.ts';
import { judge } from './judge.ts';
import { frameProperty } from './mutated-frames.ts';
import type { Cast, People } from './people.ts';
import type { Property } from './property.ts';

/** What late calls of a session that was lost may still do is mostly done after that time, in ms. */
const SETTLE_MS = 1_000;

/** What the models are run against. */
export interface ModelTarget {
  service: Service;
  cast: Cast;
  profiles: ReadonlySet<Profile>;
  limits: TargetLimits;
  /** Whether callers have an identity. */
  hasPeople: boolean;
}

/** Random calls of several clients at once are explained by some order of them. */
export function modelProperty({ service, cast, profiles, limits, hasPeople }: ModelTarget): Property<Command[]> {
  const counts = { undecided: 0, lost: 0, refused: 0 };
  let known: People | undefined;
  /** What was lost on people who stay: it may happen in any later run. */
  let late: Lost[] = [];
  let isSoiled = false;
  return {
    id: 'linearizable',
    arbitrary: commandsOf(profiles, hasPeople, limits),
    async run(commands) {
      if (!hasPeople) await cast.renew();
      const people = cast.now();
      const history = new History(service, people, limits);
      let isClean = false;
      try {
        if (people !== known) await history.greet();
        known = people;
        await history.run(commands, late, isSoiled);
        counts.undecided += judge(history);
        checkSuspicions(history);
        isClean = true;
      } finally {
        counts.lost += history.lost.length;
        counts.refused += history.refused;
        // What a wrong answer, or none, has left behind must not be taken for the next run's doing.
        if (history.lost.length > 0) await sleep(SETTLE_MS);
        if (!isClean) {
          const isNew = await cast.renew();
          late = isNew ? [] : [...late, ...history.lost];
          isSoiled ||= !isNew;
        }
      }
    },
    show: (commands) => commands.map((command, i) => `  ${i + 1}. ${showCommand(command)}`).join('\n'),
    isFor: (commands) => commands.every((command) => isOffered(command, profiles, hasPeople, limits)),
    save: (commands) => commands,
    load: (saved) => saved as Command[],
    close: async () => {},
    remark: () => {
      const told = Object.entries({
        'refusals for a limit or for trouble of the store': counts.refused,
        'calls lost with their session or not answered': counts.lost,
        'histories too long to decide': counts.undecided,
      }).filter(([, count]) => count > 0);
      return told.length === 0 ? undefined : told.map(([what, count]) => `${count} ${what}`).join(', ');
    },
    isSoiled: () => isSoiled,
    runs: 300,
  };
}

/** Every property, for what a target offers. Those of codecs need none. */
export function propertiesFor(target: TargetData, profiles: ReadonlySet<Profile>, cast: Cast): Property<never>[] {
  const service = new TargetService(target);
  const hasPeople = target.accounts.length > 0;
  const model = modelProperty({ service, cast, profiles, limits: target.limits, hasPeople });
  return [
    { ...model, close: () => service.close() } as unknown as Property<never>,
    frameProperty(target, cast) as unknown as Property<never>,
    ...(CODECS as unknown as Property<never>[]),
  ];
}
