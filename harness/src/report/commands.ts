import { UsageError } from '../errors.ts';
import { readCommandLine } from '../options/command-line.ts';
import { parseReport, type ReportRequest } from '../options/values.ts';
import { discardReports, prepareReports, writeFiles, writeReports } from './files.ts';
import { makeMatrix, matrixHtml, matrixMarkdown, matrixText } from './matrix.ts';
import { readReport } from './read-report.ts';

/** Commands on JSON reports; `conformance` without one of them tests a target. */
export const REPORT_COMMANDS: Record<string, (args: string[]) => void> = { compare, report };

/** One file a time: reports to read may follow. */
const REPORT = { type: 'string', array: true, nargs: 1, default: [] as string[] } as const;

/** A matrix of several implementations. @throws UsageError */
function compare(args: string[]): void {
  const line = readCommandLine(args, {
    name: 'conformance compare',
    usage: '$0 A.json B.json … [options]\n\nLays JSON reports of several implementations side by side.',
    flags: {
      all: { type: 'boolean', default: false, describe: 'also the requirements in which they do not differ' },
      report: { ...REPORT, describe: 'md=FILE or html=FILE' },
    },
    takesFiles: true,
  });
  if (line === undefined) return;
  const { files, given } = line;
  const { all, report: wanted } = given;
  const reports = wanted.map(parseReport);
  const unfit = reports.find(({ kind }) => kind !== 'md' && kind !== 'html');
  if (unfit) throw new UsageError(`--report ${unfit.kind}: a comparison is md or html`);
  if (files.length < 2)
    throw new UsageError('compare needs two JSON reports or more: conformance compare A.json B.json');
  const read = files.map((file) => readReport(file));
  prepareReports(reports);
  const matrix = makeMatrix(read, !all);
  writeFiles(reports, (kind) => (kind === 'md' ? matrixMarkdown(matrix) : matrixHtml(matrix)));
  console.log(matrixText(matrix));
}

/** Makes other reports of a JSON report. @throws UsageError */
function report(args: string[]): void {
  const line = readCommandLine(args, {
    name: 'conformance report',
    usage: '$0 REPORT.json --report KIND=FILE …\n\nMakes other reports of a JSON report: html, md, junit, badge.',
    flags: { report: { ...REPORT, describe: 'KIND=FILE' } },
    takesFiles: true,
  });
  if (line === undefined) return;
  const { files, given } = line;
  const { report: wanted } = given;
  const reports: ReportRequest[] = wanted.map(parseReport);
  if (files.length !== 1 || reports.length === 0)
    throw new UsageError('report needs one JSON report and a --report: conformance report A.json --report html=A.html');
  const read = readReport(files[0] as string);
  prepareReports(reports);
  try {
    writeReports(reports, read);
  } finally {
    discardReports(reports);
  }
}
