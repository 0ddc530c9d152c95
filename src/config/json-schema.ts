import { z } from 'zod';
import { gatewayConfigSchema } from './gateway-schema.ts';
import { trackingPlanSchema } from './tracking-schema.ts';

/** As much of JSON Schema (draft 2020-12) as zod writes for these files. */
export type JsonSchema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly default?: unknown;
};

const TITLES = { gateway: 'Dialtrace gateway configuration', tracking: 'Dialtrace tracking plan' } as const;
const SCHEMAS = { gateway: gatewayConfigSchema, tracking: trackingPlanSchema } as const;

export type SchemaName = keyof typeof SCHEMAS;

/** JSON Schema (draft 2020-12) of a YAML file, for editors. */
export const jsonSchema = (name: SchemaName): JsonSchema & Record<string, unknown> => ({
  title: TITLES[name],
  ...(z.toJSONSchema(SCHEMAS[name], { io: 'input', unrepresentable: 'any' }) as JsonSchema),
});

/** What a value may be when it is one of several: unions taken apart. */
const alternatives = (schema: JsonSchema): readonly JsonSchema[] => {
  const union = schema.anyOf ?? schema.oneOf;
  return union ? union.flatMap(alternatives) : [schema];
};

/** Schemas that a value at `path` of the file may follow; none when no such field exists. */
export const schemasAt = (root: JsonSchema, path: readonly PropertyKey[]): readonly JsonSchema[] => {
  let current = alternatives(root);
  for (const key of path) {
    const next = current.flatMap((schema) => child(schema, key) ?? []);
    current = next.flatMap(alternatives);
  }
  return current;
};

const child = (schema: JsonSchema, key: PropertyKey): JsonSchema | undefined => {
  if (typeof key === 'number') return schema.items;
  const { properties } = schema;
  return properties && Object.hasOwn(properties, key) ? properties[String(key)] : undefined;
};

/** Names that the mapping at `path` may have. */
export const keysAt = (root: JsonSchema, path: readonly PropertyKey[]): readonly string[] => [
  ...new Set(schemasAt(root, path).flatMap((schema) => Object.keys(schema.properties ?? {}))),
];

/** True when text may stand at `path`, and no number. */
export const wantsText = (root: JsonSchema, path: readonly PropertyKey[]): boolean => {
  const types = schemasAt(root, path).map((schema) => schema.type);
  return types.includes('string') && !types.includes('number') && !types.includes('integer');
};
