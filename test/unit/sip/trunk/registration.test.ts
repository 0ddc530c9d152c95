import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  grantedSeconds,
  isRegistered,
  newRegistration,
  nextRegistration,
  type Registration,
  type RegistrationEvent,
} from '../../../../src/sip/trunk/registration.ts';
import { registerTarget } from '../../../../src/sip/trunk/registration-client.ts';

const HALF_HOUR = 1_800_000;
const clock = { now: 1_000_000, random: 0.5, servers: 1 };
const fresh = newRegistration(3600, clock.now);
const silent: RegistrationEvent = { type: 'unreachable', reason: 'no answer within 6 s' };
const refused = (status: number, more: object = {}): RegistrationEvent => ({
  type: 'refused',
  status,
  reason: 'No',
  ...more,
});

describe('a registration', () => {
  it('is renewed after half to nine tenths of what was granted', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 604_800 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (seconds, random) => {
          const next = nextRegistration(fresh, { type: 'granted', seconds }, { ...clock, random });
          expect(next).toMatchObject({
            state: 'registered',
            expiresAt: clock.now + seconds * 1000,
            rounds: 0,
          });
          const share = (next.nextAt - clock.now) / (seconds * 1000);
          expect(share).toBeGreaterThanOrEqual(0.5);
          expect(share).toBeLessThanOrEqual(0.9 + 1e-9);
        },
      ),
    );
  });

  it('asks the next server at once, and waits when all have failed', () => {
    const three = { ...clock, servers: 3 };
    const first = nextRegistration(fresh, silent, three);
    expect(first).toMatchObject({ server: 1, nextAt: clock.now, lastError: 'no answer within 6 s' });
    const second = nextRegistration(first, refused(503), three);
    expect(second).toMatchObject({ server: 2, nextAt: clock.now, lastError: '503 No' });
    const third = nextRegistration(second, silent, three);
    expect(third).toMatchObject({ server: 0, rounds: 1, tried: 0, state: 'failed' });
    expect(third.nextAt).toBe(clock.now + 30_000 * 0.875);
  });

  it('waits twice as long each time, half an hour at most', () => {
    let registration: Registration = fresh;
    const waits: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      registration = nextRegistration(registration, silent, { ...clock, random: 1 });
      waits.push((registration.nextAt - clock.now) / 1000);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800]);
  });

  it('honours Retry-After, and Min-Expires at once', () => {
    const busy = nextRegistration(fresh, refused(503, { retryAfter: 300 }), clock);
    expect(busy.nextAt).toBe(clock.now + 300_000);
    const brief = nextRegistration(fresh, refused(423, { minExpires: 7200 }), clock);
    expect(brief).toMatchObject({ askSeconds: 7200, nextAt: clock.now, state: 'trying' });
    // A server that is never content is a failure like others.
    expect(nextRegistration(brief, refused(423, { minExpires: 7200 }), clock).nextAt).toBeGreaterThan(
      clock.now,
    );
  });

  it.each([401, 403, 407])('waits long after %i, whatever other servers there are', (status) => {
    const next = nextRegistration(fresh, refused(status), { ...clock, servers: 3, random: 0 });
    expect(next.state).toBe('failed');
    expect(next.nextAt).toBe(clock.now + HALF_HOUR * 0.75);
    expect(isRegistered(next, clock.now)).toBe(false);
  });

  it('stands while a renewal fails, and is tried again before it lapses', () => {
    const granted = nextRegistration(fresh, { type: 'granted', seconds: 60 }, clock);
    const later = { ...clock, now: clock.now + 40_000 };
    const failed = nextRegistration(granted, silent, later);
    expect(failed).toMatchObject({ state: 'registered', expiresAt: clock.now + 60_000 });
    expect(failed.nextAt).toBe(later.now + 10_000);
    const lapsed = nextRegistration(failed, silent, { ...clock, now: clock.now + 61_000 });
    expect(lapsed).toMatchObject({ state: 'failed', expiresAt: undefined });
  });

  it('keeps its promises through any sequence', () => {
    const event = fc.oneof(
      fc
        .integer({ min: 2, max: 100_000 })
        .map((seconds): RegistrationEvent => ({ type: 'granted', seconds })),
      fc.constant(silent),
      fc
        .tuple(
          fc.constantFrom(301, 400, 401, 403, 404, 423, 480, 500, 503, 600),
          fc.nat({ max: 1_000_000 }),
          fc.nat({ max: 100_000 }),
        )
        .map(([status, minExpires, retryAfter]) => refused(status, { minExpires, retryAfter })),
    );
    const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(event, random), { maxLength: 60 }),
        (servers, steps) => {
          let registration = newRegistration(3600, 0);
          let now = 0;
          let atOnce = 0;
          for (const [happening, chance] of steps) {
            now = Math.max(now, registration.nextAt);
            const before = registration;
            registration = nextRegistration(before, happening, { now, random: chance, servers });
            expect(registration.server).toBeLessThan(servers);
            expect(registration.nextAt).toBeGreaterThanOrEqual(now);
            if (happening.type !== 'granted') {
              expect(registration.nextAt - now).toBeLessThanOrEqual(HALF_HOUR);
              const isGreater = registration.askSeconds > before.askSeconds;
              atOnce = registration.nextAt === now && !isGreater ? atOnce + 1 : 0;
              // Nobody is asked twice without a pause.
              expect(atOnce).toBeLessThan(servers);
            } else {
              atOnce = 0;
              expect(registration.nextAt).toBeGreaterThan(now);
              expect(registration.nextAt).toBeLessThan(registration.expiresAt ?? 0);
            }
            expect(registration.state === 'registered').toBe(isRegistered(registration, now));
          }
        },
      ),
    );
  });
});

describe('what a 200 grants', () => {
  const own = '<sip:alice@203.0.113.1:5060>';
  it.each([
    [
      'our own contact of several',
      `<sip:bob@x>;expires=60, "A, \\"B" <SIP:Alice@203.0.113.1:5060;ob>;q=1;expires=120`,
      '30',
      120,
    ],
    ['the only contact, though rewritten', '<sip:alice@10.0.0.1>;Expires="90"', undefined, 90],
    ['Expires, when no contact says', '<sip:alice@203.0.113.1:5060>', '45', 45],
    ['Expires, when ours is not among several', '<sip:a@x>;expires=1,<sip:b@x>;expires=2', '45', 45],
    ['what was asked for, when nothing says', undefined, undefined, 3600],
    ['what was asked for, when it makes no sense', `${own};expires=0`, 'soon', 3600],
    ['no parameter of the URI', '<sip:alice@203.0.113.1:5060;expires=5>', '45', 45],
  ])('is read from %s', (_name, contacts, expires, seconds) => {
    expect(grantedSeconds(contacts, expires, own, 3600)).toBe(seconds);
  });
});

describe('where a REGISTER goes', () => {
  const account = { username: 'al ice' };
  it.each([
    ['sip:carrier.example', {}, 'sip:carrier.example', 'sip:al%20ice@carrier.example', undefined],
    ['sip:x@[2001:db8::1]:5070', {}, 'sip:[2001:db8::1]:5070', 'sip:al%20ice@[2001:db8::1]', undefined],
    ['sips:a.example', { domain: 'b.example' }, 'sip:b.example', 'sip:al%20ice@b.example', 'sips:a.example'],
    ['sip:a.example', { outboundProxy: 'sip:p' }, 'sip:a.example', 'sip:al%20ice@a.example', 'sip:p'],
  ])('%s %j', (server, more, uri, address, proxy) => {
    expect(registerTarget({ ...account, ...more }, server)).toEqual({ server: uri, address, proxy });
  });
});
