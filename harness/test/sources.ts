import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../src/plan/features.ts';
import { loadSpec } from '../src/spec/spec.ts';
import { indexRow, indexTotals } from '../src/spec/spec-index.ts';

/** A specification, features and steps of a test's own. Below the root: step files import cucumber from there. */
export interface Fixture {
  specDir: string;
  featuresDir: string;
  support: string[];
  remove(): void;
}

export const requirement = (id: string, change: Record<string, string> = {}): string => `### ${id} Title of ${id}

- Level: ${change.level ?? 'MUST'}
- Profile: ${change.profile ?? 'core'}
- Source: ${change.source ?? 'decided'}
- Test: ${change.test ?? 'scenario'}

> ${change.sentence ?? `The sentence of ${id}.`}

Reason: because.

`;

export const rule = (id: string, scenarios: string, change: Record<string, string> = {}): string => `
  ${change.tags ?? `@${id} @level:must @profile:core @source:decided`}
  Rule: ${id} Title of ${id}
    ${change.sentence ?? `The sentence of ${id}.`}

${scenarios}
`;

export const scenario = (name: string, ...steps: string[]): string =>
  `    Scenario: ${name}\n${steps.map((step) => `      ${step}\n`).join('')}`;

/** The index of a specification that can be read; of another nothing, since nobody comes to ask. */
function indexOf(specDir: string): string {
  try {
    const spec = loadSpec(specDir);
    return ['## [Page](page.md)', indexTotals(spec), ...[...spec.values()].map(indexRow)].join('\n');
  } catch {
    return '';
  }
}

export function makeFixture(spec: string, feature: string, steps = ''): Fixture {
  const directory = mkdtempSync(join(ROOT, 'harness/test/.fixture-'));
  const specDir = join(directory, 'spec');
  const featuresDir = join(directory, 'features');
  mkdirSync(specDir);
  mkdirSync(featuresDir);
  writeFileSync(join(specDir, 'page.md'), spec);
  writeFileSync(join(specDir, 'SUMMARY.md'), indexOf(specDir));
  writeFileSync(join(featuresDir, 'one.feature'), `Feature: One\n${feature}`);
  const stepsFile = join(directory, 'steps.ts');
  const imports = `import { Then } from '@cucumber/cucumber';\nimport { registerHooks } from '../../src/world/hooks.ts';\nregisterHooks();\n`;
  writeFileSync(stepsFile, imports + steps);
  return {
    specDir,
    featuresDir,
    support: [stepsFile],
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
