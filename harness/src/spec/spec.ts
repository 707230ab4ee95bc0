import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SuiteError } from '../errors.ts';

export const SPEC_DIR: string = fileURLToPath(new URL('../../../spec', import.meta.url));

export const LEVELS = ['MUST', 'SHOULD', 'MAY'] as const;
export const SOURCES = ['stated', 'decided'] as const;

/** One numbered requirement of spec/. */
export interface Requirement {
  /** Area and number, `DS-004`. */
  id: string;
  area: string;
  title: string;
  level: (typeof LEVELS)[number];
  profile: string;
  source: (typeof SOURCES)[number];
  /** How it is tested: `scenario`, `vector: …` with files of vectors/, or `unit: …` / `none: …` with the reason. */
  test: string;
  /** The normative sentence, white space folded. */
  sentence: string;
  reason: string;
  /** Page and anchor, as in `spec/delivery.md#ds-004-…`. */
  place: string;
}

/** Folds white space, so that line breaks do not matter. */
export const fold = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** GitHub's anchor of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/**
 * Reads the requirements of every page.
 * @throws SuiteError with a line for each requirement that is not in the form that spec/README.md describes
 */
export function loadSpec(directory: string = SPEC_DIR): Map<string, Requirement> {
  const requirements = new Map<string, Requirement>();
  const faults: string[] = [];
  for (const page of readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .sort()) {
    const text = readFileSync(join(directory, page), 'utf8');
    for (const section of text.split(/^### /m).slice(1)) {
      const heading = section.split('\n', 1)[0] ?? '';
      const id = /^([A-Z]+-\d{3}) \S/.exec(heading)?.[1];
      if (id === undefined) continue;
      if (requirements.has(id)) faults.push(`${page}: ${id} is there twice`);
      const requirement = readRequirement(id, heading, section, page);
      if (typeof requirement === 'string') faults.push(`${page}: ${id}: ${requirement}`);
      else requirements.set(id, requirement);
    }
  }
  if (faults.length > 0) throw new SuiteError(`the specification cannot be read:\n${faults.join('\n')}`);
  if (requirements.size === 0) throw new SuiteError(`no requirements in ${directory}`);
  return requirements;
}

/** @returns the requirement, or what is wrong with it */
function readRequirement(id: string, heading: string, section: string, page: string): Requirement | string {
  const field = (name: string): string => new RegExp(`^- ${name}: *(.+(?:\\n  .+)*)$`, 'm').exec(section)?.[1] ?? '';
  const level = LEVELS.find((known) => known === field('Level').trim());
  const source = SOURCES.find((known) => known === field('Source').trim());
  const profile = field('Profile').trim();
  const test = fold(field('Test'));
  const quotes = section.match(/(?:^>.*\n?)+/gm) ?? [];
  const sentence = fold((quotes[0] ?? '').replace(/^> ?/gm, ''));
  const reason = fold(/^Reason: ([\s\S]*?)(?:\n\n|\n*$)/m.exec(section)?.[1] ?? '');
  if (!level) return 'Level is not MUST, SHOULD or MAY';
  if (!source) return 'Source is not stated or decided';
  if (profile === '') return 'there is no Profile';
  if (!/^(?:scenario$|unit: .+|none: .+|vector: [\w-]+\.json(?:, [\w-]+\.json)*$)/.test(test))
    return 'Test is not "scenario", "vector: FILE.json", "unit: …" or "none: …"';
  if (quotes.length !== 1 || sentence === '') return 'there is not exactly one quoted sentence';
  if (reason === '') return 'there is no Reason';
  const area = id.split('-')[0] as string;
  const title = heading.slice(id.length).trim();
  return { id, area, title, level, profile, source, test, sentence, reason, place: `spec/${page}#${anchor(heading)}` };
}
