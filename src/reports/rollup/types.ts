import type { CallRollupTable, CallRollupValueTable } from '../../store/index.ts';

/** What figures are kept by; `hour` and `quarter` (of an hour) are of UTC: hours of every zone are made of the one or the other. */
export type RollupDimension = CallRollupTable['dimension'];

/** Counted calls. `calls` leaves blocked ones out. */
export type Figures = Omit<CallRollupTable, 'dimension' | 'days' | 'day' | 'key' | 'test' | 'spam'>;

/** Calls that have something in common, counted. */
export type Group = Figures & {
  /** JSON array of the dimension's words; a number for times. */
  readonly key: string;
  readonly spam: 0 | 1;
};

/** What calls that have something in common were worth. */
export type ValueGroup = {
  readonly key: string;
  readonly spam: 0 | 1;
  readonly currency: string;
  /** Calls with a worth. */
  readonly valued: number;
  /** Millionths. */
  readonly micros: number;
};

export type Groups = { readonly figures: readonly Group[]; readonly values: readonly ValueGroup[] };

/** Rows of a day as they come out of its calls, with their keys as texts. */
export type DayRow = Omit<CallRollupTable, 'key' | 'days'> & { readonly key: string };
export type DayValue = Omit<CallRollupValueTable, 'key' | 'days'> & { readonly key: string };

/** A UTC day's figures as they come out of its calls. */
export type DayFigures = {
  readonly day: number;
  /** State of the day's calls that was counted; undefined: the day was not stale. */
  readonly touched: number | undefined;
  readonly figures: readonly DayRow[];
  readonly values: readonly DayValue[];
};

/** A block of days, counted together. */
export type BlockFigures = {
  /** The first one. */
  readonly day: number;
  readonly figures: readonly CallRollupTable[];
  readonly values: readonly CallRollupValueTable[];
};

/** From a moment up to another, exclusive; milliseconds since the epoch. */
export type Span = { readonly from: number; readonly to: number };
