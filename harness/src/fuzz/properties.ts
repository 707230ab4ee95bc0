import { setTimeout as sleep } from 'node:timers/promises';
import type fc from 'fast-check';
import type { Profile, TargetData } from '../target/target.ts';
import { peopleOf, type Service, TargetService } from './clients.ts';
import { CODECS } from './codecs.ts';
import { type Command, commandsOf, showCommand } from './commands.ts';
import { History } from './history.ts';
import { judge } from './judge.ts';
import { frameProperty } from './mutated-frames.ts';

/** Something that holds for every input. */
export interface Property<T> {
  /** As `--property` names it, and harness/fuzz/catalog.json. */
  id: string;
  arbitrary: fc.Arbitrary<T>;
  /** @throws Violation · Inconclusive, when the run says nothing */
  run(input: T): Promise<void>;
  show(input: T): string;
  /** To and from the JSON of a regression. */
  save(input: T): unknown;
  load(saved: unknown): T;
  close(): Promise<void>;
  /** It needs no target. */
  isLocal?: boolean;
  /** What people should know beside the verdict. */
  remark(): string | undefined;
  /** Runs that are enough when no time is given. */
  runs: number;
}

/** What late calls of a session that was lost may still do is done after that time, in ms. */
const SETTLE_MS = 1_000;

/** Random calls of several clients at once are explained by some order of them. */
export function modelProperty(
  service: Service,
  people: () => ReturnType<typeof peopleOf>,
  profiles: ReadonlySet<Profile>,
  hasPeople: boolean,
): Property<Command[]> {
  let undecided = 0;
  let lost = 0;
  let refused = 0;
  return {
    id: 'linearizable',
    arbitrary: commandsOf(profiles, hasPeople),
    async run(commands) {
      const history = new History(service, people());
      try {
        await history.run(commands);
        undecided += judge(history);
      } finally {
        lost += history.unanswered;
        refused += history.refused;
        if (history.unanswered > 0) await sleep(SETTLE_MS);
      }
    },
    show: (commands) => commands.map((command, i) => `  ${i + 1}. ${showCommand(command)}`).join('\n'),
    save: (commands) => commands,
    load: (saved) => saved as Command[],
    close: async () => {},
    remark: () => {
      const counts = {
        'calls were refused for a limit': refused,
        'calls were lost with their session': lost,
        'histories were too long to decide': undecided,
      };
      const told = Object.entries(counts).filter(([, count]) => count > 0);
      return told.length === 0 ? undefined : told.map(([what, count]) => `${count} ${what}`).join(', ');
    },
    runs: 100,
  };
}

/** Every property, for what a target offers. Those of codecs need none. */
export function propertiesFor(target: TargetData, profiles: ReadonlySet<Profile>): Property<never>[] {
  const service = new TargetService(target);
  const hasPeople = target.accounts.length > 0;
  const fixed = peopleOf(target);
  const model = modelProperty(service, () => (hasPeople ? fixed : peopleOf(target)), profiles, hasPeople);
  const all: Property<never>[] = [
    { ...model, close: () => service.close() } as unknown as Property<never>,
    frameProperty(target) as unknown as Property<never>,
    ...(CODECS as unknown as Property<never>[]),
  ];
  return all;
}
