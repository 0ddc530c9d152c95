import type { ProgressTone } from '../playable.ts';
import { ringbackPeriod } from './ringback.ts';
import { renderTone, type Segment } from './tone.ts';

const on = (frequencies: readonly number[], seconds: number): Segment => ({ frequencies, seconds });

/** Level of single tones and of each of two (ITU-T E.180: -10 ± 5 dBm0 in all). */
const LEVEL = -13;

type Plan = { readonly dial: readonly number[]; readonly busy: readonly number[] } & {
  /** Seconds of tone and of silence; congestion beats faster where a plan knows it. */
  readonly busyCadence: readonly [on: number, off: number];
  readonly congestionCadence: readonly [on: number, off: number];
};

const plan = (
  dial: readonly number[],
  busy: readonly number[],
  busyCadence: Plan['busyCadence'],
  congestionCadence: Plan['congestionCadence'],
): Plan => ({ dial, busy, busyCadence, congestionCadence });

/** ITU-T E.180: 425 Hz throughout. */
const DEFAULT = plan([425], [425], [0.5, 0.5], [0.25, 0.25]);
const NORTH_AMERICA = plan([350, 440], [480, 620], [0.5, 0.5], [0.25, 0.25]);

/** National tones: ITU-T E-series supplement 2. */
const PLANS: ReadonlyMap<string, Plan> = new Map([
  ['US', NORTH_AMERICA],
  ['CA', NORTH_AMERICA],
  ['GB', plan([350, 440], [400], [0.375, 0.375], [0.4, 0.35])],
  ['CN', plan([450], [450], [0.35, 0.35], [0.7, 0.7])],
  ['HK', plan([350, 440], [480, 620], [0.5, 0.5], [0.25, 0.25])],
  ['DE', plan([425], [425], [0.48, 0.48], [0.24, 0.24])],
  ['FR', plan([440], [440], [0.5, 0.5], [0.25, 0.25])],
  ['ES', plan([425], [425], [0.2, 0.2], [0.2, 0.2])],
  ['JP', plan([400], [400], [0.5, 0.5], [0.25, 0.25])],
  ['KR', plan([350, 440], [480, 620], [0.5, 0.5], [0.25, 0.25])],
]);

/** A dial tone has no cadence: whole periods of all of its frequencies. */
const DIAL_SECONDS = 1;

const render = (tone: Exclude<ProgressTone, 'ringback'>, region: string | undefined): Int16Array => {
  const { dial, busy, busyCadence, congestionCadence } = PLANS.get(region ?? '') ?? DEFAULT;
  if (tone === 'dial') return renderTone([on(dial, DIAL_SECONDS)], LEVEL, false);
  const [sounds, rests] = tone === 'busy' ? busyCadence : congestionCadence;
  return renderTone([on(busy, sounds), on([], rests)], LEVEL);
};

const rendered = new Map<string, Int16Array>();

/**
 * One period of a call-progress tone, to be repeated; made once and shared, so not to be written to.
 *
 * @param region ISO 3166-1 alpha-2; the ITU's 425 Hz when unknown or missing
 */
export const progressPeriod = (tone: ProgressTone, region?: string): Int16Array => {
  if (tone === 'ringback') return ringbackPeriod(region);
  const known = region?.toUpperCase();
  const key = `${tone} ${known !== undefined && PLANS.has(known) ? known : ''}`;
  const period = rendered.get(key) ?? render(tone, known);
  rendered.set(key, period);
  return period;
};
