import type { SitePlan } from '../../config/index.ts';
import type { SqliteFile, VisitTable } from '../../store/index.ts';
import { type Grant, grantLease } from '../leases/index.ts';
import { issueCode } from '../matching/index.ts';
import type { Given, Wish } from './choose.ts';

export type Lending = {
  readonly site: SitePlan;
  readonly visit: Pick<VisitTable, 'id' | 'visitor_id' | 'address_hmac'>;
  readonly ledgerKey: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
};

export type Lent = {
  readonly given: readonly Given[];
  /** So many numbers were asked for by the visitor, or at the address, that there are none for a minute. */
  readonly limited: boolean;
};

const lentNumber = ({ target, class: shared }: Wish, grant: Grant): Given | undefined =>
  grant.type === 'leased'
    ? {
        target,
        number: grant.number,
        mode: shared === undefined ? 'exclusive' : 'shared',
        leaseId: grant.leaseId,
      }
    : undefined;

const isLimited = (grant: Grant): boolean => grant.type !== 'leased' && grant.reason === 'too_many_new';

const codedNumber = (file: SqliteFile, { site, visit, at }: Lending, target: string): Given | undefined => {
  const { codes } = site;
  if (codes === undefined) return undefined;
  const code = issueCode(file, codes, visit.id, at);
  if (code === undefined) return undefined;
  return { target, number: codes.number, mode: 'exclusive', leaseId: null, code };
};

/**
 * Gives each target its number, in the transaction that is open: a lease for each pool that is wished for (several targets of
 * one pool share it), codes, numbers of sources.
 */
export const lend = (file: SqliteFile, wishes: readonly Wish[], lending: Lending): Lent => {
  const { visit, ledgerKey, at } = lending;
  const grants = new Map<string, Grant>();

  const ask = ({ pool, class: shared }: Wish): Grant | undefined => {
    if (pool === undefined) return undefined;
    const grant =
      grants.get(pool.id) ??
      grantLease(file, ledgerKey, {
        pool,
        class: shared,
        visitId: visit.id,
        visitorId: visit.visitor_id,
        address: visit.address_hmac,
        at,
      });
    grants.set(pool.id, grant);
    return grant;
  };

  const give = (wish: Wish): Given | undefined => {
    const own = wish.coded ? codedNumber(file, lending, wish.target) : undefined;
    if (own) return own;
    const grant = ask(wish);
    return (grant && lentNumber(wish, grant)) ?? wish.otherwise;
  };

  const given = wishes.flatMap((wish) => give(wish) ?? []);
  return { given, limited: [...grants.values()].some(isLimited) };
};
