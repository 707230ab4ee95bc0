import type { Argv, CommandModule } from 'yargs';
import { type RawOptions, readConfig } from '../config.ts';
import { type Check, diagnose, type Finding, formatFinding } from '../doctor/check.ts';
import { fileChecks } from '../doctor/files.ts';
import { SERVICE_CHECKS } from '../doctor/service.ts';
import { systemChecks, thisMachine } from '../doctor/system.ts';
import { configured } from './configured.ts';
import { EXIT_FAILURE } from './failure.ts';
import { SERVE_OPTIONS } from './serve-options.ts';

/** `reference-server doctor [options]`: whether a server with these options would work, and what to do if not. */
export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'check whether a server with these options would work: one line each, with what to do',
  builder: (yargs: Argv) =>
    configured(yargs, SERVE_OPTIONS)
      .example('$0 doctor --config server.yaml', 'before a start, or when something is wrong')
      .epilogue(
        'Give the options that the server gets. The store is opened as at a start. Exit codes: 0 nothing failed (warnings do not ' +
          'count), 1 something did, 2 wrong usage or configuration.',
      )
      .demandCommand(0, 0),
  handler: async (args) => {
    const config = readConfig(args as unknown as RawOptions);
    const machine = thisMachine();
    const checks: Check[] = [...systemChecks(machine), ...fileChecks(machine.now), ...SERVICE_CHECKS];
    const findings = await diagnose(checks, config);
    for (const finding of findings) process.stdout.write(`${formatFinding(finding)}\n`);
    const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
    process.stdout.write(`${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed\n`);
    if (count('fail') > 0) process.exitCode = EXIT_FAILURE;
  },
};
