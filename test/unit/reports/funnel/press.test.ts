import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf, newSum, percentile } from '../../../../src/reports/funnel/figures.ts';
import {
  eventsOf,
  PRESS_EVENTS,
  type Press,
  type PressCall,
  type PressEvent,
  reachedStage,
  tookOtherWay,
  triedBrowser,
} from '../../../../src/reports/funnel/press.ts';
import { FUNNEL_STAGES } from '../../../../src/reports/funnel/types.ts';

const press = (events: readonly PressEvent[], calls: readonly PressCall[] = [], viewer = 'v'): Press => ({
  viewer,
  events: eventsOf(...events),
  calls,
});

const CALL: PressCall = {
  way: 'browser',
  ended: true,
  rang: true,
  answered: false,
  qualified: false,
  talkMs: 0,
  clickToRingMs: null,
  rating: null,
};

const calls: fc.Arbitrary<PressCall> = fc
  .record({
    way: fc.constantFrom('browser', 'callback', 'dialler'),
    far: fc.integer({ min: 0, max: 3 }),
    talkMs: fc.integer({ min: 0, max: 90_000 }),
    clickToRingMs: fc.option(fc.integer({ min: 0, max: 9000 })),
    rating: fc.option(fc.integer({ min: 1, max: 5 })),
  })
  .map(({ far, ...call }) => ({
    ...call,
    ended: true,
    rang: far > 0,
    answered: far > 1,
    qualified: far > 2,
  }));

const presses: fc.Arbitrary<Press> = fc.record({
  viewer: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  events: fc.uniqueArray(fc.constantFrom(...PRESS_EVENTS)).map((events) => eventsOf(...events)),
  calls: fc.array(calls, { maxLength: 2 }),
});

describe('how far a press came', () => {
  it.each<[string, Press, string]>([
    ['a click where no sheet asks', press(['click']), 'confirm'],
    ['a sheet that was closed', press(['click', 'confirm_shown']), 'click'],
    ['a sheet that was confirmed', press(['click', 'confirm_shown', 'confirm_ok']), 'confirm'],
    ['a microphone that was denied', press(['click', 'mic_denied']), 'confirm'],
    ['the same with a token that came meanwhile', press(['click', 'mic_denied', 'token_ok']), 'confirm'],
    ['one that was denied first', press(['click', 'mic_denied', 'mic_granted']), 'microphone'],
    ['a token refused', press(['click', 'mic_granted', 'token_refused']), 'microphone'],
    ['a token', press(['click', 'mic_granted', 'token_ok']), 'token'],
    ['listening only', press(['click', 'mic_missing', 'token_ok', 'ice_ok']), 'ice'],
    ['a call that never rang', press(['click'], [{ ...CALL, rang: false }]), 'ice'],
    ['one without a way for sound', press(['click', 'ice_failed'], [{ ...CALL, rang: false }]), 'token'],
    ['a call that rang', press(['click'], [CALL]), 'ring'],
    ['an answered call', press(['click'], [{ ...CALL, answered: true }]), 'answer'],
    ['a qualified call', press(['click'], [{ ...CALL, answered: true, qualified: true }]), 'qualified'],
    [
      'a call back, however it went',
      press(['click'], [{ ...CALL, way: 'callback', answered: true }]),
      'confirm',
    ],
  ])('%s', (_name, given, stage) => {
    expect(reachedStage(given)).toBe(stage);
  });

  it('tells the ways apart', () => {
    expect(triedBrowser(press(['click', 'confirm_ok']))).toBe(false);
    expect(triedBrowser(press(['click', 'token_refused']))).toBe(true);
    expect(triedBrowser(press([], [CALL]))).toBe(true);
    expect(tookOtherWay(press(['click', 'mic_denied', 'tel_open']))).toBe(true);
    expect(tookOtherWay(press(['click', 'fallback_shown']))).toBe(false);
  });
});

