import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mosOf } from '../../../../src/web/call/e-model.ts';
import { PATH_FINE, type PathLimits, type PathWatch, watchPath } from '../../../../src/web/call/path.ts';
import { outwardOf, readingOf } from '../../../../src/web/call/stats.ts';

describe('the estimate of what a call sounds like', () => {
  it('is as G.107 has it at known points', () => {
    expect(mosOf(0, 0, 0)).toBeCloseTo(4.39, 2);
    expect(mosOf(2, 5, 60)).toBeCloseTo(4.19, 1);
    expect(mosOf(100, 500, 5000)).toBe(1);
  });

  it('stays between 1 and 4.5 and never gets better by loss, jitter or delay', () => {
    const loss = fc.double({ min: 0, max: 100, noNaN: true });
    const ms = fc.double({ min: 0, max: 3000, noNaN: true });
    fc.assert(
      fc.property(loss, ms, ms, loss, ms, ms, (l, j, r, moreLoss, moreJitter, moreRtt) => {
        const mos = mosOf(l, j, r);
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
        expect(mosOf(Math.min(100, l + moreLoss), j + moreJitter, r + moreRtt)).toBeLessThanOrEqual(
          mos + 1e-9,
        );
      }),
    );
  });
});

describe('the statistics of a browser', () => {
  it('are read from the pair in use', () => {
    const stats = [
      { type: 'inbound-rtp', packetsReceived: 50, packetsLost: -1, jitter: 0.004 },
      { type: 'transport', selectedCandidatePairId: 'b' },
      { type: 'candidate-pair', id: 'a', nominated: true, currentRoundTripTime: 9 },
      { type: 'candidate-pair', id: 'b', currentRoundTripTime: 0.025 },
      { type: 'media-source', audioLevel: 0.5 },
    ];
    expect(readingOf(stats, 7)).toEqual({
      at: 7,
      received: 50,
      lost: -1,
      jitterMs: 4,
      rttMs: 25,
      microphone: 0.5,
    });
    expect(readingOf([...stats, { type: 'remote-inbound-rtp', roundTripTime: 0.04 }], 7).rttMs).toBe(40);
    expect(readingOf([], 7)).toMatchObject({ received: 0, rttMs: undefined, microphone: undefined });
  });

  it('say in which codec is spoken, and what the other side misses of it', () => {
    const stats = [
      { type: 'codec', id: 'c1', mimeType: 'audio/PCMU' },
      { type: 'codec', id: 'c2', mimeType: 'audio/Opus' },
      { type: 'outbound-rtp', kind: 'audio', codecId: 'c2' },
    ];
    expect(outwardOf(stats)).toEqual({ codec: 'audio/opus', lossPercent: undefined });
    expect(outwardOf([...stats, { type: 'remote-inbound-rtp', fractionLost: 0.07 }]).lossPercent).toBeCloseTo(
      7,
    );
    expect(outwardOf([])).toEqual({ codec: undefined, lossPercent: undefined });
  });
});

/** Looks every second at a path that is in `state`, from `from` on. */
const look = (
  seconds: number,
  state: string,
  reachable: (second: number) => boolean = () => true,
  limits?: PathLimits,
): { readonly second: number; readonly action: string; readonly lost: boolean }[] => {
  let watch: PathWatch = PATH_FINE;
  return Array.from({ length: seconds }, (_, second) => {
    const step = watchPath(watch, state, reachable(second), second * 1000, limits);
    watch = step.watch;
    return { second, action: step.action, lost: step.lost };
  });
};

const when = (steps: ReturnType<typeof look>, action: string): number[] =>
  steps.filter((step) => step.action === action).map(({ second }) => second);

describe('a broken audio path', () => {
  it('is restarted after 3 s, again every 5 s, and given up after 15', () => {
    const steps = look(17, 'disconnected');
    expect(when(steps, 'restart')).toEqual([3, 8, 13]);
    expect(when(steps, 'give-up')[0]).toBe(15);
    expect(steps[2]?.lost).toBe(false);
    expect(steps[3]?.lost).toBe(true);
  });

  it('is mended sooner, and given up later, where less is borne', () => {
    const limits = { disconnected: 2000, giveUp: 20_000, giveUpAnyway: 20_000 };
    const steps = look(21, 'disconnected', () => true, limits);
    expect(when(steps, 'restart')).toEqual([2, 7, 12, 17]);
    expect(when(steps, 'give-up')).toEqual([20]);
  });

  it('is restarted at once when it failed', () => {
    expect(when(look(7, 'failed'), 'restart')).toEqual([0, 5]);
  });

  it('waits for the gateway to be reachable, but not for ever', () => {
    const back = look(30, 'failed', (second) => second >= 10);
    expect(when(back, 'restart')[0]).toBe(10);
    expect(when(back, 'give-up')[0]).toBe(24);
    expect(
      when(
        look(50, 'failed', () => false),
        'give-up',
      )[0],
    ).toBe(40);
  });

  it('is forgotten when it is mended', () => {
    const broken = watchPath({ ...PATH_FINE, downSince: 1, restartedAt: 2 }, 'connected', true, 9000);
    expect(broken).toEqual({ watch: PATH_FINE, action: 'none', lost: false });
  });
});
