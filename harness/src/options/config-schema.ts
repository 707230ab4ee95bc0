import { DEFAULT_LIMITS } from '../target/limits.ts';
import type { Flag, Flags } from './command-line.ts';

/** The published form of `conformance.yaml`: `npx tsx harness/src/options/write-config-schema.ts` writes it. */
export const CONFIG_SCHEMA: URL = new URL('../../schemas/config.schema.json', import.meta.url);

/** What holds no option of a file: where the file itself is. */
const NOT_IN_A_FILE = new Set(['config']);

/** The JSON Schema of a configuration file: every option by its long name, and `limits` in place. */
export function configSchema(flags: Flags): object {
  const names = Object.keys(flags).filter((name) => !NOT_IN_A_FILE.has(name));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:quicnprotochat:conformance-config:1',
    title: 'Configuration of a conformance run',
    description:
      'conformance.yaml, or what `npm run conformance -- --config FILE` names: the options of the command line by their long names. Relative paths are relative to the file.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(names.map((name) => [name, propertyOf(name, flags[name] as Flag)])),
  };
}

function propertyOf(name: string, { type, array, isValueOptional, describe }: Flag): object {
  const description = describe.replaceAll('\n', ' ');
  if (name === 'limits') return { ...limitsSchema, description: `as an object, or in a ${description}` };
  if (type === 'boolean') return { type: 'boolean', description };
  if (array) return { type: ['string', 'array'], items: { type: 'string' }, description };
  return { type: isValueOptional ? ['string', 'number', 'boolean'] : ['string', 'number'], description };
}

const limitsSchema = {
  type: ['string', 'object'],
  additionalProperties: false,
  properties: Object.fromEntries(Object.keys(DEFAULT_LIMITS).map((name) => [name, { type: 'integer', minimum: 1 }])),
};
