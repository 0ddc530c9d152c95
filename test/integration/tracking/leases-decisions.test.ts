import { expect, it } from 'vitest';
import type { LeaseTable, SqliteFile, TrackingNumberTable } from '../../../src/store/index.ts';
import { grantLease } from '../../../src/tracking/leases/index.ts';
import { type Decision, decideGrant, viewOfSlots } from '../../../src/tracking/leases/machine.ts';
import type { Grant, LeaseRequest } from '../../../src/tracking/leases/types.ts';
import { addPools, LEDGER_KEY, openLeaseStage } from './leases-stage.ts';
import { createStorm, randomFrom, STORM_NUMBERS, STORM_POOLS } from './leases-storm.ts';

const DAY = 86_400_000;
const all = <Row>(file: SqliteFile, sql: string): readonly Row[] => file.prepare<[], Row>(sql).all();

/** The decision of the machine on every row there is, read without any of the queries that the gateway asks. */
const decisionOnAll = (file: SqliteFile, request: LeaseRequest): Decision => {
  const { pool, at } = request;
  const numbers = all<TrackingNumberTable & { used_at: number }>(
    file,
    'SELECT * FROM tracking_number',
  ).filter(({ enabled }) => enabled === 1);
  const leases = all<LeaseTable>(file, 'SELECT * FROM lease').toSorted((a, b) => b.opened_at - a.opened_at);
  const events = all<{ lease_id: string; visit_id: string; type: string }>(
    file,
    "SELECT * FROM lease_event WHERE type IN ('opened', 'joined')",
  );
  const usable = new Map(
    numbers
      .filter(({ state }) => state === 'active' || state === 'draining')
      .map((row) => [row.number, row.pool_id]),
  );
  const open = leases.filter((lease) => lease.closed_at === null && lease.expires_at > at);
  const good = open.filter((lease) => usable.get(lease.number) === lease.pool_id);
  const draining = new Set(numbers.filter(({ state }) => state === 'draining').map(({ number }) => number));
  const lent = good.filter((lease) => !draining.has(lease.number));
  const mine = new Set(
    events.filter(({ visit_id }) => visit_id === request.visitId).map(({ lease_id }) => lease_id),
  );
  const slots = numbers
    .filter(({ state, pool_id }) => state === 'active' && pool_id === pool.id)
    .map((row) => {
      const past = leases.filter((lease) => lease.number === row.number);
      return {
        number: row.number,
        usedAt: Math.max(0, ...past.slice(0, 1).map((lease) => lease.last_seen_at)),
        lease: past.find((lease) => lease.closed_at === null),
      };
    });
  return decideGrant(
    request,
    viewOfSlots(
      slots,
      {
        ofVisit: () => good.find((lease) => lease.pool_id === pool.id && mine.has(lease.id)),
        ofVisitor: () => lent.filter((lease) => lease.visitor_id === request.visitorId),
        ofClass: () =>
          lent.find(
            (lease) => lease.pool_id === pool.id && lease.class !== null && lease.class === request.class,
          ),
        earlier: leases
          .filter(
            (lease) =>
              lease.visitor_id === request.visitorId &&
              lease.pool_id === pool.id &&
              lease.last_seen_at > at - pool.stickyDays * DAY,
          )
          .map(({ number }) => number),
      },
      at,
    ),
  );
};

const outcomeOf = (decision: Decision): string => {
  switch (decision.type) {
    case 'keep':
      return `kept ${decision.lease.number}`;
    case 'join':
      return `${decision.why === 'class' ? 'shared' : 'kept'} ${decision.lease.number}`;
    case 'lend':
      return `${decision.how} ${decision.number}`;
    case 'steal':
      return `stolen ${decision.from.number}`;
    case 'refuse':
      return decision.reason;
  }
};

const outcome = (grant: Grant): string =>
  grant.type === 'leased' ? `${grant.how} ${grant.number}` : grant.reason;

it('are what the machine says on all rows', async () => {
  const stage = await openLeaseStage();
  try {
    const { file } = stage;
    addPools(file, STORM_POOLS, STORM_NUMBERS);
    let now = 1_700_000_000_000;
    const clock = (step: number): number => {
      now += step;
      return now;
    };
    const storm = createStorm(file, 5, 's', clock);
    const random = randomFrom(6);
    const seen = new Set<string>();
    file.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < 220; n += 1) {
      for (let k = 0; k < 4; k += 1) storm.step();
      const pool = STORM_POOLS[n % 2];
      if (!pool) throw new Error('there is no pool');
      const request: LeaseRequest = {
        pool,
        class: random() < 0.3 ? `class-${Math.floor(random() * 4)}` : undefined,
        visitId: `mine-${Math.floor(random() * (n + 1))}`,
        visitorId: `me-${Math.floor(random() * 40)}`,
        address: null,
        at: clock(5000),
      };
      const expected = outcomeOf(decisionOnAll(file, request));
      const got = outcome(grantLease(file, LEDGER_KEY, request));
      if (got === 'too_many_new') continue;
      expect(got, `grant ${n}`).toBe(expected);
      seen.add(got.split(' ')[0] ?? '');
    }
    file.exec('ROLLBACK');
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['exhausted', 'free', 'kept', 'shared', 'sticky', 'stolen']),
    );
  } finally {
    await stage.close();
  }
});
