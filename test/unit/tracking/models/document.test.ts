import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../../../src/tracking/models/index.ts';
import { DAY_MS, type Path } from '../../../../src/tracking/models/types.ts';

const document = readFileSync(new URL('../../../../docs/attribution.md', import.meta.url), 'utf8');

/** The person of the document: a touch each 7, 7, 6 and 1 days after the one before. */
const path: Path = {
  touches: ['google ads', 'newsletter', 'direct', 'organic', 'direct'].map((key, index) => ({
    key,
    at: [0, 7, 14, 20, 21].map((day) => day * DAY_MS)[index] ?? 0,
    direct: key === 'direct',
    paid: key === 'google ads',
  })),
  at: 21 * DAY_MS,
  lead: 1,
  qualified: 3,
};

const table = [...document.matchAll(/^\| `([a-z-]+)` +\| ((?:\d\.\d{3} +\| ){5})/gm)].map(
  ([, id = '', cells = '']) => ({
    id,
    weights: cells
      .split('|')
      .slice(0, 5)
      .map((cell) => cell.trim()),
  }),
);

describe('the table of the document', () => {
  it('has every model that weighs a path by itself', () => {
    const models = MODELS.filter(({ type }) => type === 'path').map(({ id }) => id);
    expect(table.map(({ id }) => id)).toEqual(models);
    for (const { id } of MODELS) expect(document.toLowerCase()).toContain(id);
  });

  it.each(table)('is right about $id', ({ id, weights }) => {
    const model = MODELS.find((one) => one.id === id);
    if (model?.type !== 'path') throw new Error(`no model ${id}`);
    expect(model.weigh(path).map((weight) => weight.toFixed(3))).toEqual(weights);
  });
});
