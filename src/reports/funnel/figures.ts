import { shareOf } from '../money.ts';
import { type Press, reachedStage, tookOtherWay, triedBrowser } from './press.ts';
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
export const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted.length === 0 ? null : (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);

const countOf = (presses: readonly Press[], test: (press: Press) => boolean): number => {
  let count = 0;
  for (const press of presses) if (test(press)) count += 1;
  return count;
};

const stagesOf = ({ viewers, pressed }: Sum): FunnelFigures['stages'] => {
  const reached = new Array<number>(STAGES).fill(0);
  const ended = new Array<number>(STAGES).fill(0);
  const furthest = new Map<string, number>();
  for (const press of pressed) {
    const at = FUNNEL_STAGES.indexOf(reachedStage(press));
    reached[at] = (reached[at] ?? 0) + 1;
    if (!tookOtherWay(press)) ended[at] = (ended[at] ?? 0) + 1;
    furthest.set(press.viewer, Math.max(furthest.get(press.viewer) ?? 0, at));
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

const ratingOf = (stars: readonly number[]): FunnelFigures['rating'] => ({
  count: stars.length,
  mean:
    stars.length === 0
      ? null
      : Math.round((stars.reduce((sum, each) => sum + each, 0) / stars.length) * 100) / 100,
});

/** Figures of a row. Pure. */
export const figuresOf = (sum: Sum): FunnelFigures => {
  const { views, viewers, pressed } = sum;
  const calls = pressed.flatMap((press) => press.calls.filter(({ way }) => way === 'browser'));
  const answered = calls.filter((call) => call.answered);
  const short = answered.filter(
    ({ ended, talkMs }) => ended && talkMs !== null && talkMs < SHORT_CALL_MS,
  ).length;
  const missed = calls.filter((call) => call.ended && !call.answered).length;
  const has = (type: Parameters<Press['events']['has']>[0]) =>
    countOf(pressed, (press) => press.events.has(type));
  const withCall = (way: 'callback' | 'dialler', isAnswered: boolean): number =>
    countOf(pressed, (press) =>
      press.calls.some((call) => call.way === way && (call.answered || !isAnswered)),
    );
  const qualified = pressed.filter((press) => press.calls.some((call) => call.qualified));
  const qualifiedViewers = new Set(qualified.map(({ viewer }) => viewer)).size;
  const tried = pressed.filter(triedBrowser);
  const waits = calls.flatMap(({ clickToRingMs }) => clickToRingMs ?? []).sort((a, b) => a - b);
  const clickers = new Set(pressed.map(({ viewer }) => viewer)).size;
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
    calls: { made: calls.length, answered: answered.length, missed, short },
    callbacks: { called: withCall('callback', false), answered: withCall('callback', true) },
    dialled: { called: withCall('dialler', false), answered: withCall('dialler', true) },
    qualified: qualified.length,
    qualifiedViewers,
    ctr: shareOf(clickers, viewers),
    connectRate: shareOf(
      countOf(tried, ({ calls: own }) => own.some(({ way, rang }) => way === 'browser' && rang)),
      tried.length,
    ),
    answerRate: shareOf(answered.length, answered.length + missed),
    conversion: shareOf(qualifiedViewers, viewers),
    shortShare: shareOf(short, answered.length),
    clickToRingMs: {
      count: waits.length,
      p50: percentile(waits, 0.5),
      p90: percentile(waits, 0.9),
      p95: percentile(waits, 0.95),
    },
    rating: ratingOf(pressed.flatMap((press) => press.calls.flatMap(({ rating }) => rating ?? []))),
  };
};
