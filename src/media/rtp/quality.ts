import { mosFrom } from '../mos.ts';
import type { QualitySample } from '../types.ts';
import type { Reception } from './statistics.ts';

/** The least packets that make an interval worth judging: half a second's. */
const FEWEST_PACKETS = 25;
/** A day of them, 5 s each. */
const MOST_SAMPLES = 17_280;

/** The listening quality of what a leg's peer sends, judged interval by interval. */
export type Quality = {
  /**
   * Ends an interval; one with hardly any packet (a hold, a pause) is judged with the next.
   * @param at milliseconds since the epoch
   */
  judge(reception: Reception, rttMs: number | undefined, at: number): void;
  /** Average over the intervals, weighted by their packets; 1.0 to 4.5. */
  readonly average: number | undefined;
  readonly minimum: number | undefined;
  /** The last 24 hours' intervals, in order. */
  readonly samples: readonly QualitySample[];
};

export const createQuality = (): Quality => {
  let expectedBefore = 0;
  let receivedBefore = 0;
  let weights = 0;
  let sum = 0;
  let minimum: number | undefined;
  const samples: QualitySample[] = [];

  return {
    judge(reception, rttMs, at) {
      const expected = reception.expected - expectedBefore;
      const received = reception.received - receivedBefore;
      // A call of a few packets is judged all the same, at its end.
      if (expected <= 0 || (expected < FEWEST_PACKETS && minimum !== undefined)) return;
      expectedBefore = reception.expected;
      receivedBefore = reception.received;
      const lossPercent = Math.max(0, (100 * (expected - received)) / expected);
      const jitterMs = reception.jitterMs;
      const mos = mosFrom(rttMs === undefined ? { lossPercent, jitterMs } : { lossPercent, jitterMs, rttMs });
      weights += expected;
      sum += mos * expected;
      minimum = minimum === undefined ? mos : Math.min(minimum, mos);
      samples.push({ at, rttMs, jitterMs, lossPercent, mos });
      if (samples.length > MOST_SAMPLES) samples.shift();
    },
    get average() {
      return weights === 0 ? undefined : sum / weights;
    },
    get minimum() {
      return minimum;
    },
    samples,
  };
};
