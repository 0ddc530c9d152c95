import { UsageError } from '../../base/errors.ts';
import type { PoolPlan } from '../../config/index.ts';
import type { Millis, SqliteFile, Store } from '../../store/index.ts';
import { erlangB, numbersFor, reuseAccuracy, stealShare } from './erlang.ts';
import { meanLength, peakLoad, weekLoad, weekLoss } from './load.ts';
import { firstLeaseAt, joinMeasures, measurePool, type PoolMeasure } from './measure.ts';
import { poolFigures } from './status.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The profile is measured over so many days. */
export const MEASURED_DAYS = 28;
/** A month, days. */
const MONTH_DAYS = 30;
/** Less than this tells nothing. */
const FEWEST_VISITS = 50;
const SHORTEST_MS = DAY_MS;
const FEWEST_CALLS = 20;
/** A count within a tenth of what is there is no reason to buy or give back numbers. */
const HYSTERESIS = 0.1;
/** Mean visit, minutes, when nothing was measured. */
const USUAL_VISIT_MINUTES = 3.5;
export const DEFAULT_TARGET_LOSS = 0.01;

export type AdviceOptions = {
  /** Share of visits that may find every number in use, above 0 and at most 0.5. */
  readonly targetLoss: number;
  /** Visits that need a number of their own, in the busiest hour; takes the place of what was measured. */
  readonly visitsPerHour?: number | undefined;
  /** How long each keeps its number, the time after it included. */
  readonly minutes?: number | undefined;
};

/** How many numbers a pool needs, and why. */
export type Advice = {
  readonly pool: string;
  /** Numbers that it may lend now. */
  readonly numbers: number;
  readonly basis: 'measured' | 'given';
  /** Null: there is too little history. */
  readonly measured: {
    readonly from: Millis;
    readonly to: Millis;
    readonly visits: number;
    readonly calls: number;
    readonly stealRate: number;
    readonly refusalRate: number;
    /** Share of calls that came before their number went to another visit, by the mean time from page to call; null: too few calls. */
    readonly callsInTime: number | null;
  } | null;
  readonly meanMinutes: number;
  /** Load that 99 % of the opening hours stay below, erlang. */
  readonly load: number;
  readonly needed: readonly { readonly loss: number; readonly numbers: number }[];
  readonly target: { readonly loss: number; readonly numbers: number };
  readonly verdict: 'enough' | 'add' | 'spare';
  /** Erlang's loss over the week (measured) or at the given load: visits that would get no number if none were taken from others. */
  readonly loss: {
    readonly now: number;
    readonly withOneMore: number;
    /** Visits and calls a month that one more number saves; null: not known. */
    readonly visitsSaved: number | null;
    readonly callsSaved: number | null;
  };
  /** Share of the numbers lent that are taken from a visit that is away, as expected. */
  readonly steals: { readonly now: number; readonly withOneMore: number };
  /** All of it in sentences. */
  readonly text: readonly string[];
};

type Load = Pick<Advice, 'basis' | 'measured' | 'meanMinutes' | 'load'> & {
  /** Shares lost, and stolen, with so many numbers. */
  readonly loss: (numbers: number) => number;
  readonly steals: (numbers: number) => number;
  readonly visitsAMonth: number | null;
  readonly callsAMonth: number | null;
};

const measuredFacts = (measure: PoolMeasure, numbers: number, peakArrivals: number): Advice['measured'] => {
  const { opened, exhausted, matchedCalls } = measure;
  const visits = opened + exhausted;
  const delayMs = matchedCalls < FEWEST_CALLS ? null : measure.delayMs / matchedCalls;
  return {
    from: measure.from,
    to: measure.to,
    visits,
    calls: measure.calls,
    stealRate: opened === 0 ? 0 : measure.stolen / opened,
    refusalRate: visits === 0 ? 0 : exhausted / visits,
    callsInTime: delayMs === null ? null : reuseAccuracy(peakArrivals * delayMs, numbers),
  };
};

