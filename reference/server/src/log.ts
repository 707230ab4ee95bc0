import { type DestinationStream, destination, type Level, type LoggerOptions, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';

/** Numbers and short names that go with a message. */
type LogFields = Record<string, string | number | boolean>;

/**
 * Where the server says what happens. Never a token, key or payload: callers give texts of their own and fields that
 * they choose one by one, never parameters or results of a call.
 */
export interface Log {
  /** What only who looks for a fault wants to see. */
  debug(message: string, fields?: LogFields): void;
  /** What happens in the ordinary course: it listens, it ends. */
  info(message: string, fields?: LogFields): void;
  /** What works, and should be seen to. */
  warn(message: string, fields?: LogFields): void;
  /** What does not work. */
  error(message: string, fields?: LogFields): void;
}

export const LOG_FORMATS = ['pretty', 'json'] as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** How a log is written. */
export interface LogOptions {
  format: (typeof LOG_FORMATS)[number];
  level: (typeof LOG_LEVELS)[number];
  /** Default: standard error. */
  to?: DestinationStream | undefined;
}

/** A log of one line an event: JSON for programs, or for people. Written at once, so that the last lines are not lost. */
export function makeLog({ format, level, to }: LogOptions): Log {
  const options: LoggerOptions = {
    level,
    base: undefined,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  const logger = pino(options, format === 'json' ? (to ?? destination({ dest: 2, sync: true })) : forPeople(to));
  const write =
    (at: Level) =>
    (message: string, fields: LogFields = {}): void =>
      logger[at](fields, format === 'json' ? message : printable(message));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Says nothing: for tests, and programs that embed a server. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function forPeople(to: DestinationStream | undefined): DestinationStream {
  return pretty({
    destination: to ?? 2,
    sync: true,
    colorize: to === undefined && process.stderr.isTTY === true && process.env.NO_COLOR === undefined,
    translateTime: "UTC:yyyy-mm-dd'T'HH:MM:ss.l'Z'",
    singleLine: true,
  });
}

/** What a peer or a file said must not write lines of its own, nor move the terminal's cursor. */
const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?').replaceAll('\n', '\n    ');

/** For commands that end soon: lines for people. */
export const stderrLog: Log = makeLog({ format: 'pretty', level: 'info' });
