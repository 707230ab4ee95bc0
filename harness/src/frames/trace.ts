import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReportedFrame } from './reported.ts';

/** What the first line of a trace says. */
export interface TraceHead {
  requirement: string;
  scenario: string;
  uri: string;
  status: string;
  /** Frames that passed and were not kept. */
  dropped: number;
}

/**
 * Writes a scenario's frames as NDJSON, the head first, to a file of its own: `DS-011-a-second-fetch.ndjson`.
 * @throws Error when it cannot be written
 */
export function writeTrace(directory: string, head: TraceHead, frames: readonly ReportedFrame[]): string {
  const slug = head.scenario
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  const base = join(directory, `${head.requirement}-${slug}`);
  const text = `${[head, ...frames].map((line) => JSON.stringify(line)).join('\n')}\n`;
  mkdirSync(directory, { recursive: true });
  for (let i = 1; ; i += 1) {
    const path = i === 1 ? `${base}.ndjson` : `${base}-${i}.ndjson`;
    try {
      // Other processes write here too.
      writeFileSync(path, text, { flag: 'wx' });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
