import { printable } from './printable.ts';

/** Text that is safe in HTML and in SVG: markup, or what was made by `html`. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Also what turns the direction of writing, or is no character of the page at all, becomes visible. */
const escaped = (text: string): string => printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

type Value = Markup | readonly Markup[] | string | number;

function markupOf(value: Value): string {
  if (value instanceof Markup) return value.text;
  return typeof value === 'object' ? value.map(({ text }) => text).join('') : escaped(String(value));
}

/** Whatever is put into the template is escaped, unless it is markup already: a target's texts never become markup. */
export const html = (parts: TemplateStringsArray, ...values: Value[]): Markup =>
  new Markup(parts.reduce((text, part, i) => text + markupOf(values[i - 1] as Value) + part));

export const NONE: Markup = new Markup('');
export const sizeOf = ({ text }: Markup): number => Buffer.byteLength(text);
