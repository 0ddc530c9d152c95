import { byCodeUnits } from './canonical.ts';
import { OTHER } from './dimension.ts';
import type { Journeys, Model } from './types.ts';

/** More sources than that are put together: a dense matrix of them all is solved. */
const MOST_STATES = 100;

type Walk = { readonly keys: readonly string[]; readonly micros: number; readonly converts: boolean };

const walksOf = ({ converted, lost }: Journeys): readonly Walk[] => [
  ...converted.map(({ path, micros }) => ({
    keys: path.touches.map(({ key }) => key),
    micros,
    converts: true,
  })),
  ...lost.map(({ keys, micros }) => ({ keys, micros, converts: false })),
];

/** The states, most walked first, the least ones under one name. */
const statesOf = (walks: readonly Walk[]): ReadonlyMap<string, number> => {
  const weights = new Map<string, number>();
  for (const { keys, micros } of walks)
    for (const key of keys) weights.set(key, (weights.get(key) ?? 0) + micros);
  const keys = [...weights].sort(([a, x], [b, y]) => y - x || byCodeUnits(a, b)).map(([key]) => key);
  if (keys.length <= MOST_STATES) return new Map(keys.map((key, index) => [key, index]));
  return new Map(keys.map((key, index) => [key, Math.min(index, MOST_STATES - 1)]));
};

/** Name of each state. */
const namesOf = (states: ReadonlyMap<string, number>): readonly string[] => {
  const names: string[] = [];
  for (const [key, index] of states) names[index] = names[index] === undefined ? key : OTHER;
  return names;
};

type Matrix = number[][];

const rowOf = (matrix: Matrix, index: number): number[] => matrix[index] ?? [];

/** The row from `column` on whose entry in it is the largest. */
const pivotOf = (matrix: Matrix, column: number): number => {
  let pivot = column;
  for (let index = column + 1; index < matrix.length; index += 1) {
    if (Math.abs(rowOf(matrix, index)[column] ?? 0) > Math.abs(rowOf(matrix, pivot)[column] ?? 0))
      pivot = index;
  }
  return pivot;
};

const subtract = (matrix: Matrix, index: number, factor: number, other: number): void => {
  const from = rowOf(matrix, other);
  matrix[index] = rowOf(matrix, index).map((value, at) => value - factor * (from[at] ?? 0));
};

/**
 * Inverse by Gauss and Jordan with the largest pivot of each column.
 *
 * @param matrix square, changed
 */
const inverse = (matrix: Matrix): Matrix => {
  const result = matrix.map((_, row) => matrix.map((__, column) => (row === column ? 1 : 0)));
  const both = [matrix, result];
  for (const column of matrix.keys()) {
    const pivot = pivotOf(matrix, column);
    for (const rows of both) [rows[column], rows[pivot]] = [rowOf(rows, pivot), rowOf(rows, column)];
    const scale = rowOf(matrix, column)[column] ?? 1;
    for (const rows of both) rows[column] = rowOf(rows, column).map((value) => value / scale);
    for (const index of matrix.keys()) {
      const factor = index === column ? 0 : (rowOf(matrix, index)[column] ?? 0);
      if (factor !== 0) for (const rows of both) subtract(rows, index, factor, column);
    }
  }
  return result;
};

type Chain = {
  readonly names: readonly string[];
  /** Chance of starting in each state, of going from each to each, and from each to a conversion. */
  readonly start: readonly number[];
  readonly moves: readonly (readonly number[])[];
  readonly converts: readonly number[];
};

const chainOf = (walks: readonly Walk[]): Chain => {
  const states = statesOf(walks);
  const names = namesOf(states);
  const start = names.map(() => 0);
  const moves = names.map(() => names.map(() => 0));
  const converts = names.map(() => 0);
  const out = names.map(() => 0);
  let begun = 0;
  const add = (cells: number[] | undefined, index: number, micros: number): void => {
    if (cells) cells[index] = (cells[index] ?? 0) + micros;
  };
  for (const { keys, micros, converts: does } of walks) {
    let state: number | undefined;
    for (const key of keys) {
      const next = states.get(key) ?? 0;
      if (state === undefined) {
        add(start, next, micros);
        begun += micros;
      } else add(moves[state], next, micros);
      add(out, next, micros);
      state = next;
    }
    if (does && state !== undefined) add(converts, state, micros);
  }
  const over = (value: number, total: number | undefined): number => (total ? value / total : 0);
  return {
    names,
    start: start.map((value) => over(value, begun)),
    moves: moves.map((row, index) => row.map((value) => over(value, out[index]))),
    converts: converts.map((value, index) => over(value, out[index])),
  };
};

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

/** What an absorbing chain of first order says. */
export type Removal = {
  /** Chance that somebody who starts converts. */
  readonly conversion: number;
  /** 1 − chance without the source ÷ chance with it, 0 to 1: what would be lost without it. */
  readonly effects: ReadonlyMap<string, number>;
};

/**
 * Removal effects. With N = (I − Q)⁻¹, h = N·r the chance to convert from each state and N(start, s) / N(s, s) the chance
 * ever to come to s, those who come to s and would convert are lost without it (Kemeny and Snell, Finite Markov Chains, 3.5).
 * More than 100 sources: the least are put together as `(other)`.
 */
export const removalEffects = (journeys: Journeys): Removal => {
  const { names, start, moves, converts } = chainOf(walksOf(journeys));
  const visits = inverse(moves.map((row, at) => row.map((value, to) => (at === to ? 1 - value : -value))));
  const success = visits.map((row) => dot(row, converts));
  const conversion = dot(start, success);
  const effects = new Map<string, number>();
  names.forEach((name, state) => {
    const arrivals = start.reduce((sum, value, from) => sum + value * (visits[from]?.[state] ?? 0), 0);
    const reached = arrivals / (visits[state]?.[state] ?? 1);
    const lost = conversion === 0 ? 0 : (reached * (success[state] ?? 0)) / conversion;
    effects.set(name, Math.min(1, Math.max(0, lost)));
  });
  return { conversion, effects };
};

export const MARKOV: Model = {
  type: 'journeys',
  id: 'markov',
  version: 1,
  title: 'Markov removal',
  short: 'Markov',
  weighKeys: (journeys) => removalEffects(journeys).effects,
};
