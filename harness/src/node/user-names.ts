/** What a user name is made of, from one in small letters, digits and a hyphen. */
export const NAME_CHARACTERS: Readonly<Record<string, (name: string) => string>> = {
  'small letters': (name) => `${name}abc`,
  'capital letters': (name) => `${name}abc`.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase()),
  'spaces around it': (name) => ` ${name} `,
  'many letters': (name) => `${name}${'a'.repeat(40)}`,
  'letters beyond ASCII': (name) => `${name}-Zoë`.normalize('NFC'),
  'letters beyond ASCII, in two pieces': (name) => `${name}-Zoë`.normalize('NFD'),
};

/** How a name is changed into one that looks much the same. */
export const NAME_CHANGES: Readonly<Record<string, (name: string) => string>> = {
  'in capital letters': (name) => name.toUpperCase(),
  'in small letters': (name) => name.toLowerCase(),
  'and a space': (name) => `${name} `,
  'behind a space': (name) => ` ${name}`,
  'and a zero byte': (name) => `${name}\0`,
  'with another last letter': (name) => `${name.slice(0, -1)}z`,
  'with another accent': (name) => name.replace('ë', 'é'),
  'with letters in pieces': (name) => name.normalize('NFD'),
};

/** @throws TypeError when the name is one that the change does not change: a fault of the feature */
export function changedName(name: string, change: string): string {
  const changed = NAME_CHANGES[change]?.(name);
  if (changed === undefined || changed === name) throw new TypeError(`"${change}" makes no other name`);
  return changed;
}
