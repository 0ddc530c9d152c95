import type { Millis } from '../../store/index.ts';

/** Bins of the weekly profile, ms. */
export const BIN_MS = 300_000;
/** Bins of a week. */
export const WEEK_BINS = 2016;
const HOUR_BINS = 12;

/** What was seen of a pool in some time; two of them add up. */
export type LoadMeasure = {
  /** Visits that needed a number of their own, by 5-minute bin of the week (UTC). */
  readonly arrivals: readonly number[];
  /** How often each bin came by. */
  readonly exposure: readonly number[];
  /** How long numbers were kept: how many leases, by whole bins, and what they had beyond them, ms. */
  readonly lengths: ReadonlyMap<number, { readonly count: number; readonly restMs: number }>;
};

/** The bin of the week that a time lies in. */
export const weekBin = (at: Millis): number => Math.floor(at / BIN_MS) % WEEK_BINS;

/** How often each bin of the week lies between two times, parts of one included. */
export const binExposure = (from: Millis, to: Millis): readonly number[] => {
  const exposure = new Array<number>(WEEK_BINS).fill(0);
  for (let at = from; at < to; ) {
    const end = Math.min(to, (Math.floor(at / BIN_MS) + 1) * BIN_MS);
    const bin = weekBin(at);
    exposure[bin] = (exposure[bin] ?? 0) + (end - at) / BIN_MS;
    at = end;
  }
  return exposure;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const addUp = (a: readonly number[], b: readonly number[]): readonly number[] =>
  a.map((value, index) => value + (b[index] ?? 0));

export const addMeasures = (a: LoadMeasure, b: LoadMeasure): LoadMeasure => {
  const lengths = new Map(a.lengths);
  for (const [bin, { count, restMs }] of b.lengths) {
    const known = lengths.get(bin);
    lengths.set(bin, { count: count + (known?.count ?? 0), restMs: restMs + (known?.restMs ?? 0) });
  }
  return {
    arrivals: addUp(a.arrivals, b.arrivals),
    exposure: addUp(a.exposure, b.exposure),
    lengths,
  };
};

/** Mean of the lengths, ms; 0 when there are none. */
export const meanLength = ({ lengths }: Pick<LoadMeasure, 'lengths'>): number => {
  let count = 0;
  let total = 0;
  for (const [bin, entry] of lengths) {
    count += entry.count;
    total += bin * BIN_MS * entry.count + entry.restMs;
  }
  return count === 0 ? 0 : total / count;
};

/**
 * Numbers in use k bins after an arrival, on average over that bin: P(T > u) of the lengths, folded into one week. Their sum
 * times the bin is the mean length.
 */
const survival = ({ lengths }: Pick<LoadMeasure, 'lengths'>): readonly number[] => {
  const weights = new Array<number>(WEEK_BINS).fill(0);
  const longest = Math.max(-1, ...lengths.keys());
  let longer = 0;
  let total = 0;
  for (const { count } of lengths.values()) total += count;
  if (total === 0) return weights;
  for (let bin = longest; bin >= 0; bin -= 1) {
    const { count = 0, restMs = 0 } = lengths.get(bin) ?? {};
    const folded = bin % WEEK_BINS;
    weights[folded] = (weights[folded] ?? 0) + (longer + restMs / BIN_MS) / total;
    longer += count;
  }
  return weights;
};

export type WeekLoad = {
  /** Arrivals of an average week, by bin. */
  readonly arrivals: readonly number[];
  /** Modified offered load m(t) = ∫ λ(t−u)·P(T > u) du by bin, erlang: numbers in use if there were enough. */
  readonly load: readonly number[];
  /** Whether the bin belongs to the hours of the week that hold 95 % of the arrivals. */
  readonly busy: readonly boolean[];
};

/** Share of the arrivals that the opening hours hold. */
const OPENING_SHARE = 0.95;

const busyBins = (arrivals: readonly number[]): readonly boolean[] => {
  const hours = Array.from({ length: WEEK_BINS / HOUR_BINS }, (_, hour) => ({
    hour,
    arrivals: sum(arrivals.slice(hour * HOUR_BINS, (hour + 1) * HOUR_BINS)),
  })).toSorted((a, b) => b.arrivals - a.arrivals);
  const wanted = OPENING_SHARE * sum(arrivals);
  const busy = new Set<number>();
  let held = 0;
  for (const entry of hours) {
    if (held >= wanted || entry.arrivals === 0) break;
    busy.add(entry.hour);
    held += entry.arrivals;
  }
  return arrivals.map((_, bin) => busy.has(Math.floor(bin / HOUR_BINS)));
};

/** Arrivals that make a rate, and the bins on either side of one that are looked at to get them: up to half an hour. */
const ENOUGH = 100;
const WIDEST = 6;

/**
 * Arrivals of an average week by bin. Where they are few, over the bins around as well: what four weeks show of five minutes is
 * chance, and chance looks like load.
 */
const smoothRates = ({ arrivals, exposure }: LoadMeasure, busy: readonly boolean[]): readonly number[] => {
  const bins = busy.filter(Boolean).length;
  const each = bins === 0 ? 0 : sum(arrivals.filter((_, bin) => busy[bin])) / bins;
  const reach =
    each >= ENOUGH ? 0 : Math.min(WIDEST, each === 0 ? WIDEST : Math.ceil((ENOUGH / each - 1) / 2));
  return arrivals.map((_, bin) => {
    let count = 0;
    let seen = 0;
    for (let other = bin - reach; other <= bin + reach; other += 1) {
      const at = (other + WEEK_BINS) % WEEK_BINS;
      count += arrivals[at] ?? 0;
      seen += exposure[at] ?? 0;
    }
    return seen > 0 ? count / seen : 0;
  });
};

/** The load of an average week. */
export const weekLoad = (measure: LoadMeasure): WeekLoad => {
  const busy = busyBins(measure.arrivals);
  const arrivals = smoothRates(measure, busy);
  const weights = survival(measure);
  const reach = weights.findLastIndex((weight) => weight > 0) + 1;
  const load = arrivals.map((_, bin) => {
    let inUse = 0;
    for (let back = 0; back < reach; back += 1)
      inUse += (arrivals[(bin - back + WEEK_BINS) % WEEK_BINS] ?? 0) * (weights[back] ?? 0);
    return inUse;
  });
  return { arrivals, load, busy };
};

/** The load that 99 % of the opening hours stay below, erlang. */
export const peakLoad = ({ load, busy }: Pick<WeekLoad, 'load' | 'busy'>): number => {
  const open = load.filter((_, bin) => busy[bin]).toSorted((a, b) => a - b);
  return open[Math.min(open.length - 1, Math.ceil(open.length * 0.99) - 1)] ?? 0;
};

/** Share of a week's arrivals that are lost when each bin loses `lossAt(load)` of its own. */
export const weekLoss = (
  { arrivals, load }: Pick<WeekLoad, 'arrivals' | 'load'>,
  lossAt: (load: number) => number,
): number => {
  const all = sum(arrivals);
  if (all === 0) return 0;
  return (
    arrivals.reduce((lost, count, bin) => lost + (count > 0 ? count * lossAt(load[bin] ?? 0) : 0), 0) / all
  );
};
