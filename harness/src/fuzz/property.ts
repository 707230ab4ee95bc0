import type fc from 'fast-check';

/** Something that holds for every input. */
export interface Property<T> {
  /** As `--property` names it, and harness/fuzz/catalog.json. */
  id: string;
  arbitrary: fc.Arbitrary<T>;
  /** @throws Violation, Suspicion, Inconclusive, TargetGone */
  run(input: T): Promise<void>;
  show(input: T): string;
  /** Whether the target offers what an input, of another target's perhaps, needs. By default it does. */
  isFor?(input: T): boolean;
  /** To and from the JSON of a regression. */
  save(input: T): unknown;
  load(saved: unknown): T;
  close(): Promise<void>;
  /** It needs no target. */
  isLocal?: boolean;
  /** What people should know beside the verdict. */
  remark(): string | undefined;
  /** Whether runs had to go on with what others, which ended badly, have left behind. */
  isSoiled?(): boolean;
  /** Runs that are enough when no time is given. */
  runs: number;
}
