import { join, relative } from 'node:path';
import { compile } from '@cucumber/gherkin';
import { type GherkinDocument, IdGenerator, type Rule } from '@cucumber/messages';
import { loadEvidence } from '../ledger/evidence.ts';
import { FEATURES_DIR, featureFiles, linesOf, parseFeature, placeOf, ROOT } from '../plan/features.ts';
import { fold, type Requirement, SPEC_DIR } from './spec.ts';
import { checkIndex } from './spec-index.ts';

/**
 * Holds the features against the specification: each requirement that says `Test: scenario` has a Rule with a scenario
 * that ends in a Then, each that says `Test: vector: FILE` has cases in that file, each Rule says its requirement's sentence
 * word for word and carries its tags, no two scenarios of a requirement have the same name, and the index is as the pages are.
 * @returns what is missing, extra or changed, a line each
 */
export function checkSpec(
  spec: ReadonlyMap<string, Requirement>,
  featuresDir: string = FEATURES_DIR,
  specDir: string = SPEC_DIR,
  vectors: ReadonlyMap<string, readonly string[]> = loadEvidence().vectors,
): string[] {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  const named = new Map<string, string>();
  for (const path of featureFiles(featuresDir)) {
    const uri = relative(ROOT, path);
    const document = parseFeature(path, uri, faults);
    for (const child of document?.feature?.children ?? []) {
      if (child.scenario) faults.push(`${uri}:${child.scenario.location.line}: "${child.scenario.name}" is in no Rule`);
      if (child.rule) checkRule(child.rule, uri, spec, seen, faults);
    }
    if (document) checkNames(document, uri, named, faults);
  }
  for (const { id, test, place } of spec.values()) {
    const isTested = seen.has(id);
    if (test === 'scenario' && !isTested) faults.push(`${place}: ${id} has no scenario`);
    if (test !== 'scenario' && isTested)
      faults.push(`${place}: ${id} says "Test: ${test}", and has a Rule in ${seen.get(id)}`);
  }
  for (const { id, test, place } of spec.values())
    for (const file of /^vector: (.+)$/.exec(test)?.[1]?.split(', ') ?? [])
      if (!vectors.get(id)?.some((name) => name.startsWith(`vectors/${file}#`)))
        faults.push(`${place}: ${id} has no case in vectors/${file}`);
  checkIndex(spec, join(specDir, 'SUMMARY.md'), faults);
  return faults;
}

function checkRule(
  rule: Rule,
  uri: string,
  spec: ReadonlyMap<string, Requirement>,
  seen: Map<string, string>,
  faults: string[],
): void {
  const at = `${uri}:${rule.location.line}`;
  const id = /^[A-Z]+-\d{3}/.exec(rule.name)?.[0] ?? '';
  const requirement = spec.get(id);
  if (!requirement) {
    faults.push(`${at}: Rule "${rule.name}" does not begin with the id of a requirement of spec/`);
    return;
  }
  if (seen.has(id)) faults.push(`${at}: ${id} has a Rule already, in ${seen.get(id)}`);
  seen.set(id, at);
  if (rule.name !== `${id} ${requirement.title}`)
    faults.push(`${at}: the title is "${rule.name}", in spec/ "${id} ${requirement.title}"`);
  if (fold(rule.description) !== requirement.sentence) {
    faults.push(
      `${at}: the sentence of ${id} differs:\n    feature: ${fold(rule.description)}\n    spec:    ${requirement.sentence}`,
    );
  }
  const expected = [
    `@${id}`,
    `@level:${requirement.level.toLowerCase()}`,
    `@profile:${requirement.profile}`,
    `@source:${requirement.source}`,
  ];
  const tags = rule.tags.map(({ name }) => name);
  for (const tag of expected) if (!tags.includes(tag)) faults.push(`${at}: the tag ${tag} is missing`);
  for (const tag of tags)
    if (!expected.includes(tag) && !tag.startsWith('@needs:'))
      faults.push(`${at}: the tag ${tag} is not what spec/ says`);
  const scenarios = rule.children.flatMap(({ scenario }) => (scenario ? [scenario] : []));
  if (scenarios.length === 0) faults.push(`${at}: ${id} has no scenario`);
  for (const { name, location, steps } of scenarios) {
    if (!steps.some(({ keywordType }) => keywordType === 'Outcome'))
      faults.push(`${uri}:${location.line}: "${name}" has no Then: it cannot fail`);
  }
}

/** Rows of outlines included: an entry of `--known-failing` names one scenario, or it hides another. */
function checkNames(document: GherkinDocument, uri: string, named: Map<string, string>, faults: string[]): void {
  const lines = linesOf(document);
  for (const { name, tags, astNodeIds } of compile(document, uri, IdGenerator.uuid())) {
    const at = placeOf(uri, lines.get(astNodeIds.at(-1) as string) as number);
    for (const { name: tag } of tags.filter(({ name }) => /^@[A-Z]+-\d{3}$/.test(name))) {
      const whole = `${tag.slice(1)}: ${name}`;
      const other = named.get(whole);
      if (other !== undefined) faults.push(`${at}: "${whole}" is the name of another scenario too, at ${other}`);
      else named.set(whole, at);
    }
  }
}
