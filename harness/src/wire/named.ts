/** @throws TypeError for a name that no table of the suite has: a fault of the feature */
export function named<T>(table: Readonly<Record<string, T>>, name: string): T {
  if (!Object.hasOwn(table, name)) throw new TypeError(`nothing is called "${name}"`);
  return table[name] as T;
}