describe('figures', () => {
  const made = fc.tuple(fc.array(presses, { maxLength: 30 }), fc.nat(20)).map(([pressed, onlookers]) => {
    const viewers = new Set(pressed.map(({ viewer }) => viewer)).size + onlookers;
    return { pressed, figures: figuresOf({ views: viewers, viewers, pressed }) };
  });

  it('never grow along the way', () => {
    fc.assert(
      fc.property(made, ({ figures: { stages } }) => {
        expect(stages.map(({ stage }) => stage)).toEqual(FUNNEL_STAGES);
        for (const [index, { viewers, presses: count, lost }] of stages.slice(1).entries()) {
          const before = stages[index];
          expect(viewers).toBeLessThanOrEqual(before?.viewers ?? 0);
          expect(viewers).toBeLessThanOrEqual(count ?? 0);
          if (index === 0) continue;
          // What is neither here nor lost took another way.
          expect((count ?? 0) + (lost ?? 0)).toBeLessThanOrEqual(before?.presses ?? 0);
        }
      }),
    );
  });

  it('lose nobody unseen', () => {
    fc.assert(
      fc.property(made, ({ pressed, figures: { stages, qualified } }) => {
        const ended = stages.at(-1)?.presses ?? 0;
        const lost = stages.reduce((sum, stage) => sum + (stage.lost ?? 0), 0);
        const elsewhere = pressed.filter(
          (each) => tookOtherWay(each) && reachedStage(each) !== 'qualified',
        ).length;
        expect(ended + lost + elsewhere).toBe(pressed.length);
        expect(qualified).toBeGreaterThanOrEqual(ended);
      }),
    );
  });

  it('have rates within their intervals', () => {
    fc.assert(
      fc.property(made, ({ figures: { ctr, connectRate, answerRate, conversion } }) => {
        for (const { value, low, high } of [ctr, connectRate, answerRate, conversion]) {
          if (value === null) continue;
          expect(low).toBeLessThanOrEqual(value);
          expect(high).toBeGreaterThanOrEqual(value);
          expect(high).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('of presses alone have no rate of viewers above one', () => {
    const pressed = [press(['click'], [], 'a'), press(['click'], [], 'a')];
    const { ctr, presses: count, stages } = figuresOf({ views: 0, viewers: 1, pressed });
    expect(count).toBe(2);
    expect(ctr.value).toBe(1);
    expect(stages[1]).toEqual({ stage: 'click', viewers: 1, presses: 2, lost: null });
  });

  it('of nothing are no rates at all', () => {
    const { ctr, answerRate, rating, clickToRingMs } = figuresOf(newSum());
    expect(ctr).toEqual({ value: null, low: null, high: null });
    expect(answerRate.value).toBeNull();
    expect(rating).toEqual({ count: 0, mean: null });
    expect(clickToRingMs.p50).toBeNull();
  });

  it('count short calls among those that were answered', () => {
    const short = { ...CALL, answered: true, talkMs: 9999, rating: 2, clickToRingMs: 300 };
    const long = { ...CALL, answered: true, talkMs: 10_000, rating: 5, clickToRingMs: 700 };
    const figures = figuresOf({
      views: 3,
      viewers: 1,
      pressed: [press(['click'], [short]), press(['click'], [long]), press(['click'], [CALL])],
    });
    expect(figures.calls).toEqual({ made: 3, answered: 2, missed: 1, short: 1 });
    expect(figures.shortShare.value).toBe(0.5);
    expect(figures.rating).toEqual({ count: 2, mean: 3.5 });
    expect(figures.clickToRingMs).toEqual({ count: 2, p50: 300, p90: 700, p95: 700 });
  });
});

describe('percentile', () => {
  it('is one of the values, with at least that share at or below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.95),
        (values, share) => {
          const sorted = [...values].sort((a, b) => a - b);
          const found = percentile(sorted, share) ?? Number.NaN;
          expect(sorted).toContain(found);
          expect(sorted.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            share * sorted.length,
          );
          expect(sorted.filter((value) => value < found).length).toBeLessThan(share * sorted.length);
        },
      ),
    );
  });
});
