import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../errors.ts';
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
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    } catch (error) {
      throw new UsageError(`--report ${kind}=${path} cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}

/** Sees that a file can be written, and leaves what it holds as it is. @throws UsageError */
export function prepareFile(option: string, path: string): void {
  const fail = (why: string): never => {
    throw new UsageError(`${option} ${path} cannot be written (${why})`);
  };
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) fail('EISDIR: it is a folder; give a file');
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    fail((error as NodeJS.ErrnoException).code ?? 'unknown');
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
      const { code } = error as NodeJS.ErrnoException;
      throw new UsageError(`--report ${kind}=${path} cannot be written (${code}); there is no such report of this run`);
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
