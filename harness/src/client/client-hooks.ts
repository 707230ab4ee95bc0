import { After, setDefaultTimeout, setDefinitionFunctionWrapper, setWorldConstructor } from '@cucumber/cucumber';
import { EXCHANGE } from '../run/message-reader.ts';
import { skippable } from '../world/hooks.ts';
import { ClientWorld } from './client-world.ts';

/** Commands have time-outs of their own; this only ends a step that hangs for another reason, in ms. */
const STEP_LIMIT_MS = 600_000;

/** As `registerHooks`, for runs that test a client. */
export function registerClientHooks(): void {
  setWorldConstructor(ClientWorld);
  setDefaultTimeout(STEP_LIMIT_MS);
  setDefinitionFunctionWrapper(skippable);
  After(async function (this: ClientWorld) {
    await this.dispose();
    this.attach(JSON.stringify(this.exchange.entries()), EXCHANGE);
  });
}
