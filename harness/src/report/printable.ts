/** What moves the cursor, rings, or turns the direction of writing, as an escape: a target's texts may hold anything. */
const UNPRINTABLE = /[^\n\P{C}]|[\u2028\u2029]/gu;
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`);