const measuredLoad = (measure: PoolMeasure, numbers: number): Load => {
  const week = weekLoad(measure);
  const meanMs = meanLength(measure);
  const load = peakLoad(week);
  const months = (measure.to - measure.from) / (MONTH_DAYS * DAY_MS);
  return {
    basis: 'measured',
    measured: measuredFacts(measure, numbers, meanMs === 0 ? 0 : load / meanMs),
    meanMinutes: meanMs / MINUTE_MS,
    load,
    loss: (n) => weekLoss(week, (erlang) => erlangB(erlang, n)),
    steals: (n) => weekLoss(week, (erlang) => stealShare(erlang, n)),
    visitsAMonth: (measure.opened + measure.exhausted) / months,
    callsAMonth: measure.calls / months,
  };
};

const givenLoad = (
  pool: Pick<PoolPlan, 'idleMinutes'>,
  visitsPerHour: number,
  minutes: number | undefined,
  measure: PoolMeasure | undefined,
  numbers: number,
): Load => {
  const measuredMinutes = measure && isEnough(measure) ? meanLength(measure) / MINUTE_MS : undefined;
  const meanMinutes = minutes ?? measuredMinutes ?? USUAL_VISIT_MINUTES + pool.idleMinutes;
  const load = (visitsPerHour / 60) * meanMinutes;
  return {
    basis: 'given',
    measured:
      measure && isEnough(measure) ? measuredFacts(measure, numbers, visitsPerHour / (60 * MINUTE_MS)) : null,
    meanMinutes,
    load,
    loss: (n) => erlangB(load, n),
    steals: (n) => stealShare(load, n),
    visitsAMonth: null,
    callsAMonth: null,
  };
};

const isEnough = ({ opened, exhausted, from, to }: PoolMeasure): boolean =>
  opened + exhausted >= FEWEST_VISITS && to - from >= SHORTEST_MS;

const percent = (share: number): string => {
  const value = share * 100;
  return `${value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : value.toPrecision(1)} %`;
};
const one = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const many = (value: number, word: string): string =>
  `${whole(value)} ${word}${Math.round(value) === 1 ? '' : 's'}`;

const verdictOf = (numbers: number, needed: number): Advice['verdict'] => {
  if (Math.abs(needed - numbers) <= numbers * HYSTERESIS) return 'enough';
  return needed > numbers ? 'add' : 'spare';
};

const loadText = ({ basis, measured, meanMinutes, load }: Load): string[] => {
  const days = measured ? Math.round((measured.to - measured.from) / DAY_MS) : 0;
  const kept = `each keeps it for ${one(meanMinutes)} min, the time after it included`;
  if (basis === 'given')
    return [`With the visits given, ${kept}: ${one(load)} numbers are in use at once in the busiest hour.`];
  return [
    `In ${many(days, 'day')}, ${many(measured?.visits ?? 0, 'visit')} needed a number of their own; ${kept}.`,
    `In the hours that hold 95 % of them, ${one(load)} numbers are in use at once (99th percentile).`,
  ];
};

const textOf = (advice: Omit<Advice, 'text'>, load: Load): readonly string[] => {
  const { numbers, needed, target, loss, steals, verdict, measured } = advice;
  const step = `with ${many(numbers, 'number')}, ${percent(loss.now)} of the visits find none for them; with ${numbers + 1}, ${percent(loss.withOneMore)}`;
  const saved =
    loss.visitsSaved === null
      ? ''
      : `: ${many(loss.visitsSaved, 'visit')} and ${one(loss.callsSaved ?? 0)} calls a month fewer`;
  const counsel = {
    enough: `The pool has ${many(numbers, 'number')}: that is enough for ${percent(target.loss)} (${target.numbers}, give or take a tenth).`,
    add: `The pool has ${many(numbers, 'number')}: for ${percent(target.loss)} it needs ${target.numbers}, ${target.numbers - numbers} more.`,
    spare: `The pool has ${many(numbers, 'number')}: for ${percent(target.loss)} it needs ${target.numbers}, so that ${numbers - target.numbers} could go.`,
  };
  return [
    ...loadText(load),
    `Numbers needed: ${needed.map((each) => `${each.numbers} for ${percent(each.loss)}`).join(', ')} of visits that find none free.`,
    counsel[verdict],
    ...(numbers > 0 ? [`One more buys this: ${step}${saved}.`] : []),
    `Nobody is turned away while a visit is away whose number can be taken: expect that of ${percent(steals.now)} of the numbers lent, with one more of ${percent(steals.withOneMore)}.`,
    ...(measured
      ? [
          `Measured: ${percent(measured.stealRate)} were taken so, and ${percent(measured.refusalRate)} of the visits got none.`,
        ]
      : []),
    ...(typeof measured?.callsInTime === 'number'
      ? [
          `Used in turn, ${percent(measured.callsInTime)} of the calls come before their number is shown to another visit.`,
        ]
      : []),
  ];
};

