import type { SitePlan } from '../../config/index.ts';
import type { SqliteFile } from '../../store/index.ts';
import type { LivePlan, ShownNumber } from '../types.ts';
import { type Given, numbersOf, wishesOf } from './choose.ts';
import { visitFacts } from './facts.ts';
import { statementsOf } from './statements.ts';

/**
 * The number that a visit sees in place of a target, as its pages were told; undefined when the target keeps its own, or there
 * is no such visit of the site. Lends nothing.
 *
 * @param target E.164 of the number in the page
 */
export const numberOfVisit = (
  file: SqliteFile,
  plan: LivePlan,
  site: SitePlan,
  visitId: string,
  target: string,
): ShownNumber | undefined => {
  const { visit: find, shownOpen } = statementsOf(file);
  const visit = find.get(visitId);
  if (visit?.site_id !== site.id) return undefined;
  const wish = wishesOf(plan, site, visitFacts(visit, site)).find((each) => each.target === target);
  if (wish === undefined) return undefined;
  const rows = shownOpen.all(visit.id);
  const coded = wish.coded ? rows.find(({ code }) => code !== null) : undefined;
  const lent = wish.pool && rows.find(({ pool_id: pool }) => pool === wish.pool?.id);
  const row = coded ?? lent;
  const given: Given | undefined = row
    ? { target, number: row.number, mode: 'exclusive', leaseId: row.lease_id, code: row.code ?? undefined }
    : wish.otherwise;
  return given && numbersOf(site, [given])[target];
};
