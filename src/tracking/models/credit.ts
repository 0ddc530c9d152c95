import { byCodeUnits } from './canonical.ts';
import { apportion, apportionAmount } from './credits.ts';
import { OTHER, UNATTRIBUTED } from './dimension.ts';
import type { Studied, Study } from './study.ts';
import type { Model, Path } from './types.ts';

/** Credits by row, in millionths. */
export type Credits = ReadonlyMap<string, number>;

export const add = (credits: Map<string, number>, key: string, micros: number): void => {
  if (micros !== 0) credits.set(key, (credits.get(key) ?? 0) + micros);
};

/** A model made ready for one study: how it weighs the touches of a path, in the row's name that each is counted under. */
export type Weigher = {
  /** Weights of rows, of a model that shares out all credit at once. */
  readonly weights: ReadonlyMap<string, number> | undefined;
  weigh(path: Path): readonly number[];
  name(key: string): string;
};

/**
 * For a model that learns from all paths, a path's touches weigh as their sources do; its reports share out all credit at
 * once.
 */
export const weigherOf = (model: Model, study: Pick<Study, 'journeys'>): Weigher => {
  if (model.type === 'path') return { weights: undefined, weigh: model.weigh, name: (key) => key };
  const effects = model.weighKeys(study.journeys());
  const name = (key: string): string => (effects.has(key) ? key : OTHER);
  return {
    weights: effects,
    name,
    weigh: ({ touches }) => {
      const raw = touches.map(({ key }) => effects.get(name(key)) ?? 0);
      const sum = raw.reduce((total, weight) => total + weight, 0);
      return raw.map((weight) => (sum === 0 ? 1 / raw.length : weight / sum));
    },
  };
};

/** What each row gets of one conversion; together 1,000,000. */
export const creditsOf = ({ portions }: Studied, weigher: Weigher): Credits => {
  const credits = new Map<string, number>();
  for (const { portion, path } of portions) {
    if (path === undefined) {
      add(credits, UNATTRIBUTED, portion.micros);
      continue;
    }
    const shares = apportion(portion.micros, weigher.weigh(path));
    for (const [index, { key }] of path.touches.entries())
      add(credits, weigher.name(key), shares[index] ?? 0);
  }
  return credits;
};

/** What a row adds up to. */
export type Sum = { credits: number; conversions: number; values: Map<string, number> };
export type Sums = ReadonlyMap<string, Readonly<Sum>>;

const createSums = () => {
  const sums = new Map<string, Sum>();
  return {
    sums,
    of: (key: string): Sum => {
      const known = sums.get(key);
      if (known) return known;
      const sum: Sum = { credits: 0, conversions: 0, values: new Map() };
      sums.set(key, sum);
      return sum;
    },
  };
};

const sumPaths = (study: Study, weigher: Weigher): Sums => {
  const { sums, of } = createSums();
  for (const studied of study.conversions) {
    const credits = [...creditsOf(studied, weigher)];
    for (const [key, micros] of credits) {
      const sum = of(key);
      sum.credits += micros;
      sum.conversions += 1;
    }
    const { value } = studied.conversion;
    if (value === undefined) continue;
    const amounts = apportionAmount(
      value.micros,
      credits.map(([, micros]) => micros),
    );
    for (const [index, [key]] of credits.entries()) add(of(key).values, value.currency, amounts[index] ?? 0);
  }
  return sums;
};

/** Everything that has a path is one pot, which the sources share by their weight. */
const sumJourneys = (study: Study, weigher: Weigher, weights: ReadonlyMap<string, number>): Sums => {
  const { sums, of } = createSums();
  let pot = 0;
  const worth = new Map<string, number>();
  for (const { portions, conversion } of study.conversions) {
    const unknown = portions.reduce((sum, { path, portion }) => (path ? sum : sum + portion.micros), 0);
    const known = portions.reduce((sum, { path, portion }) => (path ? sum + portion.micros : sum), 0);
    pot += known;
    const keys = portions.flatMap(({ path }) => path?.touches.map(({ key }) => weigher.name(key)) ?? []);
    for (const key of new Set(keys)) of(key).conversions += 1;
    if (unknown > 0) {
      of(UNATTRIBUTED).credits += unknown;
      of(UNATTRIBUTED).conversions += 1;
    }
    if (conversion.value === undefined) continue;
    const { micros, currency } = conversion.value;
    const [given = 0, lost = 0] = apportionAmount(micros, [known, unknown]);
    add(worth, currency, given);
    if (lost > 0) add(of(UNATTRIBUTED).values, currency, lost);
  }
  const keys = [...weights.keys()].filter((key) => (weights.get(key) ?? 0) > 0).sort(byCodeUnits);
  if (keys.length === 0) return sums;
  const shares = apportion(
    pot,
    keys.map((key) => weights.get(key) ?? 0),
  );
  keys.forEach((key, index) => {
    if (shares[index]) of(key).credits += shares[index];
  });
  for (const [currency, micros] of pot > 0 ? worth : []) {
    const amounts = apportionAmount(micros, shares);
    for (const [index, key] of keys.entries()) add(of(key).values, currency, amounts[index] ?? 0);
  }
  return sums;
};

/** Credits and values by row: they add up to the conversions and their values exactly. */
export const sumCredits = (study: Study, model: Model): Sums => {
  const weigher = weigherOf(model, study);
  return weigher.weights === undefined
    ? sumPaths(study, weigher)
    : sumJourneys(study, weigher, weigher.weights);
};
