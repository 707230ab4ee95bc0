import { registerClientHooks } from '../../src/client/client-hooks.ts';

registerClientHooks();
