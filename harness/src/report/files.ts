import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import type { ReportRequest } from '../options.ts';
import { type JsonReport, toJson } from './json.ts';
import { toJunit } from './junit.ts';

/**
 * Makes the folders, and sees that the files can be written, before the run is done for nothing. What they held is gone:
 * whatever happens, nobody takes it for the result of this run.
 * @throws UsageError
 */
export function prepareReports(reports: readonly ReportRequest[]): void {
  const twice = reports.find(({ path }, i) => reports.findIndex((other) => resolve(other.path) === resolve(path)) < i);
  if (twice) throw new UsageError(`--report: ${twice.path} is given for two reports`);
  for (const { kind, path } of reports) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    } catch (error) {
      throw new UsageError(`--report ${kind}=${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

/** @throws UsageError when traces cannot be written there */
export function prepareTrace(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--trace ${directory} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

export function writeReports(reports: readonly ReportRequest[], report: JsonReport): void {
  for (const { kind, path } of reports) writeFileSync(path, kind === 'json' ? toJson(report) : toJunit(report));
}

/** Takes the files of a run without a verdict away: an empty report is none. */
export function discardReports(reports: readonly ReportRequest[]): void {
  for (const { path } of reports) {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file?.isFile() && file.size === 0) rmSync(path);
  }
}
