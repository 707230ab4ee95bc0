import {
  After,
  Before,
  BeforeAll,
  setDefaultTimeout,
  setDefinitionFunctionWrapper,
  setWorldConstructor,
  type World,
} from '@cucumber/cucumber';
import type { GherkinDocument, Pickle } from '@cucumber/messages';
import { keepObservation } from '../differential/kept.ts';
import { observe } from '../differential/observation.ts';
import { writeTrace } from '../frames/trace.ts';
import { beginFlowsOf } from '../network/over-network.ts';
import { linesOf, placeOf } from '../plan/features.ts';
import { EXCHANGE, FRAMES, SKIP_REASON } from '../run/message-reader.ts';
import { resetStop, stopReason } from '../run/stop.ts';
import { notRestartableBecause } from '../target/command/command-server.ts';
import type { TargetData } from '../target/target.ts';
import { randomOf } from './random-of-scenario.ts';
import { SkipScenario } from './skip-scenario.ts';
import { afterDeath, lookAfter } from './target-watch.ts';
import { ConformanceWorld } from './world.ts';

/** Calls have time-outs of their own; this only ends a step that hangs for another reason, in ms. */
const STEP_LIMIT_MS = 120_000;

const placeIn = (document: GherkinDocument, pickle: Pickle): string =>
  placeOf(pickle.uri, linesOf(document).get(pickle.astNodeIds.at(-1) as string) ?? 0);

/** Around a step: one that throws SkipScenario is skipped, with its reason. */
export const skippable = (step: (...args: unknown[]) => unknown) =>
  async function (this: World, ...args: unknown[]) {
    try {
      return await step.apply(this, args);
    } catch (error) {
      if (!(error instanceof SkipScenario)) throw error;
      this.attach(error.message, SKIP_REASON);
      return 'skipped';
    }
  };

/**
 * Registers the World, and what is done around every step and scenario. Called by a file that cucumber imports: it
 * takes registrations only while it loads those.
 */
export function registerHooks(): void {
  setWorldConstructor(ConformanceWorld);
  setDefaultTimeout(STEP_LIMIT_MS);

  setDefinitionFunctionWrapper(skippable);

  BeforeAll(function () {
    resetStop((this.parameters as Pick<TargetData, 'lane'>).lane);
  });

  Before(async function (this: ConformanceWorld, { pickle, gherkinDocument }) {
    beginFlowsOf(this.target.lane, `${pickle.uri}: ${pickle.name}`);
    this.random = randomOf(this.target, placeIn(gherkinDocument, pickle));
    // A target that is gone, for one, is not worth a time-out for each scenario that is left.
    const why = stopReason(this.target.lane);
    if (why !== undefined) this.skip(why);
    const tags = pickle.tags.map(({ name }) => name);
    if (tags.includes('@needs:accounts') && !this.hasAccounts)
      this.skip(this.target.noAccounts ?? 'needs accounts with tokens: give --accounts FILE');
    if (tags.includes('@needs:open') && !this.isOpen)
      this.skip('needs a server that takes calls without a token: give --open');
    if (tags.includes('@needs:closed') && this.isOpen)
      this.skip('needs a server that takes no call without a token; this one was declared --open');
    const notRestartable = tags.includes('@needs:restart') ? notRestartableBecause(this.target) : undefined;
    if (notRestartable !== undefined) this.skip(notRestartable);
    // It may take a moment to die of what the scenario before has sent.
    const death = await afterDeath(this);
    if (death !== undefined) throw new Error(`before this scenario began, ${death}`);
  });

  After(async function (this: ConformanceWorld, { result, pickle, gherkinDocument }) {
    let hasFailed = result?.status === 'FAILED';
    let died: Error | undefined;
    try {
      if (result?.status === 'PASSED') await this.finish();
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      const { side } = this.target;
      if (side !== undefined) {
        const steps = pickle.steps.map(({ text }) => text);
        keepObservation(side, placeIn(gherkinDocument, pickle), observe(this.frames.frames(), steps));
      }
      // Before the question, so that it is not our own connections that leave no room for it.
      await this.dispose();
      const death = await lookAfter(this, hasFailed, pickle.name);
      if (death !== undefined) {
        hasFailed = true;
        died = new Error(death);
      }
      this.attach(JSON.stringify(this.exchange.entries()), EXCHANGE);
      if (hasFailed) this.attach(JSON.stringify(this.reportedFrames()), FRAMES);
      const { traceDir } = this.target;
      if (traceDir !== undefined) {
        const requirement = pickle.tags.find(({ name }) => /^@[A-Z]+-\d{3}$/.test(name))?.name.slice(1) ?? '';
        const status = hasFailed ? 'failed' : (result?.status.toLowerCase() ?? 'unknown');
        const head = { requirement, scenario: pickle.name, uri: pickle.uri, status, dropped: this.frames.dropped };
        try {
          writeTrace(traceDir, head, this.reportedFrames(true));
        } catch (error) {
          // A full disk of ours is no fault of the target.
          process.stderr.write(`conformance: --trace: ${error instanceof Error ? error.message : error}\n`);
        }
      }
    }
    if (died) throw died;
  });
}
