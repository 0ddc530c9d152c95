import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type JsonSchema, jsonSchema } from '../../../src/config/index.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const documents = [
  'README.md',
  'README.zh.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Paths of all fields that hold a value, such as `trunks[].digest.realm`; those of secrets end at the secret. */
const fieldsOf = (schema: JsonSchema, path = ''): string[] => {
  const choices = schema.anyOf ?? schema.oneOf ?? [schema];
  const isSecret = choices.some((choice) => choice.type === 'string');
  if (isSecret) return [path];
  return choices.flatMap((choice) => {
    if (choice.type === 'array' && choice.items) return fieldsOf(choice.items, `${path}[]`);
    if (!choice.properties) return [path];
    return Object.entries(choice.properties).flatMap(([key, child]) =>
      fieldsOf(child, path === '' ? key : `${path}.${key}`),
    );
  });
};

/** The fields that a document's tables explain: code in the first cell of a row. `` `a.b`, `.c` `` stands for a.b and a.c. */
const explained = (text: string): Set<string> => {
  const fields = new Set<string>();
  for (const [, cell = ''] of text.matchAll(/^\| (`[^|]*) \|/gm)) {
    let parent = '';
    for (const [, code = ''] of cell.matchAll(/`([^`]+)`/g)) {
      const field = code.startsWith('.') ? parent + code : code;
      parent = field.slice(0, field.lastIndexOf('.'));
      fields.add(field);
    }
  }
  return fields;
};

const missing = (document: string, schema: 'gateway' | 'tracking'): string[] => {
  const known = explained(read(document));
  const lists = (field: string): string => field.replace(/\[\]$/, '');
  return [...new Set(fieldsOf(jsonSchema(schema)).map(lists))].filter((field) => !known.has(field));
};

describe('documents', () => {
  it('explain every field of dialtrace.yaml', () => {
    expect(missing('docs/configuration.md', 'gateway')).toEqual([]);
  });

  it('explain every field of tracking.yaml', () => {
    expect(missing('docs/tracking-plan.md', 'tracking')).toEqual([]);
  });

  it('would notice a field that is not explained', () => {
    expect(missing('docs/tracking-plan.md', 'gateway')).toContain('sip.engine');
  });

  it.each(documents)('%s links to files that are there', (document) => {
    const targets = [...read(document).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(
      ([, target = '']) => target,
    );
    const broken = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target)));
    expect(broken.map((target) => relative(ROOT, join(ROOT, dirname(document), target)))).toEqual([]);
  });
});
