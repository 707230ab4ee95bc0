import { registerHooks } from '../../src/world/hooks.ts';

registerHooks();
