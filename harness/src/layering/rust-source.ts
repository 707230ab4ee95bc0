import { rustTokens, type Token } from './rust-tokens.ts';

/** What a Rust source says that the rules ask about. */
export interface RustSource {
  /** Paths of `use`, of `extern crate` and in the code, `syntax:async` and `syntax:await`. */
  said: { what: string; line: number; isTest: boolean }[];
  /** Files named by `#[path]`, `include!` and `include_str!`, from the folder of this one. */
  files: { path: string; line: number; isTest: boolean }[];
  /** Names of modules in files of their own that are compiled for tests only. */
  testModules: string[];
}

/** Reads a Rust source. What stands under `#[cfg(test)]` or `#[test]` is marked as of tests. */
export function readRust(text: string): RustSource {
  const tokens = rustTokens(text);
  const isTestToken = markTests(tokens);
  const source: RustSource = { said: [], files: [], testModules: [] };
  const is = (i: number, sign: string): boolean => tokens[i]?.text === sign && tokens[i]?.kind !== 'string';
  const say = (what: string, i: number): void =>
    void source.said.push({ what, line: (tokens[i] as Token).line, isTest: isTestToken[i] as boolean });
  const sayFile = (path: string, i: number): void =>
    void source.files.push({ path, line: (tokens[i] as Token).line, isTest: isTestToken[i] as boolean });

  for (let i = 0; i < tokens.length; i += 1) {
    const { kind, text: word } = tokens[i] as Token;
    if (kind === 'sign' && word === '#' && is(i + 1, '[') && is(i + 2, 'path') && tokens[i + 4]?.kind === 'string')
      sayFile((tokens[i + 4] as Token).text, i);
    if (kind !== 'word') continue;
    if (word === 'use') {
      const [paths, end] = useTree(tokens, i + 1);
      for (const { path, at } of paths) say(path, at);
      i = end;
    } else if (word === 'crate' && is(i - 1, 'extern') && tokens[i + 1]) say((tokens[i + 1] as Token).text, i + 1);
    else if (word === 'async' || (word === 'await' && is(i - 1, '.'))) say(`syntax:${word}`, i);
    else if (/^include(?:_str|_bytes)?$/.test(word) && is(i + 1, '!') && tokens[i + 3]?.kind === 'string')
      sayFile((tokens[i + 3] as Token).text, i);
    else if (word === 'mod' && is(i + 2, ';') && isTestToken[i]) source.testModules.push((tokens[i + 1] as Token).text);
    else if (is(i + 1, '::') && !is(i - 1, '.') && !(is(i - 1, '::') && tokens[i - 2]?.kind === 'word')) {
      const [path, end] = pathAt(tokens, i);
      say(path, i);
      i = end;
    }
  }
  return source;
}

/** `a::b::c` from a word on, and the index of its last token. */
function pathAt(tokens: readonly Token[], from: number): [string, number] {
  const parts = [(tokens[from] as Token).text];
  let i = from;
  while (tokens[i + 1]?.text === '::' && tokens[i + 2]?.kind === 'word') {
    parts.push((tokens[i + 2] as Token).text);
    i += 2;
  }
  return [parts.join('::'), i];
}

/** The paths of a `use`, its braces unfolded, and the index of its semicolon. */
function useTree(tokens: readonly Token[], from: number): [{ path: string; at: number }[], number] {
  const paths: { path: string; at: number }[] = [];
  const prefixes: string[] = [];
  let path = '';
  let at = from;
  const end = (): void => {
    if (path !== '') paths.push({ path: path.replace(/::self$/, ''), at });
    path = prefixes.at(-1) ?? '';
  };
  let i = from;
  for (; i < tokens.length && tokens[i]?.text !== ';'; i += 1) {
    const { kind, text } = tokens[i] as Token;
    if (text === '{') prefixes.push(path);
    else if (text === '}') {
      if (path !== prefixes.at(-1)) end();
      prefixes.pop();
      path = '';
    } else if (text === ',') {
      if (path !== (prefixes.at(-1) ?? '')) end();
      path = prefixes.at(-1) ?? '';
    } else if (text === 'as') i += 1;
    else if (kind === 'word' || text === '*') {
      path = path === '' ? text : `${path}::${text}`;
      at = i;
    }
  }
  if (path !== '') end();
  return [paths, i];
}

/** Which tokens are compiled for tests only. */
function markTests(tokens: readonly Token[]): boolean[] {
  const marks = new Array<boolean>(tokens.length).fill(false);
  for (let i = 0; i < tokens.length; i += 1) {
    if (tokens[i]?.text !== '#') continue;
    const isInner = tokens[i + 1]?.text === '!';
    const open = isInner ? i + 2 : i + 1;
    if (tokens[open]?.text !== '[') continue;
    const close = closing(tokens, open);
    const attribute = tokens.slice(open + 1, close).map(({ text }) => text);
    if (isTestAttribute(attribute)) marks.fill(true, i, isInner ? tokens.length : itemEnd(tokens, close + 1) + 1);
    i = close;
  }
  return marks;
}

/** `test`, `tokio::test`, `cfg(test)`, `cfg(any(test, …))`; not `cfg(not(test))`. */
function isTestAttribute(attribute: readonly string[]): boolean {
  if (attribute[0] !== 'cfg')
    return (attribute.includes('test') || attribute.includes('bench')) && attribute[0] !== 'cfg_attr';
  return attribute.some((text, i) => text === 'test' && !(attribute[i - 1] === '(' && attribute[i - 2] === 'not'));
}

/** The index of the bracket that closes the one given. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i += 1) {
    if (tokens[i]?.kind !== 'sign') continue;
    if ('([{'.includes((tokens[i] as Token).text)) depth += 1;
    else if (')]}'.includes((tokens[i] as Token).text)) depth -= 1;
    if (depth === 0) return i;
  }
  return tokens.length - 1;
}

/** The index of the last token of the item that begins here: its semicolon, or its closing brace. */
function itemEnd(tokens: readonly Token[], from: number): number {
  for (let i = from; i < tokens.length; i += 1) {
    const { kind, text } = tokens[i] as Token;
    if (kind !== 'sign') continue;
    if (text === ';' || text === ',') return i;
    if (text === '{') {
      // `use a::{b, c};` goes on after its brace.
      const end = closing(tokens, i);
      return tokens[end + 1]?.text === ';' ? end + 1 : end;
    }
    if (text === '(' || text === '[') i = closing(tokens, i);
    if (text === '}') return i;
  }
  return tokens.length - 1;
}
