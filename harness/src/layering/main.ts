// npm run layering: the rules of spec/layering.md, on this workspace or on another one.
import { main } from './cli.ts';

process.exitCode = await main(process.argv.slice(2));
