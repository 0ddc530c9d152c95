/** Writes the JSON Schemas that editors check the YAML files with: `npx tsx scripts/write-schemas.ts`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema, type SchemaName } from '../src/config/index.ts';

const folder = new URL('../config/schema/', import.meta.url);
const names: readonly SchemaName[] = ['gateway', 'tracking'];

mkdirSync(folder, { recursive: true });
for (const name of names) {
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(jsonSchema(name), null, 2)}\n`);
}
execFileSync('npx', ['biome', 'format', '--write', fileURLToPath(folder)], { stdio: 'ignore' });
