import type { CallTable, SqliteFile } from '../../store/index.ts';
import { type FitCall, fitCall, fitDelayLaw, type Watched } from './fit.ts';
import { DAY_MS, DEFAULT_LAW, type DelayLaw, type NumberKind } from './law.ts';
import { kindOf, readScene } from './scene.ts';
import { readSites } from './sites.ts';
import { fitVisitLength, type VisitLength } from './visit-length.ts';

/** A site's new law, or why it has none. */
export type SiteFit = {
  readonly siteId: string;
  /** Calls that it rests on. */
  readonly calls: number;
  /** Undefined: too few, the defaults hold. */
  readonly law: DelayLaw | undefined;
  /** Steps that the fit took. */
  readonly steps: number;
};

/** With fewer calls a site keeps the defaults. */
export const LEAST_CALLS = 30;
const MOST_CALLS = 500;
const PERIOD_MS = 90 * DAY_MS;
/** Looked at one by one; earlier ones are counted in steps of 6 h. */
const NEAREST = 30;
const MOST_VISITS = 5000;

type FitRow = Pick<
  CallTable,
  'started_at' | 'caller_hmac' | 'caller_region' | 'match_method' | 'visit_id'
> & { readonly did: string };

/** Numbers that a site's visits were shown in the period. */
const numbersOf = (
  file: SqliteFile,
  siteId: string,
  from: number,
  at: number,
): ReadonlyMap<string, number> => {
  const rows = file
    .prepare<[string, number, number], { number: string; visits: number }>(
      `SELECT s.number, count(*) AS visits FROM visit v JOIN shown s ON s.visit_id = v.id
        WHERE v.site_id = ? AND v.started_at > ? AND v.started_at <= ? AND v.bot IS NULL GROUP BY s.number`,
    )
    .all(siteId, from, at);
  return new Map(rows.map(({ number, visits }) => [number, visits]));
};

/** Visits so long before the first call may have brought calls that are looked at; of earlier ones hardly any come. */
const LOOK_BACK_MS = 10 * DAY_MS;
const STEP_MS = DAY_MS / 4;

/** Visits that were shown these numbers, and which part of their calls falls between `since` and `at`. */
const watchedVisits = (
  file: SqliteFile,
  siteId: string,
  numbers: readonly string[],
  { since, at }: { readonly since: number; readonly at: number },
): readonly Watched[] =>
  file
    .prepare<[number, number, string, string, number, number], { step: number; count: number }>(
      `SELECT CAST((? - s.shown_at) / ? AS INTEGER) AS step, count(*) AS count
        FROM visit v JOIN shown s ON s.visit_id = v.id
        WHERE v.site_id = ? AND s.number IN (SELECT value FROM json_each(?)) AND s.shown_at > ? AND s.shown_at <= ?
          AND v.bot IS NULL GROUP BY step`,
    )
    .all(at, STEP_MS, siteId, JSON.stringify(numbers), since - LOOK_BACK_MS, at)
    .map(({ step, count }) => {
      const ageMs = (step + 0.5) * STEP_MS;
      return { count, fromMs: Math.max(0, ageMs - (at - since)), toMs: ageMs };
    });

/** The latest calls on these numbers, tests and refused ones left out. */
const callsOn = (file: SqliteFile, numbers: readonly string[], from: number, at: number): readonly FitRow[] =>
  file
    .prepare<[string, number, number, number], FitRow>(
      `SELECT started_at, did, caller_hmac, caller_region, match_method, visit_id FROM call
        WHERE did IN (SELECT value FROM json_each(?)) AND started_at > ? AND started_at <= ?
          AND direction = 'inbound' AND is_test = 0 AND status <> 'blocked'
        ORDER BY started_at DESC LIMIT ?`,
    )
    .all(JSON.stringify(numbers), from, at, MOST_CALLS);

const visitLengthOf = (file: SqliteFile, siteId: string, at: number, heartbeatMs: number): VisitLength => {
  const rows = file
    .prepare<[number, string, number, number], { length: number }>(
      `SELECT coalesce(hidden_at, last_seen_at + ?) - started_at AS length FROM visit
        WHERE site_id = ? AND started_at <= ? AND bot IS NULL ORDER BY started_at DESC LIMIT ?`,
    )
    .all(heartbeatMs / 2, siteId, at - DAY_MS / 24, MOST_VISITS);
  return fitVisitLength(
    rows.map(({ length }) => length),
    DEFAULT_LAW.visit,
  );
};

