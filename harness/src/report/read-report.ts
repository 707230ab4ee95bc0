import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { UsageError } from '../errors.ts';
import { totalsOf } from '../result.ts';
import { FORMAT_VERSION, type JsonReport } from './json.ts';

export const REPORT_SCHEMA: URL = new URL('../../schemas/report.schema.json', import.meta.url);

let validate: ValidateFunction | undefined;

/** Compiled once. What a newer suite adds is dropped from what is read, and what an older one did not say is added. */
function validator(): ValidateFunction {
  validate ??= new Ajv2020({ removeAdditional: true, allErrors: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(REPORT_SCHEMA, 'utf8')),
  );
  return validate;
}

/**
 * Reads a JSON report, of this version of the suite or another of the same form.
 * @throws UsageError that says what is wrong with the file
 */
export function readReport(path: string): JsonReport {
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(`${path} ${code === undefined ? 'is no JSON' : `cannot be read (${code})`}`);
  }
  const { formatVersion } = (report ?? {}) as { formatVersion?: unknown };
  if (typeof formatVersion === 'number' && formatVersion !== FORMAT_VERSION)
    throw new UsageError(`${path} is a report of form ${formatVersion}; this suite reads form ${FORMAT_VERSION}`);
  if (!validator()(report)) throw new UsageError(`${path} is no report of this suite: ${why(validator().errors)}`);
  const read = report as JsonReport;
  return { ...read, problems: read.problems ?? [], totals: { ...totalsOf([]), ...read.totals } };
}

const why = (errors: ErrorObject[] | null | undefined): string => {
  const [first] = errors ?? [];
  return `${first?.instancePath || 'the file'} ${first?.message ?? ''}`;
};
