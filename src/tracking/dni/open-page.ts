import { ulid } from '../../base/ids.ts';
import type { SqliteFile, VisitTable } from '../../store/index.ts';
import { appendEvents } from '../events.ts';
import { beginsVisit } from '../visits/index.ts';
import type { Limit } from './limits.ts';
import { statementsOf } from './statements.ts';
import { type ReadPage, visitRow, visitStarted } from './visit-row.ts';

/** Page views of one visit that are kept. */
export const PAGES = 1000;
/** Without a sign for so long, a page counts as left at the last one: two heartbeats missed. */
const SILENT_MS = 150_000;

/** When the page that a visit showed last was left, as far as is known. */
const leftAt = (visit: VisitTable, at: number): number =>
  visit.hidden_at ?? (at - visit.last_seen_at < SILENT_MS ? at : visit.last_seen_at);

/** Ends the page that a visit showed last. */
const endLastPage = (file: SqliteFile, visit: VisitTable, at: number): void => {
  statementsOf(file).endPage.run(leftAt(visit, at), visit.id, visit.pages);
};

/** Notes that a visit shows another page. Pages above the limit are seen, not kept. */
export const turnPage = (
  file: SqliteFile,
  visit: VisitTable,
  page: { readonly url: string; readonly title: string | null },
  at: number,
): void => {
  const { addPage, turnPage: turn } = statementsOf(file);
  endLastPage(file, visit, at);
  const pages = Math.min(visit.pages + 1, PAGES);
  turn.run(at, page.url, pages, visit.id);
  if (pages > visit.pages) addPage.run(visit.id, pages, at, page.url, page.title);
};

/** The same page again without having been left: a session that is asked for anew. */
const isSamePage = (visit: VisitTable, page: ReadPage): boolean =>
  visit.last_url === page.url && visit.hidden_at === null;

const goOn = (file: SqliteFile, visit: VisitTable, page: ReadPage, at: number): VisitTable => {
  if (isSamePage(visit, page)) statementsOf(file).seeVisit.run(at, null, visit.id);
  else turnPage(file, visit, page, at);
  return visit;
};

const begin = (file: SqliteFile, visitorId: string, page: ReadPage, at: number): VisitTable => {
  const { addVisit, addPage } = statementsOf(file);
  const visit = visitRow(ulid(at), visitorId, page, at);
  addVisit.run(visit);
  addPage.run(visit.id, 1, at, page.url, page.title);
  appendEvents(file, [visitStarted(visit, page.touch)]);
  return visit;
};

/** The id that the browser remembers, where there is such a visitor; else whose visit it says that it is. */
const knownVisitor = (file: SqliteFile, page: ReadPage, at: number): string | undefined => {
  const { seeVisitor, visit } = statementsOf(file);
  const claimed = page.visitId === undefined ? undefined : visit.get(page.visitId);
  const ofVisit = claimed?.site_id === page.siteId ? claimed.visitor_id : undefined;
  return [page.visitorId, ofVisit].find((id) => id !== undefined && seeVisitor.run(at, id).changes === 1);
};

export type OpenedPage = {
  readonly visit: VisitTable;
  /** The visit began with this page. */
  readonly isFirst: boolean;
};

export type PageLimits = {
  /** Visits that may begin, by address. */
  readonly visits: Limit;
};

/**
 * Notes a page view, in the transaction that is open: visitor, visit (gone on with, or begun), page.
 *
 * @returns undefined, with nothing noted, when too many visits began at that address
 */
export const openPage = (
  file: SqliteFile,
  page: ReadPage,
  limits: PageLimits,
  at: number,
): OpenedPage | undefined => {
  const { lastVisit, addVisitor } = statementsOf(file);
  const known = knownVisitor(file, page, at);
  const last = known === undefined ? undefined : lastVisit.get(known, page.siteId);
  if (last && !beginsVisit(last, page.touch, at))
    return { visit: goOn(file, last, page, at), isFirst: false };
  if (!limits.visits.take(page.addressHmac, at)) return undefined;
  if (last) endLastPage(file, last, at);
  const visitorId = known ?? ulid(at);
  if (known === undefined) addVisitor.run(visitorId, at, at);
  return { visit: begin(file, visitorId, page, at), isFirst: true };
};
