import { conform } from './conform.ts';
import { EXIT, SuiteError, UnreachableError, UsageError } from './errors.ts';
import { unwritable } from './options/read-file.ts';
import { readLine } from './options/read-line.ts';
import { REPORT_COMMANDS } from './report/commands.ts';

/**
 * @param end ends the process at once, when nobody would hear of the verdict
 * @returns the exit code
 */
export async function main(args: string[], end: (code: number) => void = process.exit): Promise<number> {
  watchOutput(end);
  try {
    const command = REPORT_COMMANDS[args[0] ?? ''];
    if (command) {
      command(args.slice(1));
      return EXIT.conformant;
    }
    const options = readLine(args);
    return options === undefined ? EXIT.conformant : await conform(options, args);
  } catch (error) {
    if (error instanceof UsageError) return fail(EXIT.usage, error.message);
    if (error instanceof UnreachableError) return fail(EXIT.unreachable, error.message);
    if (error instanceof SuiteError) return fail(EXIT.suiteBroken, `the suite is broken: ${error.message}`);
    return fail(EXIT.suiteBroken, `the suite is broken: ${error instanceof Error ? error.stack : error}`);
  }
}

let isWatched = false;

function watchOutput(end: (code: number) => void): void {
  if (isWatched) return;
  isWatched = true;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Somebody who reads only the first lines (`| head`) changes nothing about the verdict.
      if (error.code !== 'EPIPE') end(fail(EXIT.usage, `the output ${unwritable(error)}`));
    });
}

function fail(code: number, message: string): number {
  console.error(`conformance: ${message}`);
  return code;
}
