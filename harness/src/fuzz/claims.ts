import { readFileSync } from 'node:fs';
import { EVIDENCE } from '../ledger/evidence.ts';

/** What harness/fuzz/catalog.json claims: of each property that talks to a target, the requirements that it tests. */
export function loadClaims(): Map<string, Set<string>> {
  const { properties } = JSON.parse(readFileSync(EVIDENCE.properties, 'utf8')) as {
    properties: { id: string; requirements: string[] }[];
  };
  return new Map(properties.map(({ id, requirements }) => [id, new Set(requirements)]));
}
