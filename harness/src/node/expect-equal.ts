/** @throws with what was found and what was expected, since a report shows the message alone */
export function expectEqual(
  what: string,
  actual: number | bigint | string | undefined,
  expected: number | bigint | string,
): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, expected ${expected}`);
}
