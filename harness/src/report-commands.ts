import yargs from 'yargs';
import { UsageError } from './errors.ts';
import { parseReport, type ReportRequest } from './options/values.ts';
import { discardReports, prepareReports, writeFiles, writeReports } from './report/files.ts';
import { makeMatrix, matrixHtml, matrixMarkdown, matrixText } from './report/matrix.ts';
import { readReport } from './report/read-report.ts';

/** Commands on JSON reports; `conformance` without one of them tests a target. */
export const REPORT_COMMANDS: Record<string, (args: string[]) => void> = { compare, report };

const parser = (args: string[], command: string, usage: string) =>
  yargs(args)
    .scriptName(`conformance ${command}`)
    .usage(usage)
    .alias('help', 'h')
    .version(false)
    .strictOptions()
    .wrap(110)
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(`${message ?? error.message} (see conformance ${command} --help)`);
    });

/** Says what `--help` says. @returns whether that was it */
function isHelp(args: string[], show: () => void): boolean {
  const wanted = args.includes('--help') || args.includes('-h');
  if (wanted) show();
  return wanted;
}

/** A matrix of several implementations. @throws UsageError */
function compare(args: string[]): void {
  const line = parser(
    args,
    'compare',
    '$0 A.json B.json … [options]\n\nLays JSON reports of several implementations side by side.',
  )
    .options({
      all: { type: 'boolean', default: false, describe: 'also the requirements in which they do not differ' },
      report: { type: 'string', array: true, default: [] as string[], describe: 'md=FILE or html=FILE' },
    })
    .nargs('report', 1);
  if (isHelp(args, () => line.showHelp('log'))) return;
  const { _: files, all, report: wanted } = line.parseSync();
  const reports = wanted.map(parseReport);
  const unfit = reports.find(({ kind }) => kind !== 'md' && kind !== 'html');
  if (unfit) throw new UsageError(`--report ${unfit.kind}: a comparison is md or html`);
  if (files.length < 2)
    throw new UsageError('compare needs two JSON reports or more: conformance compare A.json B.json');
  const read = files.map((file) => readReport(String(file)));
  prepareReports(reports);
  const matrix = makeMatrix(read, !all);
  writeFiles(reports, (kind) => (kind === 'md' ? matrixMarkdown(matrix) : matrixHtml(matrix)));
  console.log(matrixText(matrix));
}

/** Makes other reports of a JSON report. @throws UsageError */
function report(args: string[]): void {
  const line = parser(
    args,
    'report',
    '$0 REPORT.json --report KIND=FILE …\n\nMakes other reports of a JSON report: html, md, junit, badge.',
  )
    .options({ report: { type: 'string', array: true, default: [] as string[], describe: 'KIND=FILE' } })
    .nargs('report', 1);
  if (isHelp(args, () => line.showHelp('log'))) return;
  const { _: files, report: wanted } = line.parseSync();
  const reports: ReportRequest[] = wanted.map(parseReport);
  if (files.length !== 1 || reports.length === 0)
    throw new UsageError('report needs one JSON report and a --report: conformance report A.json --report html=A.html');
  const read = readReport(String(files[0]));
  prepareReports(reports);
  try {
    writeReports(reports, read);
  } finally {
    discardReports(reports);
  }
}
