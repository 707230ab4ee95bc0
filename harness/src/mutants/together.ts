import type { VariantEntry } from './host.ts';

/** Entries of which each is a server: variants that go together are one, the others are as they were. */
export function inOneServer(variants: readonly VariantEntry[], together: readonly string[][]): VariantEntry[] {
  const groups = together
    .map((ids) => variants.filter(({ id }) => ids.includes(id)))
    .filter((group) => group.length > 0)
    .map(
      (group): VariantEntry => ({
        id: group.map(({ id }) => id).join('+'),
        what: group.map(({ what }) => what).join('; '),
        declared: Object.assign({}, ...group.map(({ declared }) => declared)),
        isRestarted: false,
      }),
    );
  const alone = variants.filter(({ id }) => !together.flat().includes(id));
  return [...groups, ...alone];
}
