import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stepSchema } from '../../../src/config/flow-schema.ts';
import { loadTrackingPlan, type TrackingPlan } from '../../../src/config/index.ts';
import {
  closeDefinition,
  compileFlow,
  drawFlow,
  drawingSvg,
  type Flow,
  lintPlan,
  type Simulation,
  scenarioOf,
  simulateCall,
  simulateMany,
} from '../../../src/flows/index.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const FILE = join(ROOT, 'config/tracking.small-business.yaml');

let plan: TrackingPlan;
let flow: Flow;

beforeAll(() => {
  plan = loadTrackingPlan(FILE, { trunkIds: [], defaultRegion: undefined });
  flow = compileFlow(closeDefinition('shop', plan), undefined);
});

const at = (text: string): number => Date.parse(`${text}-08:00`);

const call = (moment: string, more: object = {}): Simulation =>
  simulateCall(flow, scenarioOf(flow, { at: at(moment), ...more }, new Map()));

const stepsOf = ({ path, ending }: Simulation): readonly string[] => [
  ...new Set([
    ...path.map(({ step }) => step),
    ...('step' in ending && ending.step !== undefined ? [ending.step] : []),
  ]),
];

describe('the flow of a small business', () => {
  it('has nothing wrong', () => {
    expect(lintPlan(plan)).toEqual([]);
  });

  it('leads a call to each department', () => {
    expect(stepsOf(call('2026-11-24T10:00', { keys: ['1', '1'] }))).toContain('sales');
    expect(stepsOf(call('2026-11-24T10:00', { keys: ['2', '2'] }))).toContain('workshop');
    expect(stepsOf(call('2026-11-24T10:00', { keys: ['1', '3'] }))).toContain('accounts');
    expect(stepsOf(call('2026-11-24T10:00'))).toContain('sales');
  });

  it('takes a message when nobody is there, at noon, on Sundays and holidays', () => {
    const nobody = { keys: ['1', '1'], answers: { sales: 'no-answer', owner: 'no-answer' } };
    expect(stepsOf(call('2026-11-24T10:00', nobody))).toEqual(
      expect.arrayContaining(['owner', 'message-sales']),
    );
    expect(stepsOf(call('2026-11-24T13:00'))).toEqual(['language', 'english', 'hours', 'closed', 'message']);
    expect(stepsOf(call('2026-11-22T21:00', { keys: ['2'] }))).toContain('closed');
    expect(stepsOf(call('2026-12-25T11:00'))).toContain('holiday');
    expect(stepsOf(call('2026-12-24T11:00'))).toContain('departments');
    expect(stepsOf(call('2026-12-24T12:00'))).toContain('holiday');
  });

  it('speaks the language that was chosen', () => {
    expect(call('2026-11-22T21:00', { keys: ['2'] }).state.language).toBe('zh');
    expect(call('2026-11-22T21:00', { keys: ['1'] }).state.language).toBe('en');
  });

  it('has no step that nobody comes to, and always ends', () => {
    const many = simulateMany(flow, 2000, 1, { from: Date.UTC(2026, 0, 1), lineRingMs: new Map() });
    expect(many.unseen).toEqual([]);
    expect(many.endings.endless).toBe(0);
    expect(many.failures.calls).toBe(0);
  });

  it('is drawn as the document shows it', () => {
    const drawn = readFileSync(join(ROOT, 'docs/images/flow-small-business.svg'), 'utf8');
    expect(drawn.trim()).toBe(drawingSvg(drawFlow(closeDefinition('shop', plan).flow)).trim());
  });
});

type ObjectSchema = {
  readonly properties: Readonly<Record<string, { readonly const?: string }>>;
  readonly required?: readonly string[];
};

/** Fields that a section of the document explains; those that must be there are bold. */
const explained = (text: string): ReadonlyMap<string, boolean> =>
  new Map(
    [...text.matchAll(/^\| (\*\*)?`(\w+)`(?:\*\*)? +\|/gm)].map(([, bold, name = '']) => [
      name,
      bold !== undefined,
    ]),
  );

describe('docs/flows.md', () => {
  it('explains each field of each step, and which must be there', () => {
    const { oneOf = [] } = z.toJSONSchema(stepSchema, { io: 'input', unrepresentable: 'any' }) as {
      oneOf?: readonly ObjectSchema[];
    };
    expect(oneOf.length).toBeGreaterThan(10);
    const document = readFileSync(join(ROOT, 'docs/flows.md'), 'utf8');
    for (const { properties, required = [] } of oneOf) {
      const kind = properties['do']?.const ?? '';
      const [, section = ''] = new RegExp(`^### ${kind}\\n([\\s\\S]*?)(?=^##)`, 'm').exec(document) ?? [];
      const [table = ''] = section.split(/^\| in `when`/m);
      const fields = Object.keys(properties).filter((name) => name !== 'do');
      expect([kind, Object.fromEntries(explained(table))]).toEqual([
        kind,
        Object.fromEntries(fields.map((name) => [name, required.includes(name)])),
      ]);
    }
  });

  it('explains each condition of route', () => {
    const document = readFileSync(join(ROOT, 'docs/flows.md'), 'utf8');
    const route = z.toJSONSchema(stepSchema, { io: 'input', unrepresentable: 'any' });
    const when = Object.keys(findWhen(route));
    const [, table = ''] = /^\| in `when`[\s\S]*?\n\|[^\n]*\n([\s\S]*?)\n\n/m.exec(document) ?? [];
    const told = [...table.matchAll(/^\| ([^|]+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(told.toSorted()).toEqual(when.toSorted());
  });
});

/** Properties of `when`, wherever the schema has it. */
const findWhen = (value: unknown): object => {
  if (typeof value !== 'object' || value === null) return {};
  const { when } = value as { when?: { properties?: object } };
  if (when?.properties) return when.properties;
  return Object.values(value).reduce<object>(
    (found, child) => (Object.keys(found).length > 0 ? found : findWhen(child)),
    {},
  );
};
