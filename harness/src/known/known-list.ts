import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { closest, distance } from 'fastest-levenshtein';
import packageJson from '../../package.json' with { type: 'json' };
import { UsageError } from '../errors.ts';
import { readTextFile, unwritable } from '../options/read-file.ts';
import type { PlannedScenario } from '../plan/features.ts';
import { fold } from '../spec/spec.ts';

/** A line of a list of scenarios that are known to fail. */
export interface KnownEntry {
  /** Line in the file, from 1. */
  line: number;
  requirement: string;
  /** Of the scenario; undefined: every scenario of the requirement. */
  name: string | undefined;
}

/** What `--known-failing FILE` says. */
export interface KnownFailing {
  path: string;
  entries: KnownEntry[];
}

/**
 * Reads a list: a line an entry, `DS-004: A payload at the limit` or `DS-004`; `#`, at the beginning or after a space, begins a
 * comment. No entry speaks of a line of a feature file, so that it holds when scenarios move.
 * @throws UsageError
 */
export function loadKnownFailing(path: string): KnownFailing {
  const lines = readTextFile(path, `--known-failing ${path}`).split(/\r?\n/);
  const entries = lines.flatMap((text, i): KnownEntry[] => {
    const entry = text.replace(/(^|\s)#.*$/, '').trim();
    if (entry === '') return [];
    const [, requirement, name] = /^([A-Z]+-\d{3})(?::\s*(\S.*))?$/i.exec(entry) ?? [];
    if (requirement === undefined)
      throw new UsageError(
        `--known-failing ${path}:${i + 1} is neither a requirement, DS-004, nor one with the name of a scenario, DS-004: A payload at the limit`,
      );
    return [{ line: i + 1, requirement: requirement.toUpperCase(), name: name && fold(name) }];
  });
  return { path, entries };
}

export const matches = ({ requirement, name }: KnownEntry, scenario: PlannedScenario): boolean =>
  requirement === scenario.requirement && (name === undefined || name === fold(scenario.name));

/** An entry as it stands in a file. */
export const entryText = ({ requirement, name }: Pick<KnownEntry, 'requirement' | 'name'>): string =>
  name === undefined ? requirement : `${requirement}: ${fold(name)}`;

const SHOWN = 3;

/** @param all every scenario of the suite, selected or not @throws UsageError for an entry that is about none of them */
export function checkKnownFailing({ path, entries }: KnownFailing, all: readonly PlannedScenario[]): void {
  for (const entry of entries) {
    if (all.some((scenario) => matches(entry, scenario))) continue;
    const at = `--known-failing ${path}:${entry.line}`;
    const ofIt = all.filter(({ requirement }) => requirement === entry.requirement);
    if (ofIt.length === 0) {
      const ids = [...new Set(all.map(({ requirement }) => requirement))];
      throw new UsageError(
        `${at}: no scenario is of ${entry.requirement}; is it ${closest(entry.requirement, ids)}? (--list shows all)`,
      );
    }
    const names = [...new Set(ofIt.map(entryText))];
    const near = names.toSorted((a, b) => distance(a, entryText(entry)) - distance(b, entryText(entry)));
    throw new UsageError(
      `${at}: no scenario is "${entryText(entry)}"; the nearest are ${near
        .slice(0, SHOWN)
        .map((name) => `"${name}"`)
        .join(', ')} (--list --requirement ${entry.requirement} shows them)`,
    );
  }
}

/** A list of scenarios, sorted, that `loadKnownFailing` reads. */
export function formatKnownFailing(
  failing: readonly PlannedScenario[],
  flaky: readonly PlannedScenario[],
  target: string,
): string {
  const linesOf = (scenarios: readonly PlannedScenario[]): string[] => [...new Set(scenarios.map(entryText))].sort();
  const head = [
    `# Scenarios that fail on ${fold(target)}, by suite ${packageJson.version}. "--known-failing" with this file: none of them fails the run,`,
    '# and one that passes does. A line is REQUIREMENT: NAME, or REQUIREMENT alone for all of its scenarios.',
  ];
  const unlisted = linesOf(flaky).map((text) => `# now this, now that, so not listed: ${text}`);
  return `${[...head, ...unlisted, ...linesOf(failing)].join('\n')}\n`;
}

/** Writes all of it or nothing. @throws UsageError */
export function writeKnownFailing(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished);
    throw new UsageError(`--write-known-failing ${path} ${unwritable(error)}`);
  }
}
