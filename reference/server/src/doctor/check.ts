import type { Config } from '../config.ts';

/** One line of a diagnosis. */
export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  /** What was looked at. */
  subject: string;
  /** What it is like, in one line. Never a secret. */
  text: string;
  /** What to do about it. */
  advice?: string | undefined;
}

/** Looks at one thing. @throws whatever went wrong: a failure of the subject */
export interface Check {
  subject: string;
  look(config: Config): Finding[] | Promise<Finding[]>;
}

/** Findings of one subject. */
export function of(subject: string): Record<Finding['status'], (text: string, advice?: string) => Finding> {
  const finding =
    (status: Finding['status']) =>
    (text: string, advice?: string): Finding => ({ status, subject, text, advice });
  return { ok: finding('ok'), warn: finding('warn'), fail: finding('fail') };
}

/** Looks at everything, one after the other: a check that throws is a finding, and does not stop the others. */
export async function diagnose(checks: readonly Check[], config: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { subject, look } of checks) {
    try {
      findings.push(...(await look(config)));
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      const text = (message ?? String(error)).split('\n')[0] as string;
      findings.push(of(subject).fail(text, code === 'EACCES' ? 'run this as the user of the server' : undefined));
    }
  }
  return findings;
}

/** `warn  data directory  others may read ./data → chmod 700 ./data` */
export function formatFinding({ status, subject, text, advice }: Finding): string {
  return `${status.padEnd(4)}  ${subject.padEnd(14)}  ${text}${advice === undefined ? '' : ` → ${advice}`}`;
}
