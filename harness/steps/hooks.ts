import { registerHooks } from '../src/hooks.ts';

registerHooks();
