import { setTimeout as sleep } from 'node:timers/promises';
import {
  After,
  Before,
  setDefaultTimeout,
  setDefinitionFunctionWrapper,
  setWorldConstructor,
} from '@cucumber/cucumber';
import { EXCHANGE, SKIP_REASON } from './message-reader.ts';
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
    try {
      if (result?.status === 'PASSED') await this.finish();
      // A target that is gone is not worth a time-out for each scenario that is left.
      else if (result?.status === 'FAILED' && !(await isThere(this))) {
        whyGone = `the target went away during "${pickle.name}"; start it again, and see its log`;
        this.note(whyGone);
      }
    } finally {
      this.attach(JSON.stringify(this.exchange.entries()), EXCHANGE);
      await this.dispose();
    }
  });
}

/** How long a target may take to accept a connection before it is taken for gone, in ms. */
const GONE_AFTER_MS = 3_000;

async function isThere(world: ConformanceWorld): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await world.connect({ handshakeTimeoutMs: GONE_AFTER_MS });
      return true;
    } catch {
      await sleep(GONE_AFTER_MS / 10);
    }
  }
  return false;
}
