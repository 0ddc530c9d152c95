import { shareOf } from '../money.ts';
import {
  eventsOf,
  type Press,
  type PressCall,
  type PressEvent,
  reachedStage,
  tookOtherWay,
  triedBrowser,
} from './press.ts';
import { FUNNEL_STAGES, type FunnelFigures, SHORT_CALL_MS } from './types.ts';

const STAGES = FUNNEL_STAGES.length;

/** A row while it is put together. */
export type Sum = {
  views: number;
  /** Visitors that saw a button, or pressed it. */
  viewers: number;
  readonly pressed: Press[];
};

export const newSum = (): Sum => ({ views: 0, viewers: 0, pressed: [] });

/**
 * The value below which a share of them lies, by the nearest rank.
 *
 * @param sorted ascending
 * @param share 0 to 1
 */
export const percentile = (sorted: ArrayLike<number>, share: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);

const ratingOf = (stars: readonly number[]): FunnelFigures['rating'] => ({
  count: stars.length,
  mean:
    stars.length === 0
      ? null
      : Math.round((stars.reduce((sum, each) => sum + each, 0) / stars.length) * 100) / 100,
});

const STAGE_AT = new Map(FUNNEL_STAGES.map((stage, index) => [stage, index]));

/** How far presses and their viewers got. */
const stagesOf = ({ viewers, pressed }: Sum): FunnelFigures['stages'] => {
  const reached = new Array<number>(STAGES).fill(0);
  const ended = new Array<number>(STAGES).fill(0);
  const furthest = new Map<Press['viewer'], number>();
  for (const press of pressed) {
    const at = STAGE_AT.get(reachedStage(press)) ?? 0;
    reached[at] = (reached[at] ?? 0) + 1;
    if (!tookOtherWay(press)) ended[at] = (ended[at] ?? 0) + 1;
    const before = furthest.get(press.viewer);
    if (before === undefined || before < at) furthest.set(press.viewer, at);
  }
  const visitors = new Array<number>(STAGES).fill(0);
  for (const at of furthest.values()) visitors[at] = (visitors[at] ?? 0) + 1;
  const from = (counts: readonly number[], index: number): number =>
    counts.slice(index).reduce((sum, count) => sum + count, 0);
  return FUNNEL_STAGES.map((stage, index) => ({
    stage,
    viewers: index === 0 ? viewers : from(visitors, index),
    presses: index === 0 ? null : from(reached, index),
    lost: index < 2 ? null : (ended[index - 1] ?? 0),
  }));
};

/** What came of the calls of presses. */
const callsOf = (pressed: readonly Press[]) => {
  const browser = { made: 0, answered: 0, missed: 0, short: 0 };
  const callbacks = { called: 0, answered: 0 };
  const dialled = { called: 0, answered: 0 };
  const waits: number[] = [];
  const stars: number[] = [];
  const addBrowser = ({ answered, ended, talkMs, clickToRingMs }: PressCall): void => {
    browser.made += 1;
    if (answered) browser.answered += 1;
    else if (ended) browser.missed += 1;
    if (answered && ended && talkMs !== null && talkMs < SHORT_CALL_MS) browser.short += 1;
    if (clickToRingMs !== null) waits.push(clickToRingMs);
  };
  /** Presses count once, however often they were called. */
  const addOther = (sum: typeof dialled, calls: readonly PressCall[], wanted: PressCall['way']): void => {
    const own = calls.filter(({ way }) => way === wanted);
    if (own.length > 0) sum.called += 1;
    if (own.some(({ answered }) => answered)) sum.answered += 1;
  };
  for (const { calls } of pressed) {
    if (calls.length === 0) continue;
    addOther(callbacks, calls, 'callback');
    addOther(dialled, calls, 'dialler');
    for (const call of calls) {
      if (call.way === 'browser') addBrowser(call);
      if (call.rating !== null) stars.push(call.rating);
    }
  }
  return { browser, callbacks, dialled, waits, stars };
};

const waitOf = (waits: readonly number[]): FunnelFigures['clickToRingMs'] => {
  const sorted = Float64Array.from(waits).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p90: percentile(sorted, 0.9),
    p95: percentile(sorted, 0.95),
  };
};

/** Tells how many presses an event happened in. */
const counted = (pressed: readonly Press[]): ((type: PressEvent) => number) => {
  const byEvents = new Map<number, number>();
  for (const { events } of pressed) byEvents.set(events, (byEvents.get(events) ?? 0) + 1);
  return (type) => {
    let sum = 0;
    for (const [events, count] of byEvents) if ((events & eventsOf(type)) !== 0) sum += count;
    return sum;
  };
};

const viewersOf = (pressed: readonly Press[]): number => new Set(pressed.map(({ viewer }) => viewer)).size;

/** Figures of a row. Pure. */
export const figuresOf = (sum: Sum): FunnelFigures => {
  const { views, viewers, pressed } = sum;
  const { browser: calls, callbacks, dialled, waits, stars } = callsOf(pressed);
  const has = counted(pressed);
  const qualified = pressed.filter((press) => press.calls.some((call) => call.qualified));
  const qualifiedViewers = viewersOf(qualified);
  const tried = pressed.filter(triedBrowser);
  const rang = tried.filter((press) => press.calls.some((call) => call.way === 'browser' && call.rang));
  return {
    views,
    viewers,
    presses: pressed.length,
    stages: stagesOf(sum),
    ways: {
      browser: tried.length,
      dialler: has('tel_open'),
      fallback: has('fallback_shown'),
      callback: has('callback_asked'),
    },
    problems: {
      microphoneDenied: has('mic_denied'),
      microphoneMissing: has('mic_missing'),
      microphoneBusy: has('mic_busy'),
      tokenRefused: has('token_refused'),
      iceFailed: has('ice_failed'),
    },
    calls,
    callbacks,
    dialled,
    qualified: qualified.length,
    qualifiedViewers,
    ctr: shareOf(viewersOf(pressed), viewers),
    connectRate: shareOf(rang.length, tried.length),
    answerRate: shareOf(calls.answered, calls.answered + calls.missed),
    conversion: shareOf(qualifiedViewers, viewers),
    shortShare: shareOf(calls.short, calls.answered),
    clickToRingMs: waitOf(waits),
    rating: ratingOf(stars),
  };
};
