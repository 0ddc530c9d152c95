import type { Kysely } from 'kysely';
import type { CallStatus, Database, MatchMethod, VisitTable } from '../../store/index.ts';
import { idsFrom } from './ids.ts';

export type VisitFilter = {
  readonly site?: string | undefined;
  /** When it began: milliseconds since the epoch, inclusive. */
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
  /** Only visits older than this id, for paging. */
  readonly before?: string | undefined;
  /** 1 to 10,000; default 50. */
  readonly limit?: number | undefined;
};

const LIMIT = 50;
const MOST = 10_000;

/** Visits, newest first. Their ids begin with the time: the primary key alone finds them. */
export const listVisits = (
  db: Kysely<Database>,
  { site, from, to, before, limit = LIMIT }: VisitFilter,
): Promise<readonly VisitTable[]> => {
  let query = db.selectFrom('visit').selectAll().orderBy('id', 'desc');
  if (site !== undefined) query = query.where('site_id', '=', site);
  if (from !== undefined) query = query.where('id', '>=', idsFrom(from));
  if (to !== undefined) query = query.where('id', '<', idsFrom(to));
  if (before !== undefined) query = query.where('id', '<', before);
  return query.limit(Math.min(MOST, Math.max(1, limit))).execute();
};

export type VisitPage = {
  readonly at: number;
  readonly url: string;
  readonly title: string | null;
  readonly dwellMs: number | null;
};

export type VisitCall = {
  readonly id: string;
  readonly startedAt: number;
  readonly status: CallStatus;
  readonly number: string | null;
  readonly method: MatchMethod;
  readonly probability: number | null;
};

/** A visit with all that is known of it. */
export type VisitDetail = {
  readonly visit: VisitTable;
  readonly pages: readonly VisitPage[];
  readonly clicks: readonly {
    readonly at: number;
    readonly kind: 'tel' | 'sms' | 'copy' | 'button';
    readonly number: string | null;
  }[];
  readonly numbers: readonly {
    readonly number: string;
    readonly code: string | null;
    readonly leaseId: string | null;
    readonly shownAt: number;
  }[];
  readonly calls: readonly VisitCall[];
};

const pagesOf = async (db: Kysely<Database>, id: string): Promise<readonly VisitPage[]> =>
  db
    .selectFrom('page_view')
    .select(['at', 'url', 'title', 'dwell_ms as dwellMs'])
    .where('visit_id', '=', id)
    .orderBy('seq')
    .execute();

const callsOf = async (db: Kysely<Database>, visit: VisitTable): Promise<readonly VisitCall[]> =>
  db
    .selectFrom('call')
    .select([
      'id',
      'started_at as startedAt',
      'status',
      'did as number',
      'match_method as method',
      'match_prob as probability',
    ])
    // By the visitor, for which there is an index.
    .where('visitor_id', '=', visit.visitor_id)
    .where('visit_id', '=', visit.id)
    .orderBy('started_at')
    .execute();

export const visitDetail = async (db: Kysely<Database>, id: string): Promise<VisitDetail | undefined> => {
  const visit = await db.selectFrom('visit').selectAll().where('id', '=', id).executeTakeFirst();
  if (!visit) return undefined;
  const clicks = await db
    .selectFrom('click')
    .select(['at', 'kind', 'number'])
    .where('visit_id', '=', id)
    .orderBy('at')
    .execute();
  const numbers = await db
    .selectFrom('shown')
    .select(['number', 'code', 'lease_id as leaseId', 'shown_at as shownAt'])
    .where('visit_id', '=', id)
    .orderBy('shown_at')
    .execute();
  return { visit, pages: await pagesOf(db, id), clicks, numbers, calls: await callsOf(db, visit) };
};

/** What pages of a site reported of their numbers. */
export type SwapFigures = {
  /** UTC day, `2026-11-22`. */
  readonly day: string;
  readonly outcome: string;
  readonly page: string;
  readonly times: number;
  readonly lastAt: number;
};

/** The latest day first, then the most frequent. */
export const swapFigures = (
  db: Kysely<Database>,
  siteId: string,
  /** First UTC day. */
  from: string,
): Promise<readonly SwapFigures[]> =>
  db
    .selectFrom('swap_check')
    .select(['day', 'outcome', 'page', 'times', 'last_at as lastAt'])
    .where('site_id', '=', siteId)
    .where('day', '>=', from)
    .orderBy('day', 'desc')
    .orderBy('times', 'desc')
    .orderBy('page')
    .execute();
