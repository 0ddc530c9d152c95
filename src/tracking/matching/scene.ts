import type { LeaseTable, SqliteFile, VisitTable } from '../../store/index.ts';
import { DAY_MS, type NumberKind, WINDOW_MS } from './law.ts';
import { type Crowd, type EarlierCall, type Scene, type Suspect, TAP_MEMORY_MS } from './posterior.ts';
import type { Heartbeats } from './sites.ts';
import { type Statements, statementsOf } from './statements.ts';

/** A call as the matching sees it. */
export type IncomingCall = {
  /** E.164 of the dialled number. */
  readonly did: string;
  /** When it came, ms. */
  readonly at: number;
  /** Null: anonymous. */
  readonly callerHmac: string | null;
  /** ISO 3166, of the caller's number. */
  readonly callerRegion: string | null;
};

export type SceneOptions = {
  readonly heartbeatMs: Heartbeats;
  /** How many visits are looked at one by one. */
  readonly nearest: number;
};

/** Older visits are counted by their age, up to so many days. */
const CROWD_AGES = [0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 18, 30].map((days) => days * DAY_MS);

/** A page that missed two beats and a half is out of view. */
const MISSED_BEATS = 2.5;

type SuspectRow = Pick<
  VisitTable,
  'visitor_id' | 'site_id' | 'last_seen_at' | 'hidden_at' | 'device' | 'region' | 'source' | 'medium'
> & {
  readonly visit_id: string;
  readonly shown_at: number;
  readonly lease_id: string | null;
} & { readonly [K in 'opened_at' | 'closed_at' | 'expires_at']: LeaseTable[K] | null };

/** When the visit is over as far as is known by now, whatever the time of the call. */
const finalEnd = ({ last_seen_at, hidden_at }: SuspectRow, heartbeatMs: number): number =>
  // The last beat of a page that never said good-bye: it stayed for half a beat more, on average.
  hidden_at ?? last_seen_at + heartbeatMs / 2;

/** When the visit was over at `at`; null when it was in view. */
const endAt = (row: SuspectRow, heartbeatMs: number, at: number): number | null => {
  const { last_seen_at, hidden_at } = row;
  if (last_seen_at > at) return null;
  if (hidden_at !== null) return hidden_at <= at ? hidden_at : null;
  return at - last_seen_at <= MISSED_BEATS * heartbeatMs ? null : finalEnd(row, heartbeatMs);
};

/** The earlier of two ends. Null: none. */
const earlier = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

const toSuspect = (
  row: SuspectRow,
  clicks: { readonly tapMs: number | null; readonly copyMs: number | null },
  linked: ReadonlySet<string>,
  heartbeatMs: number,
  at: number,
): Suspect => {
  const { closed_at, opened_at, expires_at, shown_at } = row;
  // A visit shows its number no longer than it holds it.
  const lost = closed_at !== null && closed_at <= at ? closed_at : null;
  const endedAt = earlier(endAt(row, heartbeatMs, at), lost);
  const overAt = Math.min(finalEnd(row, heartbeatMs), closed_at ?? Number.POSITIVE_INFINITY);
  return {
    visitId: row.visit_id,
    visitorId: row.visitor_id,
    siteId: row.site_id,
    source: `${row.source} / ${row.medium}`,
    shownAt: shown_at,
    endedAt: endedAt === null ? null : Math.max(endedAt, shown_at),
    overAt: Math.max(overAt, shown_at),
    leaseId: row.lease_id,
    holds: opened_at !== null && opened_at <= at && lost === null && (expires_at ?? 0) > at,
    phone: row.device === 'phone',
    region: row.region,
    ...clicks,
    linked: linked.has(row.visitor_id),
  };
};

const NO_CLICKS = { tapMs: null, copyMs: null } as const;

const clicksOf = (statements: Statements, row: SuspectRow, { did, at }: IncomingCall) => {
  // A click is a sign of life: who was last seen before has none to look for.
  if (row.last_seen_at < at - TAP_MEMORY_MS) return NO_CLICKS;
  const clicks = statements.clicks.all(row.visit_id, at - TAP_MEMORY_MS, at, did) as readonly {
    readonly kind: 'tel' | 'copy';
    readonly at: number;
  }[];
  const before = (kind: 'tel' | 'copy'): number | null => {
    const click = clicks.find((each) => each.kind === kind);
    return click === undefined ? null : at - click.at;
  };
  return { tapMs: before('tel'), copyMs: before('copy') };
};

