import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../errors.ts';
import { unwritable } from '../options/read-file.ts';
import type { ReportRequest } from '../options/values.ts';
import { ROOT } from '../plan/features.ts';
import { toBadge } from './badge.ts';
import { type SpecLink, toHtml } from './html.ts';
import { type JsonReport, toJson } from './json.ts';
import { toJunit } from './junit.ts';
import { toMarkdown } from './markdown.ts';

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
      makeFolder(dirname(path));
      writeFileSync(path, '');
    } catch (error) {
      throw new UsageError(`--report ${kind}=${path} ${unwritable(error)}`);
    }
  }
}

/** With those above it. (The recursive mkdirSync of Node.js 20 never returns below /proc.) */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

/** Sees that a file can be written, and leaves what it holds as it is. @throws UsageError */
export function prepareFile(option: string, path: string): void {
  try {
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw new UsageError(`${option} ${path} ${unwritable(error)}`);
  }
}

/** @throws UsageError when traces cannot be written there */
export function prepareTrace(directory: string): void {
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--trace ${directory} ${unwritable(error)}`);
  }
}

export function writeReports(reports: readonly ReportRequest[], report: JsonReport): void {
  writeFiles(reports, (kind, path) => render(kind, report, path));
}

export function writeFiles(
  reports: readonly ReportRequest[],
  render: (kind: ReportRequest['kind'], path: string) => string,
): void {
  for (const { kind, path } of reports) {
    const text = render(kind, path);
    try {
      writeFileSync(path, text);
    } catch (error) {
      throw new UsageError(`--report ${kind}=${path} ${unwritable(error)}; the run has no such report`);
    }
  }
}

function render(kind: ReportRequest['kind'], report: JsonReport, path: string): string {
  switch (kind) {
    case 'json':
      return toJson(report);
    case 'junit':
      return toJunit(report);
    case 'html':
      return toHtml(report, specLinks(report, dirname(path)));
    case 'md':
      return toMarkdown(report, specLinks(report));
    case 'badge':
      return toBadge(report);
  }
}

/** To where the specification is on the web; else, for a report that lies here, to its pages here. */
function specLinks({ spec }: JsonReport, folder?: string): SpecLink {
  if (spec.url !== null) return (place) => `${spec.url}${place.replace(/^spec\//, '')}`;
  if (folder === undefined) return () => undefined;
  return (place) =>
    relative(resolve(folder), join(ROOT, place)).split(sep).map(encodeURIComponent).join('/').replaceAll('%23', '#');
}

/** Takes the files of a run without a verdict away: an empty report is none. */
export function discardReports(reports: readonly ReportRequest[]): void {
  for (const { path } of reports) {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file?.isFile() && file.size === 0) rmSync(path);
  }
}