/**
 * Advice from a measure.
 *
 * @param numbers that the pool may lend now
 * @throws UsageError when nothing was measured to speak of and nothing is given
 */
export const adviceFrom = (
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  numbers: number,
  measure: PoolMeasure | undefined,
  options: AdviceOptions,
): Advice => {
  const { targetLoss, visitsPerHour, minutes } = options;
  const load = loadFor(pool, numbers, measure, visitsPerHour, minutes);
  const target = { loss: targetLoss, numbers: numbersFor(load.load, targetLoss) };
  const now = load.loss(numbers);
  const withOneMore = load.loss(numbers + 1);
  const advice = {
    pool: pool.id,
    numbers,
    basis: load.basis,
    measured: load.measured,
    meanMinutes: load.meanMinutes,
    load: load.load,
    needed: [0.05, 0.01, 0.001].map((loss) => ({ loss, numbers: numbersFor(load.load, loss) })),
    target,
    verdict: verdictOf(numbers, target.numbers),
    loss: {
      now,
      withOneMore,
      visitsSaved: load.visitsAMonth === null ? null : (now - withOneMore) * load.visitsAMonth,
      callsSaved: load.callsAMonth === null ? null : (now - withOneMore) * load.callsAMonth,
    },
    steals: { now: load.steals(numbers), withOneMore: load.steals(numbers + 1) },
  };
  return { ...advice, text: textOf(advice, load) };
};

const loadFor = (
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  numbers: number,
  measure: PoolMeasure | undefined,
  visitsPerHour: number | undefined,
  minutes: number | undefined,
): Load => {
  if (visitsPerHour !== undefined) return givenLoad(pool, visitsPerHour, minutes, measure, numbers);
  if (measure && isEnough(measure)) return measuredLoad(measure, numbers);
  const seen = measure ? measure.opened + measure.exhausted : 0;
  throw new UsageError(
    `Pool ${pool.id} has too little history (${many(seen, 'visit')}; at least ${FEWEST_VISITS} over a day): say how many visits come in the busiest hour (visits-per-hour) and how long each keeps its number (minutes)`,
  );
};

/** The days that are measured: whole ones up to now, the latest 28. */
const measuredDays = (
  first: Millis | undefined,
  at: Millis,
): readonly (readonly [from: Millis, to: Millis])[] => {
  if (first === undefined) return [];
  const from = Math.max(first, at - MEASURED_DAYS * DAY_MS);
  const days: (readonly [Millis, Millis])[] = [];
  for (let day = from; day < at; day += DAY_MS) days.push([day, Math.min(at, day + DAY_MS)]);
  return days;
};

/**
 * How many numbers a pool needs: Erlang's loss formula on the load of the last 28 days, or on what is given.
 *
 * @throws UsageError when there is too little history and nothing is given
 */
export const advise = (
  file: SqliteFile,
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  at: Millis,
  options: AdviceOptions,
): Advice => {
  const measure = measuredDays(firstLeaseAt(file, pool.id), at)
    .map(([from, to]) => measurePool(file, pool.id, from, to))
    .reduce<PoolMeasure | undefined>((all, day) => (all ? joinMeasures(all, day) : day), undefined);
  return adviceFrom(pool, poolFigures(file, pool, at).lendable, measure, options);
};

/** `advise`, a day at a time, for a gateway with calls up. */
export const adviseInSteps = async (
  store: Pick<Store, 'exclusively'>,
  pool: Pick<PoolPlan, 'id' | 'idleMinutes'>,
  at: Millis,
  options: AdviceOptions,
): Promise<Advice> => {
  const days = measuredDays(await store.exclusively((file) => firstLeaseAt(file, pool.id)), at);
  let measure: PoolMeasure | undefined;
  for (const [from, to] of days) {
    const day = await store.exclusively((file) => measurePool(file, pool.id, from, to));
    measure = measure ? joinMeasures(measure, day) : day;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const numbers = await store.exclusively((file) => poolFigures(file, pool, at).lendable);
  return adviceFrom(pool, numbers, measure, options);
};
