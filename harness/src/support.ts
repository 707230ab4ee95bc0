// Hooks for every scenario; cucumber imports this file beside the steps.
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

Before(function (this: ConformanceWorld, { pickle }) {
  const tags = pickle.tags.map(({ name }) => name);
  if (tags.includes('@needs:accounts') && !this.hasAccounts)
    this.skip('needs accounts with tokens: give --accounts FILE');
  if (tags.includes('@needs:open') && !this.isOpen)
    this.skip('needs a server that takes calls without a token: give --open');
  if (tags.includes('@needs:closed') && this.isOpen)
    this.skip('needs a server that takes no call without a token; this one was declared --open');
});

After(async function (this: ConformanceWorld, { result }) {
  try {
    if (result?.status === 'PASSED') await this.finish();
  } finally {
    this.attach(JSON.stringify(this.exchange.entries()), EXCHANGE);
    await this.dispose();
  }
});
