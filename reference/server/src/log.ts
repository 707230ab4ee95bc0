/** Where the server says what happens. Never a token, key or payload. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** One line an event on standard error, with the time. */
export const stderrLog: Log = {
  info: (message) => write('info', message),
  warn: (message) => write('warn', message),
  error: (message) => write('error', message),
};

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };

function write(level: string, message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level} ${message}\n`);
}