const CERTAIN: readonly string[] = ['token', 'code', 'tel_tap'];

/** Undefined: nothing to learn delays from, such as a caller who calls again. */
const toFitCall = (file: SqliteFile, row: FitRow, heartbeatMs: number): FitCall | undefined => {
  const scene = readScene(
    file,
    { did: row.did, at: row.started_at, callerHmac: row.caller_hmac, callerRegion: row.caller_region },
    { heartbeatMs: () => heartbeatMs, nearest: NEAREST },
  );
  if (scene.earlier !== null || (scene.suspects.length === 0 && scene.crowds.length === 0)) return undefined;
  const made = CERTAIN.includes(row.match_method)
    ? scene.suspects.find(({ visitId }) => visitId === row.visit_id)
    : undefined;
  return fitCall(scene, made);
};

/** A number may serve several sites: it counts for the one whose visits were shown it most. */
const ownNumbers = (
  shown: ReadonlyMap<string, ReadonlyMap<string, number>>,
  siteId: string,
): readonly string[] => {
  const most = (number: string): number =>
    Math.max(...[...shown.values()].map((visits) => visits.get(number) ?? 0));
  return [...(shown.get(siteId) ?? [])]
    .filter(([number, visits]) => visits === most(number))
    .map(([number]) => number);
};

type Survey = {
  /** By site, how many visits were shown a number. */
  readonly shown: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly from: number;
  readonly at: number;
};

const fitSite = (
  file: SqliteFile,
  siteId: string,
  heartbeatMs: number,
  { shown, from, at }: Survey,
): SiteFit => {
  const numbers = ownNumbers(shown, siteId);
  const rows = callsOn(file, numbers, from, at);
  const calls = rows.map((row) => toFitCall(file, row, heartbeatMs)).filter((call) => call !== undefined);
  if (calls.length < LEAST_CALLS) return { siteId, calls: calls.length, law: undefined, steps: 0 };
  // A site that is younger than the period, or has more calls than are looked at, is measured from the first of these.
  const since = rows.at(-1)?.started_at ?? from;
  const visits = watchedVisits(file, siteId, numbers, { since, at });
  const days = (kind: NumberKind): number =>
    (numbers.filter((number) => kindOf(file, number) === kind).length * (at - since)) / DAY_MS;
  const prior: DelayLaw = { ...DEFAULT_LAW, visit: visitLengthOf(file, siteId, at, heartbeatMs) };
  const { law, trace } = fitDelayLaw(
    calls,
    { visits, numberDays: { pool: days('pool'), source: days('source') } },
    prior,
  );
  return { siteId, calls: calls.length, law, steps: trace.length - 1 };
};

/**
 * Fits the delay law of each site, or of one, to its calls of the last 90 days, the latest 500 of them. Reads only, and takes its
 * time: a connection of its own in a thread of its own is the place for it where calls are up.
 */
export const fitSites = (
  file: SqliteFile,
  at: number,
  { siteId }: { readonly siteId?: string | undefined } = {},
): readonly SiteFit[] => {
  const from = at - PERIOD_MS;
  const { ids, heartbeatMs } = readSites(file);
  const shown = new Map(ids.map((id) => [id, numbersOf(file, id, from, at)]));
  return ids
    .filter((id) => siteId === undefined || id === siteId)
    .map((id) => fitSite(file, id, heartbeatMs(id), { shown, from, at }));
};

/** Puts laws in force: calls from `at` on are matched by them. All or none. */
export const writeLaws = (file: SqliteFile, fits: readonly SiteFit[], at: number): void => {
  const insert = file.prepare<[string, number, number, string]>(
    'INSERT OR REPLACE INTO delay_law (site_id, fitted_at, calls, law) VALUES (?, ?, ?, ?)',
  );
  file
    .transaction(() => {
      for (const { siteId, calls, law } of fits) {
        if (law) insert.run(siteId, Math.round(at), calls, JSON.stringify(law));
      }
    })
    .immediate();
};

/** `fitSites` and `writeLaws` at once. Meant for once a day. */
export const refitDelayLaws = (
  file: SqliteFile,
  at: number,
  options: { readonly siteId?: string | undefined } = {},
): readonly SiteFit[] => {
  const fits = fitSites(file, at, options);
  writeLaws(file, fits, at);
  return fits;
};
