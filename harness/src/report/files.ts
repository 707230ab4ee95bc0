import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../errors.ts';
import type { ReportRequest } from '../options.ts';
import { type JsonReport, toJson } from './json.ts';
import { toJunit } from './junit.ts';

/** Makes the folders, and sees that the files can be written, before the run is done for nothing. @throws UsageError */
export function prepareReports(reports: readonly ReportRequest[]): void {
  for (const { kind, path } of reports) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '', { flag: 'a' });
      accessSync(path, constants.W_OK);
    } catch (error) {
      throw new UsageError(`--report ${kind}=${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

export function writeReports(reports: readonly ReportRequest[], report: JsonReport): void {
  for (const { kind, path } of reports) writeFileSync(path, kind === 'json' ? toJson(report) : toJunit(report));
}
