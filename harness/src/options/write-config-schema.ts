// Writes harness/schemas/config.schema.json from the options of `conformance`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CONFIG_SCHEMA, configSchema } from './config-schema.ts';
import { FLAGS } from './flags.ts';

const path = fileURLToPath(CONFIG_SCHEMA);
writeFileSync(path, JSON.stringify(configSchema(FLAGS)));
process.exitCode = spawnSync('npx', ['biome', 'format', '--write', path], { stdio: 'inherit' }).status ?? 1;
