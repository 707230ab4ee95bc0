import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../src/plan/features.ts';

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

export function makeFixture(spec: string, feature: string, steps = ''): Fixture {
  const directory = mkdtempSync(join(ROOT, 'harness/test/.fixture-'));
  const specDir = join(directory, 'spec');
  const featuresDir = join(directory, 'features');
  mkdirSync(specDir);
  mkdirSync(featuresDir);
  writeFileSync(join(specDir, 'page.md'), spec);
  const ids = [...new Set(spec.match(/^### ([A-Z]+-\d{3}).*/gm))].map((heading) => `- ${heading.slice(4)} (page.md)`);
  writeFileSync(join(specDir, 'SUMMARY.md'), ids.join('\n'));
  writeFileSync(join(featuresDir, 'one.feature'), `Feature: One\n${feature}`);
  const stepsFile = join(directory, 'steps.ts');
  const imports = `import { Then } from '@cucumber/cucumber';\nimport { registerHooks } from '../../src/hooks.ts';\nregisterHooks();\n`;
  writeFileSync(stepsFile, imports + steps);
  return {
    specDir,
    featuresDir,
    support: [stepsFile],
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
