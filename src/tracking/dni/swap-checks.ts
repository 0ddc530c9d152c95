import type { SqliteFile } from '../../store/index.ts';
import { statementsOf } from './statements.ts';

/** Kinds of rows that one site may have a day: what pages make up beyond these is counted in one. */
const KINDS = 500;
const OTHER_PAGE = '(other)';
const OUTCOME = /^[a-z][a-z-]{0,23}$/;
/** More than this in one report is no page's count. */
const MOST = 10_000;
const PATH = 200;

/** Path of a page, without what an address may tell about its reader. */
const pathOf = (page: string): string => {
  const url = URL.canParse(page, 'https://page.invalid') ? new URL(page, 'https://page.invalid') : undefined;
  return (url?.pathname ?? OTHER_PAGE).slice(0, PATH);
};

/** The UTC day of a time. */
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Counts what pages say of their numbers: swapped, reverted, missing … */
export const countSwap = (
  file: SqliteFile,
  siteId: string,
  swap: { readonly outcome: string; readonly page: string; readonly count: number },
  at: number,
): void => {
  const { countSwap: count, swapKinds, addSwap } = statementsOf(file);
  const day = dayOf(at);
  const times = Math.min(MOST, Math.max(1, Math.trunc(swap.count) || 1));
  const outcome = OUTCOME.test(swap.outcome) ? swap.outcome : 'other';
  const page = pathOf(swap.page);
  const counted = (what: string, where: string): boolean =>
    count.run(times, at, siteId, day, what, where).changes > 0;
  if (counted(outcome, page)) return;
  const kinds = swapKinds.get(siteId, day) ?? 0;
  if (kinds < KINDS) return void addSwap.run(siteId, day, outcome, page, times, at);
  // Outcomes are made up as easily as pages.
  const known = kinds < 2 * KINDS ? outcome : 'other';
  if (!counted(known, OTHER_PAGE)) addSwap.run(siteId, day, known, OTHER_PAGE, times, at);
};
