export { conform, type Sources } from './conform.ts';
export { EXIT, SuiteError, UnreachableError, UsageError } from './errors.ts';
export { type Options, readOptions } from './options/options.ts';
export type { JsonReport, ReportedScenario } from './report/json.ts';
export { loadSpec, type Requirement } from './spec/spec.ts';
export { checkSpec } from './spec/spec-check.ts';
export { loadVectors, type Vector } from './vectors/format.ts';
export { countVectors, runVectors, type VectorCounts, type VectorResult, type VectorRun } from './vectors/run.ts';
