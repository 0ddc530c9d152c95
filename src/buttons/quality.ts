import { errorMessage } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { isBusy, type LegExperienceTable, type SqliteFile, type Store } from '../store/index.ts';
import type { ReportedSample } from './pages-types.ts';
import { preparedOnce } from './prepared.ts';

/** Samples of one call: four hours of them, one each 5 s. */
const PER_CALL = 2880;
const FLUSH_EVERY_MS = 10_000;
/** How long after its last word a call that never came to be is remembered. */
const FORGOTTEN_AFTER_MS = 600_000;
/** A call's record is complete at once after its end, unless a command holds the database. */
const LEFT_AFTER_MS = 5 * 3_600_000;
const AGO_MS = 600_000;

type Sample = Omit<LegExperienceTable, 'leg_id'>;
type Heard = {
  readonly siteId: string;
  samples: Sample[];
  /** Samples that came, those that are written already among them. */
  taken: number;
  at: number;
};

export type QualityBook = {
  /** A press whose call was let in: reports of it are taken. */
  open(pressId: string, siteId: string): void;
  /** Takes a report; one of a press that is not known is dropped. */
  take(pressId: string, siteId: string, samples: readonly ReportedSample[]): void;
  /** Writes what belongs to calls whose records are complete. */
  flush(): Promise<void>;
  /** Writes what can be written. */
  stop(): Promise<void>;
};

type CallOfPress = { readonly leg_id: string | null; readonly ended_at: number | null };

const statementsOf = preparedOnce((file) => ({
  call: file.prepare<[press: string], CallOfPress>(
    `SELECT leg.id AS leg_id, call.ended_at FROM web_call
      JOIN call ON call.id = web_call.call_id
      LEFT JOIN leg ON leg.call_id = call.id AND leg.role = 'A'
      WHERE web_call.press_id = ? AND web_call.kind = 'browser' ORDER BY call.started_at DESC LIMIT 1`,
  ),
  add: file.prepare<[LegExperienceTable]>(
    `INSERT OR IGNORE INTO leg_experience (leg_id, at, rtt_ms, jitter_ms, loss_percent, mos, warnings)
      VALUES (@leg_id, @at, @rtt_ms, @jitter_ms, @loss_percent, @mos, @warnings)`,
  ),
}));

const within = (value: number | undefined, least: number, most: number): number | null =>
  value === undefined ? null : Math.round(Math.min(most, Math.max(least, value)) * 100) / 100;

const sampleOf = ({ ago, rtt, jitter, loss, mos, warnings }: ReportedSample, at: number): Sample => ({
  at: Math.round(at - Math.min(AGO_MS, Math.max(0, ago))),
  rtt_ms: within(rtt, 0, 60_000),
  jitter_ms: within(jitter, 0, 60_000),
  loss_percent: within(loss, 0, 100),
  mos: within(mos, 1, 4.5),
  warnings: JSON.stringify([...new Set(warnings)]),
});

/**
 * What browsers hear, kept until the record of their call is complete: its legs are written at its end. Whoever knows a press
 * may tell of it: its id is a secret of the page's.
 */
export const createQualityBook = (
  { exclusively }: Pick<Store, 'exclusively'>,
  logger: Pick<Logger, 'error'>,
  now: () => number,
): QualityBook => {
  const heard = new Map<string, Heard>();

  const write = (file: SqliteFile): void => {
    const { call, add } = statementsOf(file);
    const at = now();
    for (const [press, book] of heard) {
      const found = call.get(press);
      const legId = found?.leg_id;
      if (legId) {
        for (const sample of book.samples) add.run({ leg_id: legId, ...sample });
        book.samples = [];
      }
      // A page goes on to tell for a moment after the end.
      const over = found === undefined || found.ended_at !== null;
      if (at - book.at > (over ? FORGOTTEN_AFTER_MS : LEFT_AFTER_MS)) heard.delete(press);
    }
  };

  const flush = async (): Promise<void> => {
    if (heard.size === 0) return;
    try {
      await exclusively((file) => file.transaction(write).immediate(file));
    } catch (error) {
      if (!isBusy(error)) logger.error({ error: errorMessage(error) }, 'quality of calls not written');
    }
  };

  const timer = setInterval(() => void flush(), FLUSH_EVERY_MS).unref();

  return {
    open: (pressId, siteId) => {
      if (!heard.has(pressId)) heard.set(pressId, { siteId, samples: [], taken: 0, at: now() });
    },
    take: (pressId, siteId, samples) => {
      const book = heard.get(pressId);
      if (book?.siteId !== siteId) return;
      const at = now();
      book.at = at;
      const kept = samples.slice(0, PER_CALL - book.taken);
      book.taken += kept.length;
      book.samples.push(...kept.map((sample) => sampleOf(sample, at)));
    },
    flush,
    stop: async () => {
      clearInterval(timer);
      await flush();
    },
  };
};
