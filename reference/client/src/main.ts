import { interruptOnSignals, main } from './cli.ts';

/** How long open handles may keep the process after the end of its command, in ms. */
const LINGER_MS = 1_000;

const interrupt = new AbortController();
interruptOnSignals(interrupt);
// A reader that has gone away shows where something is written.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});
process.exitCode = await main(process.argv.slice(2), {}, interrupt);
setTimeout(() => process.exit(), LINGER_MS).unref();
