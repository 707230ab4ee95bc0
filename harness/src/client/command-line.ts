import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';

/**
 * Splits a command as a shell does: words by spaces, '…' as it is, "…" and \ as usual; nothing is expanded.
 * @param option where it was given, for errors
 * @throws UsageError for an open quote, or nothing
 */
export function splitCommand(command: string, option = '--client'): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < command.length; i += 1) {
    const c = command[i] as string;
    if (quote !== '' && c === quote) quote = '';
    else if (c === '\\' && quote !== "'" && i + 1 < command.length) {
      i += 1;
      word = (word ?? '') + command[i];
    } else if (quote === '' && (c === '"' || c === "'")) {
      quote = c;
      word ??= '';
    } else if (quote === '' && /\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote !== '') throw new UsageError(`${option}: a quote is not closed`);
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new UsageError(`${option} names no command`);
  return words;
}

/** The words with the files among them as absolute paths: commands run in a folder of their own. */
export function absoluteCommand(words: readonly string[], cwd: string = process.cwd()): string[] {
  const isFile = (word: string): boolean => existsSync(resolve(cwd, word)) && statSync(resolve(cwd, word)).isFile();
  return words.map((word, i) => {
    // A first word without a slash is looked up in PATH.
    if (i === 0 ? !word.includes('/') : word.startsWith('-')) return word;
    return isFile(word) ? resolve(cwd, word) : word;
  });
}

/** As a shell takes it for one word. */
export const quoted = (arg: string): string =>
  /^[\w@%+=:,./[\]-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;

/** Options and variables that hold a secret by their name, and not the path of one. */
const SECRET =
  /^(?:--?)?[\w-]*(?:token|secret|passw(?:or)?d|passphrase|api-?key|private-?key)(?!.*(?:file|path|dir)(?:=|$))[\w-]*/i;

/** The words of a command as others may see them: `***` stands for each value that is a secret by its name. */
export function withoutSecrets(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const [name] = SECRET.exec(word) ?? [];
    if (name !== undefined && word.startsWith('=', name.length)) return `${name}=***`;
    const before = words[i - 1] ?? '';
    const isValue = before.startsWith('-') && SECRET.exec(before)?.[0] === before && !word.startsWith('-');
    return isValue ? '***' : word;
  });
}
