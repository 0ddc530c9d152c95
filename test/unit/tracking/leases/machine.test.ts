import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poolSchema } from '../../../../src/config/index.ts';
import {
  ACTIVE_MS,
  decideGrant,
  expiryAfter,
  expiryHidden,
  type LeaseState,
  leaseState,
  type Slot,
  viewOfSlots,
} from '../../../../src/tracking/leases/machine.ts';
import type { OpenLease } from '../../../../src/tracking/leases/types.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const pool = poolSchema.parse({ id: 'web', lines: ['sales'] });
const request = { pool, class: undefined, visitId: 'v', visitorId: 'p', address: null, at: NOW };

const lease = (n: number, more: Partial<OpenLease> = {}): OpenLease => {
  const seen = more.last_seen_at ?? NOW - 10 * MINUTE;
  return {
    id: `lease-${n}`,
    pool_id: 'web',
    number: `+4930000${n}`,
    visit_id: `visit-${n}`,
    visitor_id: `visitor-${n}`,
    class: null,
    opened_at: NOW - 60 * MINUTE,
    last_seen_at: seen,
    idle_at: null,
    expires_at: expiryAfter(pool, seen, false),
    ...more,
  };
};

const slot = (n: number, usedAt: number, open?: OpenLease): Slot => ({
  number: `+4930000${n}`,
  usedAt,
  lease: open,
});

const none = { ofVisit: () => undefined, ofVisitor: () => [], ofClass: () => undefined, earlier: [] };

describe('a lease', () => {
  it('is active for 150 s after a sign, then idle to its end, then free', () => {
    const one = lease(1, { last_seen_at: NOW });
    expect(leaseState(one, NOW + ACTIVE_MS)).toBe('active');
    expect(leaseState(one, NOW + ACTIVE_MS + 1)).toBe('idle');
    expect(leaseState(one, NOW + 15 * MINUTE - 1)).toBe('idle');
    expect(leaseState(one, NOW + 15 * MINUTE)).toBe('free');
  });

  it('is idle at once when its page is hidden', () => {
    expect(leaseState(lease(1, { last_seen_at: NOW, idle_at: NOW }), NOW)).toBe('idle');
  });

  it('is never free while it is active, however short the idle time', () => {
    const brief = { idleMinutes: 0 };
    const one = lease(1, { last_seen_at: NOW, expires_at: expiryAfter(brief, NOW, false) });
    expect(leaseState(one, NOW + ACTIVE_MS)).toBe('active');
    expect(leaseState(one, NOW + ACTIVE_MS + 1)).toBe('free');
    expect(expiryHidden(brief, one, NOW + 5000)).toBe(NOW + 5000);
  });

  it('keeps the time that a call gave it when its page is hidden', () => {
    const held = lease(1, { last_seen_at: NOW, expires_at: NOW + 24 * 60 * MINUTE });
    expect(expiryHidden(pool, held, NOW + 1000)).toBe(NOW + 24 * 60 * MINUTE);
  });
});

