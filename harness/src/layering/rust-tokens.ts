/** A word, a string (its content) or a sign of a Rust source; comments, numbers' insides and lifetimes are gone. */
export interface Token {
  kind: 'word' | 'string' | 'sign';
  text: string;
  line: number;
}

const BLANK = /\s+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const RAW_STRING = /(?:b|c|br|cr)?r(#*)"([\s\S]*?)"\1/y;
const STRING = /(?:b|c)?"((?:[^"\\]|\\[\s\S])*)"/y;
const CHARACTER = /b?'(?:[^'\\]|\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|[\s\S]))'/y;
const LIFETIME = /'[\p{L}_][\p{L}\p{N}_]*/uy;
const WORD = /(?:r#)?[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /\d[\w.]*/y;
const SIGN = /::|->|=>|[\s\S]/y;

/** Takes a Rust source apart. What is no Rust gives signs, never an error. */
export function rustTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const skip = (length: number): void => {
    for (let i = at; i < at + length; i += 1) if (text[i] === '\n') line += 1;
    at += length;
  };
  while (at < text.length) {
    const gone = match(BLANK) ?? match(LINE_COMMENT);
    if (gone) skip(gone[0].length);
    else if (text.startsWith('/*', at)) skip(blockComment(text, at));
    else {
      const [token, length] = next(match);
      if (token) tokens.push({ ...token, line });
      skip(length);
    }
  }
  return tokens;
}

function next(match: (pattern: RegExp) => RegExpExecArray | null): [Omit<Token, 'line'> | undefined, number] {
  const raw = match(RAW_STRING);
  if (raw) return [{ kind: 'string', text: raw[2] as string }, raw[0].length];
  const string = match(STRING);
  if (string) return [{ kind: 'string', text: string[1] as string }, string[0].length];
  const nothing = match(CHARACTER) ?? match(LIFETIME) ?? match(NUMBER);
  if (nothing) return [undefined, nothing[0].length];
  const word = match(WORD);
  if (word) return [{ kind: 'word', text: word[0].replace('r#', '') }, word[0].length];
  const sign = (match(SIGN) as RegExpExecArray)[0];
  return [{ kind: 'sign', text: sign }, sign.length];
}

/** Length of a block comment, in which others may lie. */
function blockComment(text: string, from: number): number {
  let depth = 0;
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let found = edge.exec(text); found; found = edge.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex - from;
  }
  return text.length - from;
}
