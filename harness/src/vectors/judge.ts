import { isDeepStrictEqual } from 'node:util';
import type { Fields, Vector } from './format.ts';
import { fromHex, openHybrid, Refused, readEnvelope } from './own.ts';

/** How a case went; `reason` says why it failed or was skipped. */
export interface Verdict {
  status: 'passed' | 'failed' | 'skipped';
  reason: string;
}

const passed: Verdict = { status: 'passed', reason: '' };
const failed = (reason: string): Verdict => ({ status: 'failed', reason });
const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length} characters)` : text;
};

/** Holds an answer against what is right. @param answer a line of the verifier, parsed */
export function judge(vector: Vector, answer: unknown): Verdict {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
    return failed(`the answer is ${shown(answer)}, not a JSON object`);
  const { output, error, unsupported, reason } = answer as Fields;
  if (unsupported === true) {
    return { status: 'skipped', reason: typeof reason === 'string' ? reason : `${vector.kind} is not supported` };
  }
  const isOutput = typeof output === 'object' && output !== null && !Array.isArray(output);
  const isError = typeof error === 'string';
  if (isOutput === isError)
    return failed(`the answer ${shown(answer)} has neither "output" (an object) nor "error" (a text), or both`);

  const { expected } = vector;
  if (isError) {
    if (expected.result === 'acceptable') return passed;
    if (expected.result === 'valid') return failed(`expected ${describe(vector)}, got the error ${shown(error)}`);
    return expected.errors.includes(error)
      ? passed
      : failed(`expected ${describe(vector)}, got the error ${shown(error)}`);
  }
  if (expected.result === 'invalid') return failed(`expected ${describe(vector)}, got ${shown(output)}`);
  return judgeOutput(vector, output as Fields);
}

function judgeOutput(vector: Vector, output: Fields): Verdict {
  const { expected, judge: by } = vector;
  if (expected.result === 'invalid') throw new Error('an invalid case has no output');
  if (by?.anyOf) {
    const isAny = by.anyOf.some((one) => isDeepStrictEqual(output, one));
    return isAny ? passed : failed(`expected one of ${shown(by.anyOf)}, got ${shown(output)}`);
  }
  for (const [name, value] of Object.entries(expected.output))
    if (!isDeepStrictEqual(output[name], value))
      return failed(`expected "${name}": ${shown(value)}, got ${shown(output[name])}`);
  // Steps on the way are for whoever can show them.
  const steps = expected.result === 'valid' ? (expected.intermediate ?? {}) : {};
  for (const [name, value] of Object.entries(steps))
    if (name in output && !isDeepStrictEqual(output[name], value))
      return failed(`expected "${name}" on the way: ${shown(value)}, got ${shown(output[name])}`);
  try {
    return judgeFreely(vector, output);
  } catch (error) {
    if (error instanceof Refused) return failed(`what came back cannot be read: ${error.message}`);
    throw error;
  }
}

/** Outputs that a right verifier may make in many ways. @throws Refused */
function judgeFreely({ judge: by }: Vector, { bytes, envelope }: Fields): Verdict {
  if (by?.envelope) {
    if (!isHex(bytes)) return failed(`"bytes" is ${shown(bytes)}, not hex`);
    const built = readEnvelope(fromHex(bytes));
    if (!isDeepStrictEqual(built, by.envelope))
      return failed(`the envelope holds ${shown(built)}, not ${shown(by.envelope)}`);
  }
  if (by?.opens || by?.length !== undefined) {
    if (!isHex(envelope)) return failed(`"envelope" is ${shown(envelope)}, not hex`);
    if (by.length !== undefined && envelope.length !== by.length * 2)
      return failed(`the envelope has ${envelope.length / 2} bytes, not ${by.length}`);
    if (by.opens) {
      const plaintext = Buffer.from(openHybrid(fromHex(by.opens.seed), fromHex(envelope))).toString('hex');
      if (plaintext !== by.opens.plaintext)
        return failed(`the envelope holds ${shown(plaintext)}, not ${shown(by.opens.plaintext)}`);
    }
  }
  return passed;
}

const isHex = (value: unknown): value is string => typeof value === 'string' && /^(?:[0-9a-f]{2})*$/.test(value);

/** What is expected, in words. */
function describe({ expected }: Vector): string {
  if (expected.result === 'invalid') return `the error ${expected.errors.map((kind) => `"${kind}"`).join(' or ')}`;
  return `the output ${shown(expected.output)}`;
}