const linkedVisitors = (statements: Statements, { callerHmac, at }: IncomingCall): ReadonlySet<string> => {
  if (callerHmac === null) return new Set();
  const rows = statements.linked.all(callerHmac, at, at) as readonly { readonly key: string }[];
  return new Set(rows.map(({ key }) => key));
};

const firstCallOf = (statements: Statements, { callerHmac, did, at }: IncomingCall): number | null => {
  if (callerHmac === null) return null;
  return (statements.firstCall.get(callerHmac, did, at) as { readonly at: number | null }).at;
};

const CALLS_AROUND_MS = 3_600_000;

const dialsAround = (statements: Statements, { callerHmac, did, at }: IncomingCall): boolean =>
  callerHmac !== null && statements.dialsAround.get(callerHmac, at, at - CALLS_AROUND_MS, did) !== undefined;

const earlierCall = (statements: Statements, { callerHmac, did, at }: IncomingCall): EarlierCall | null => {
  if (callerHmac === null) return null;
  const call = statements.earlier.get(callerHmac, did, at, at - WINDOW_MS) as
    | { readonly id: string; readonly started_at: number }
    | undefined;
  if (call === undefined) return null;
  const rows = statements.candidates.all(call.id) as readonly {
    readonly visit_id: string | null;
    readonly probability: number;
  }[];
  const shares = new Map<string, number>();
  let nobody = 0;
  for (const { visit_id, probability } of rows) {
    if (visit_id === null) nobody = probability;
    else shares.set(visit_id, probability);
  }
  return { agoMs: at - call.started_at, shares, nobody };
};

/** How many visits were shown the number before `oldest`, by their age. */
const crowdsBefore = (
  statements: Statements,
  { did, at }: IncomingCall,
  oldest: number,
): readonly Crowd[] => {
  const crowds: Crowd[] = [];
  let youngest = at - oldest + 1;
  for (const eldest of CROWD_AGES) {
    if (eldest <= youngest) continue;
    const { count } = statements.crowd.get(did, at - eldest, at - youngest) as { readonly count: number };
    if (count > 0) crowds.push({ count, ageMs: (youngest + eldest) / 2 });
    youngest = eldest;
  }
  return crowds;
};

/** Visits before `oldest`: those of known visitors one by one, the rest by their number. */
const older = (
  statements: Statements,
  call: IncomingCall,
  linked: ReadonlySet<string>,
  oldest: number,
): { readonly rows: readonly SuspectRow[]; readonly crowds: readonly Crowd[] } => ({
  rows: [...linked].flatMap(
    (visitor) =>
      statements.ofVisitor.all(visitor, call.did, call.at - WINDOW_MS, oldest) as readonly SuspectRow[],
  ),
  crowds: crowdsBefore(statements, call, oldest),
});

/** Where a number is to be found; one that the plan does not know counts as a source's. */
export const kindOf = (file: SqliteFile, number: string): NumberKind => {
  const row = statementsOf(file).poolOf.get(number) as { readonly pool_id: string | null } | undefined;
  return row !== undefined && row.pool_id !== null ? 'pool' : 'source';
};

/** What was known when the call came in. Reads only. */
export const readScene = (file: SqliteFile, call: IncomingCall, options: SceneOptions): Scene => {
  const statements = statementsOf(file);
  const { did, at } = call;
  const { nearest, heartbeatMs } = options;
  const linked = linkedVisitors(statements, call);
  const near = statements.nearest.all(did, at - WINDOW_MS, at, nearest) as readonly SuspectRow[];
  const oldest = near.length < nearest ? undefined : near.at(-1)?.shown_at;
  const far = oldest === undefined ? undefined : older(statements, call, linked, oldest);
  const suspect = (row: SuspectRow): Suspect =>
    toSuspect(row, clicksOf(statements, row, call), linked, heartbeatMs(row.site_id), at);
  return {
    at,
    kind: kindOf(file, did),
    callerRegion: call.callerRegion,
    firstCalledAt: firstCallOf(statements, call),
    earlier: earlierCall(statements, call),
    dialsAround: dialsAround(statements, call),
    suspects: [...near, ...(far?.rows ?? [])].map(suspect),
    crowds: far?.crowds ?? [],
  };
};