describe('a decision', () => {
  const idle = lease(1);
  const older = lease(2, { last_seen_at: NOW - 12 * MINUTE });
  const inView = lease(3, { last_seen_at: NOW - MINUTE });
  const slots = [slot(1, 0, idle), slot(2, 0, older), slot(3, 0, inView), slot(4, 50), slot(5, 40)];

  it('keeps what the visit has, before all else', () => {
    const view = viewOfSlots(slots, { ...none, ofVisit: () => idle, ofClass: () => older }, NOW);
    expect(decideGrant(request, view)).toEqual({ type: 'keep', lease: idle });
  });

  it("joins the visitor's own lease of another visit, not a class's that the visitor came to last", () => {
    const ofVisitor = () => [lease(7, { class: 'c' }), lease(8, { pool_id: 'other' }), idle];
    expect(
      decideGrant(
        { ...request, pool: { ...pool, leasesPerVisitor: 5 } },
        viewOfSlots(slots, { ...none, ofVisitor }, NOW),
      ),
    ).toEqual({ type: 'join', lease: idle, why: 'visitor' });
  });

  it('joins the lease of its class', () => {
    const view = viewOfSlots(slots, { ...none, ofClass: () => older }, NOW);
    expect(decideGrant({ ...request, class: 'c' }, view)).toEqual({
      type: 'join',
      lease: older,
      why: 'class',
    });
  });

  it("lends the visitor's earlier number when it is free, else the one that was used longest ago", () => {
    expect(
      decideGrant(request, viewOfSlots(slots, { ...none, earlier: ['+49300001', '+49300004'] }, NOW)),
    ).toEqual({
      type: 'lend',
      number: '+49300004',
      how: 'sticky',
    });
    expect(decideGrant(request, viewOfSlots(slots, { ...none, earlier: ['+49300001'] }, NOW))).toEqual({
      type: 'lend',
      number: '+49300005',
      how: 'free',
    });
  });

  it('takes the number of whoever is away longest when none is free, a number kept for a call-back last', () => {
    const held = lease(6, { last_seen_at: NOW - 300 * MINUTE, expires_at: NOW + 600 * MINUTE });
    const full = [...slots.slice(0, 3), slot(6, 0, held)];
    expect(decideGrant(request, viewOfSlots(full, none, NOW))).toEqual({ type: 'steal', from: older });
    const onlyHeld = [slot(3, 0, inView), slot(6, 0, held)];
    expect(decideGrant(request, viewOfSlots(onlyHeld, none, NOW))).toEqual({ type: 'steal', from: held });
  });

  it('refuses when all are in view, when there are no numbers, past the limits', () => {
    expect(decideGrant(request, viewOfSlots([slot(3, 0, inView)], none, NOW))).toEqual({
      type: 'refuse',
      reason: 'exhausted',
    });
    expect(decideGrant(request, viewOfSlots([], none, NOW))).toEqual({
      type: 'refuse',
      reason: 'no_numbers',
    });
    expect(decideGrant(request, viewOfSlots(slots, none, NOW, false))).toEqual({
      type: 'refuse',
      reason: 'too_many_new',
    });
    const elsewhere = () => [lease(7, { pool_id: 'a' }), lease(8, { pool_id: 'b' })];
    expect(decideGrant(request, viewOfSlots(slots, { ...none, ofVisitor: elsewhere }, NOW))).toEqual({
      type: 'refuse',
      reason: 'visitor_limit',
    });
  });

  it('never gives away a number in view, never steals while one is free, refuses only when all are in view', () => {
    const anySlot = fc.record({
      used: fc.integer({ min: 0, max: NOW }),
      seen: fc.option(fc.integer({ min: 0, max: 40 * MINUTE }), { nil: undefined }),
      hidden: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(anySlot, { minLength: 1, maxLength: 12 }), (rows) => {
        const all = rows.map(({ used, seen, hidden }, n) => {
          if (seen === undefined) return slot(n, used);
          const at = NOW - seen;
          const expires_at = expiryAfter(pool, at, hidden);
          return slot(n, used, lease(n, { last_seen_at: at, idle_at: hidden ? at : null, expires_at }));
        });
        const states = new Map(
          all.map(({ number, lease: open }) => [number, open ? leaseState(open, NOW) : 'free']),
        );
        const has = (state: LeaseState): boolean => [...states.values()].includes(state);
        const decision = decideGrant(request, viewOfSlots(all, none, NOW));
        if (decision.type === 'lend') expect(states.get(decision.number)).toBe('free');
        else if (decision.type === 'steal') {
          expect(states.get(decision.from.number)).toBe('idle');
          expect(has('free')).toBe(false);
        } else {
          expect(decision).toEqual({ type: 'refuse', reason: 'exhausted' });
          expect(has('free') || has('idle')).toBe(false);
        }
      }),
    );
  });
});
