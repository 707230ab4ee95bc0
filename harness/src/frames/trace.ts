import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
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
  let path = `${base}.ndjson`;
  for (let i = 2; existsSync(path); i += 1) path = `${base}-${i}.ndjson`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, `${[head, ...frames].map((line) => JSON.stringify(line)).join('\n')}\n`);
  return path;
}
