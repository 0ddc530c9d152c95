import { createHash } from 'node:crypto';
import type { StepContext, StepKind } from '../types.ts';

/** A number from 0 to below 1, the same for the same parts, uniform over callers. */
const draw = (parts: readonly string[]): number =>
  createHash('sha256').update(JSON.stringify(parts)).digest().readUIntBE(0, 6) / 2 ** 48;

const byName = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1;

/** The share that a caller belongs to; whatever order they are written in. */
const shareOf = (shares: Readonly<Record<string, number>>, { facts, here }: StepContext): string => {
  const entries = Object.entries(shares).sort(byName);
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  const local = here.name.slice(here.name.indexOf('/') + 1);
  const point = draw([facts.callerKey, here.flow.id, local]) * total;
  let passed = 0;
  for (const [name, share] of entries) {
    passed += share;
    if (point < passed) return name;
  }
  return entries.findLast(([, share]) => share > 0)?.[0] ?? entries[0]?.[0] ?? '';
};

/** Divides callers by shares. A caller always goes the same way. */
export const split: StepKind<'split'> = {
  exits: ({ shares }) => Object.keys(shares).map((name) => [name, name] as const),
  retarget: (step, names) => ({
    ...step,
    shares: Object.fromEntries(Object.entries(step.shares).map(([name, share]) => [names.step(name), share])),
  }),
  enter: (step, context) => {
    const name = shareOf(step.shares, context);
    const total = Object.values(step.shares).reduce((sum, share) => sum + share, 0);
    const percent = Math.round(((step.shares[name] ?? 0) / total) * 1000) / 10;
    return {
      type: 'leave',
      exit: name,
      to: name,
      input: name,
      text: `the caller belongs to the ${percent} % of ${name}`,
    };
  },
};
