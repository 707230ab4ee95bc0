import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { type GherkinDocument, IdGenerator, type Pickle, type Scenario } from '@cucumber/messages';
import { SuiteError } from '../errors.ts';
import { LEVELS, type Requirement, SOURCES } from '../spec/spec.ts';
import { PROFILES, type Profile } from '../target/target.ts';

export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));
export const FEATURES_DIR: string = join(ROOT, 'features');

/** One scenario, or one row of a scenario outline. */
export interface PlannedScenario {
  /** Path from the root of the repository, and the line of the scenario or of the row. */
  uri: string;
  line: number;
  name: string;
  requirement: string;
  area: string;
  level: Requirement['level'];
  source: Requirement['source'];
  /** What the target must offer. */
  profiles: Profile[];
  /** All of its tags, without the @. */
  tags: string[];
  /** What it is about: a server on the network, or what `@subject:…` says. */
  subject: Subject;
}

const SUBJECTS = ['server', 'client', 'workspace'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** Where a scenario stands; the same for cucumber and for us. */
export const placeOf = (uri: string, line: number): string => `${uri}:${line}`;

/**
 * Reads the scenarios of a folder of features.
 * @param subject those about this; `any`: all
 * @throws SuiteError with a line for each that does not parse, has no steps, or not exactly one requirement of the spec
 */
export function loadFeatures(
  spec: ReadonlyMap<string, Requirement>,
  directory: string = FEATURES_DIR,
  subject: Subject | 'any' = 'server',
): PlannedScenario[] {
  const faults: string[] = [];
  const planned: PlannedScenario[] = [];
  for (const path of featureFiles(directory)) {
    const uri = relative(ROOT, path);
    const document = parseFeature(path, uri, faults);
    if (!document) continue;
    const lines = linesOf(document);
    const outlinesWithoutRows = scenariosOf(document).filter(
      (scenario) =>
        /outline|template/i.test(scenario.keyword) &&
        scenario.examples.every((examples) => examples.tableBody.length === 0),
    );
    for (const { name, location } of outlinesWithoutRows)
      faults.push(`${placeOf(uri, location.line)}: "${name}" has no examples`);
    for (const pickle of compile(document, uri, IdGenerator.uuid())) {
      const line = lines.get(pickle.astNodeIds.at(-1) as string) as number;
      const scenario = plan(pickle, uri, line, spec);
      if (typeof scenario === 'string') faults.push(`${placeOf(uri, line)}: "${pickle.name}" ${scenario}`);
      else planned.push(scenario);
    }
  }
  if (faults.length > 0) throw new SuiteError(`the features cannot be run:\n${faults.join('\n')}`);
  if (planned.length === 0) throw new SuiteError(`no scenarios in ${directory}`);
  return planned.filter((scenario) => subject === 'any' || scenario.subject === subject);
}

export function featureFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.feature'))
    .sort()
    .map((name) => join(directory, name));
}

export function parseFeature(path: string, uri: string, faults: string[]): GherkinDocument | undefined {
  try {
    const parser = new Parser(new AstBuilder(IdGenerator.uuid()), new GherkinClassicTokenMatcher());
    return parser.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    faults.push(`${uri}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Every scenario of a document, in rules and outside. */
function scenariosOf(document: GherkinDocument): Scenario[] {
  const children = (document.feature?.children ?? []).flatMap((child) => (child.rule ? child.rule.children : [child]));
  return children.flatMap(({ scenario }) => (scenario ? [scenario] : []));
}

/** Lines of scenarios and of rows, by the id of their node. */
export function linesOf(document: GherkinDocument): Map<string, number> {
  const lines = new Map<string, number>();
  for (const scenario of scenariosOf(document)) {
    lines.set(scenario.id, scenario.location.line);
    for (const row of scenario.examples.flatMap(({ tableBody }) => tableBody)) lines.set(row.id, row.location.line);
  }
  return lines;
}

/** @returns the scenario, or what is wrong with it */
function plan(
  pickle: Pickle,
  uri: string,
  line: number,
  spec: ReadonlyMap<string, Requirement>,
): PlannedScenario | string {
  const tags = pickle.tags.map(({ name }) => name.slice(1));
  const ids = tags.filter((tag) => /^[A-Z]+-\d{3}$/.test(tag));
  const [id] = ids;
  if (id === undefined || ids.length !== 1) return `has ${ids.length} requirement tags instead of one`;
  const requirement = spec.get(id);
  if (!requirement) return `is tagged with ${id}, which spec/ does not have`;
  if (pickle.steps.length === 0) return 'has no steps';
  const values = (kind: string): string[] =>
    tags.filter((tag) => tag.startsWith(`${kind}:`)).map((tag) => tag.slice(kind.length + 1));
  const profiles = [...new Set(values('profile'))];
  const unknown = profiles.find((profile) => !PROFILES.some((known) => known === profile));
  if (unknown !== undefined) return `is tagged with the unknown profile ${unknown}`;
  if (values('level').some((level) => !LEVELS.some((known) => known.toLowerCase() === level)))
    return 'has an unknown level';
  if (values('source').some((source) => !SOURCES.some((known) => known === source))) return 'has an unknown source';
  const [subject = 'server'] = values('subject') as Subject[];
  if (!SUBJECTS.includes(subject)) return `is tagged with the unknown subject ${subject}`;
  const { area, level, source } = requirement;
  return {
    uri,
    line,
    name: pickle.name,
    requirement: id,
    area,
    level,
    source,
    profiles: profiles as Profile[],
    tags,
    subject,
  };
}
