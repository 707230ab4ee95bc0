import {
  After,
  Before,
  setDefaultTimeout,
  setDefinitionFunctionWrapper,
  setWorldConstructor,
} from '@cucumber/cucumber';
import { EXCHANGE, SKIP_REASON, TARGET_GONE } from './message-reader.ts';
import { goneBecause } from './target/probe.ts';
import { ConformanceWorld, SkipScenario } from './world.ts';

/** Calls have time-outs of their own; this only ends a step that hangs for another reason, in ms. */
const STEP_LIMIT_MS = 120_000;

/**
 * Registers the World, and what is done around every step and scenario. Called by a file that cucumber imports: it
 * takes registrations only while it loads those.
 */
export function registerHooks(): void {
  setWorldConstructor(ConformanceWorld);
  setDefaultTimeout(STEP_LIMIT_MS);

  setDefinitionFunctionWrapper(
    (step: (...args: unknown[]) => unknown) =>
      async function (this: ConformanceWorld, ...args: unknown[]) {
        try {
          return await step.apply(this, args);
        } catch (error) {
          if (!(error instanceof SkipScenario)) throw error;
          this.attach(error.message, SKIP_REASON);
          return 'skipped';
        }
      },
  );

  let whyGone: string | undefined;

  Before(function (this: ConformanceWorld, { pickle }) {
    // A target that is gone is not worth a time-out for each scenario that is left.
    if (whyGone !== undefined) this.skip(whyGone);
    const tags = pickle.tags.map(({ name }) => name);
    if (tags.includes('@needs:accounts') && !this.hasAccounts)
      this.skip('needs accounts with tokens: give --accounts FILE');
    if (tags.includes('@needs:open') && !this.isOpen)
      this.skip('needs a server that takes calls without a token: give --open');
    if (tags.includes('@needs:closed') && this.isOpen)
      this.skip('needs a server that takes no call without a token; this one was declared --open');
  });

  After(async function (this: ConformanceWorld, { result, pickle }) {
    let hasFailed = result?.status === 'FAILED';
    try {
      if (result?.status === 'PASSED') await this.finish();
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      // Before the question, so that it is not our own connections that leave no room for it.
      await this.dispose();
      const why = hasFailed ? await goneBecause(this.target) : undefined;
      if (why !== undefined) {
        whyGone = `the target went away during "${pickle.name}" (${why}): start it again, and see its log`;
        this.note(whyGone);
        this.attach(whyGone, TARGET_GONE);
      }
      this.attach(JSON.stringify(this.exchange.entries()), EXCHANGE);
    }
  });
}
