import type { SitePlan } from '../../config/index.ts';
import type { SqliteFile, VisitTable } from '../../store/index.ts';
import { releaseLeases, seenLeases } from '../leases/index.ts';
import type { LivePlan, PageEvent } from '../types.ts';
import { beginsVisit, readTouch, trimUrl, VISIT_PAUSE_MS } from '../visits/index.ts';
import { meantNumber } from './display.ts';
import { turnPage } from './open-page.ts';
import { statementsOf } from './statements.ts';
import { countSwap } from './swap-checks.ts';
import type { EventsAnswer } from './types.ts';
import { titleOf } from './visit-row.ts';

/** Clicks of one visit that are kept. */
const CLICKS = 200;

export type Reporting = {
  readonly plan: LivePlan;
  readonly site: SitePlan;
  readonly ledgerKey: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

/** The page is to ask for a session. */
type Renew = boolean;

/** An address without what may tell who its reader is. */
const bare = (address: string): string => {
  if (!URL.canParse(address)) return '';
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
};

/**
 * Withdraws consent: the numbers are free at once, and what could tell who the visit was is forgotten. Source and pages
 * counted stay; nothing leads from them to a person or to other visits.
 */
const forget = (file: SqliteFile, visit: VisitTable, { ledgerKey, at }: Reporting): void => {
  const { forgetVisit, forgetVisitor, forgetPages, forgetClicks, forgetShown, ...more } = statementsOf(file);
  releaseLeases(file, ledgerKey, visit.id, 'consent', at);
  forgetPages.run(visit.id);
  forgetClicks.run(visit.id);
  forgetShown.run(visit.id);
  more.forgetPresses.run(visit.id, visit.id);
  more.forgetWebCalls.run(visit.id, visit.id);
  more.forgetArms.run(visit.visitor_id);
  forgetVisit.run(visit.id, bare(visit.landing_url), bare(visit.last_url), visit.id);
  forgetVisitor.run(visit.visitor_id, visit.visitor_id);
};

/** Consent was withdrawn, in this tab or another: nothing more is kept of it, whatever its pages report. */
const isForgotten = (visit: VisitTable | undefined): boolean =>
  visit !== undefined && visit.visitor_id === visit.id;

const seen = (
  file: SqliteFile,
  visit: VisitTable,
  { plan, at }: Reporting,
  state: 'seen' | 'idle',
): Renew => {
  // Slept through: the session that the page asks for begins the next visit.
  if (state === 'seen' && at - visit.last_seen_at >= VISIT_PAUSE_MS) return true;
  const { seeVisit, endPage } = statementsOf(file);
  seeVisit.run(at, state === 'idle' ? at : null, visit.id);
  if (state === 'idle') endPage.run(at, visit.id, visit.pages);
  const { lost } = seenLeases(file, visit.id, at, state, plan.pools);
  // Whoever leaves needs no number.
  return lost && state === 'seen';
};

const pageTurned = (
  file: SqliteFile,
  visit: VisitTable,
  event: PageEvent & { readonly type: 'page' },
  reporting: Reporting,
): Renew => {
  const touch = readTouch(event.url, event.referrer, reporting.site);
  // The session that the page asks for then begins the new visit.
  if (beginsVisit(visit, touch, reporting.at)) return true;
  turnPage(file, visit, { url: trimUrl(event.url), title: titleOf(event.title) }, reporting.at);
  return seenLeases(file, visit.id, reporting.at, 'seen', reporting.plan.pools).lost;
};

const clicked = (
  file: SqliteFile,
  visit: VisitTable,
  { kind, number }: PageEvent & { readonly type: 'click' },
  { site, at }: Reporting,
): void => {
  const { addClick, shown, seeVisit } = statementsOf(file);
  const numbers = [
    ...shown.all(visit.id).map((row) => row.number),
    ...site.targets.map((target) => target.number),
  ];
  addClick.run(visit.id, at, kind, meantNumber(number, numbers), visit.id, CLICKS);
  seeVisit.run(at, visit.hidden_at, visit.id);
};

/** One thing that the page of a visit tells. */
const take = (file: SqliteFile, visit: VisitTable, event: PageEvent, reporting: Reporting): Renew => {
  switch (event.type) {
    case 'beat':
      return seen(file, visit, reporting, 'seen');
    case 'idle':
      return seen(file, visit, reporting, 'idle');
    case 'page':
      return pageTurned(file, visit, event, reporting);
    case 'click':
      clicked(file, visit, event, reporting);
      return false;
    case 'swap':
      countSwap(file, reporting.site.id, event, reporting.at);
      return false;
    case 'consent':
      if (event.consent === 'denied') forget(file, visit, reporting);
      return event.consent === 'granted';
  }
};

/** What counts without a visit too. */
const takeWithoutVisit = (file: SqliteFile, event: PageEvent, { site, at }: Reporting): Renew => {
  if (event.type === 'swap') countSwap(file, site.id, event, at);
  return event.type === 'consent' && event.consent === 'granted';
};

/**
 * Takes what a page reports, in the transaction that is open.
 *
 * @param visitId as the page says; checked
 * @returns whether the page is to ask for a session: there is no such visit (any more), it is over, a number was lost, or
 * consent was given
 */
export const takeEvents = (
  file: SqliteFile,
  visitId: string | undefined,
  events: readonly PageEvent[],
  reporting: Reporting,
): EventsAnswer => {
  const { visit } = statementsOf(file);
  let renew = false;
  let forgotten = false;
  let visitor: string | undefined;
  for (const event of events) {
    // Read anew for each: the one before may have changed it.
    const row = visitId === undefined || forgotten ? undefined : visit.get(visitId);
    if (isForgotten(row)) forgotten = true;
    if (forgotten || row?.site_id !== reporting.site.id) {
      const again = takeWithoutVisit(file, event, reporting);
      renew ||= again || (visitId !== undefined && !forgotten && event.type !== 'swap');
      continue;
    }
    const again = take(file, row, event, reporting);
    forgotten = event.type === 'consent' && event.consent === 'denied';
    visitor = forgotten ? undefined : row.visitor_id;
    renew = again || (renew && !forgotten);
  }
  return { renew, visitor };
};
