import type { QualityReport, QualityWarning } from './contract.ts';
import { lossOf, type QualitySample } from './warnings.ts';

/** Five seconds of a call, as they are reported. */
export type ReportedSample = {
  /** End of the five seconds, milliseconds since the epoch. */
  readonly at: number;
  readonly rtt?: number;
  readonly jitter?: number;
  readonly loss?: number;
  readonly mos?: number;
  readonly warnings: readonly QualityWarning[];
};

export const SAMPLE_MS = 5000;
/** Apart from each other, those that are gathered. */
const GATHERED_MS = 2000;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Mean of what is known, as a field of its own, or no field. */
const mean = <N extends string>(name: N, values: readonly (number | undefined)[], digits: number) => {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return {};
  return { [name]: rounded(known.reduce((sum, one) => sum + one, 0) / known.length, digits) };
};

/** Puts the samples of 2 s that fell into five seconds into one. */
export const summarise = (
  samples: readonly QualitySample[],
  warnings: readonly QualityWarning[],
  at: number,
): ReportedSample => {
  const received = samples.reduce((sum, one) => sum + one.received, 0);
  const lost = samples.reduce((sum, one) => sum + one.lost, 0);
  return {
    at,
    ...mean(
      'rtt',
      samples.map(({ rttMs }) => rttMs),
      0,
    ),
    ...mean(
      'jitter',
      samples.map(({ jitterMs }) => jitterMs),
      1,
    ),
    ...mean('loss', [lossOf({ received, lost })], 2),
    ...mean(
      'mos',
      samples.map(({ mos }) => mos),
      2,
    ),
    warnings,
  };
};

/** Tells the gateway how the call sounds. */
export type Reporter = {
  add(sample: QualitySample, warnings: readonly QualityWarning[]): void;
  /** Sends what is there: at the end, and when the page is left. */
  flush(): void;
};

/** Half a minute at once; the gateway takes up to 24. */
const BATCH = 6;
const MOST = 24;

/** @param now milliseconds since the epoch */
export const createReporter = (
  { url, site }: QualityReport,
  press: string,
  now: () => number,
  post: (url: string, body: string) => void,
): Reporter => {
  let gathered: QualitySample[] = [];
  /** When the five seconds end. */
  let due: number | undefined;
  let waiting: ReportedSample[] = [];

  const close = (at: number, warnings: readonly QualityWarning[]): void => {
    if (gathered.length > 0) waiting = [...waiting, summarise(gathered, warnings, at)].slice(-MOST);
    gathered = [];
  };

  const send = (): void => {
    if (waiting.length === 0) return;
    const at = now();
    const samples = waiting.map(({ at: then, ...fields }) => ({ ago: Math.max(0, at - then), ...fields }));
    waiting = [];
    post(url, JSON.stringify({ site, press, samples }));
  };

  return {
    add: (sample, warnings) => {
      due ??= sample.at - GATHERED_MS + SAMPLE_MS;
      gathered.push(sample);
      // Two or three each, in turn: the one that is nearest to their end closes them.
      if (sample.at + GATHERED_MS / 2 < due) return;
      due = (sample.at - due > SAMPLE_MS ? sample.at : due) + SAMPLE_MS;
      close(sample.at, warnings);
      if (waiting.length >= BATCH) send();
    },
    flush: () => {
      const latest = gathered.at(-1);
      if (latest) close(latest.at, []);
      send();
    },
  };
};

/** Sends without waiting, also from a page that is being left; a text needs no preflight. */
export const postQuietly = (url: string, body: string): void => {
  void fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain' },
    keepalive: true,
    credentials: 'omit',
  }).catch(() => undefined);
};
