import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AttemptFacts,
  afterAttempt,
  checkDestination,
  DAY_MS,
  decideRequest,
  MOST_ATTEMPTS,
  nextCallMoment,
  type RequestFacts,
} from '../../../../src/buttons/call-backs/rules.ts';
import { scheduleSchema } from '../../../../src/config/schedule-schema.ts';

const OWN = '+493023125001';
const rules = { regions: ['DE', 'US'] as const, own: new Set([OWN]) };
const NOON = Date.parse('2026-11-23T12:00:00Z');

describe('whom nobody calls', () => {
  it.each([
    ['+49 30 23125901', 'good'],
    ['030 23125901', 'good'],
    ['001 202 555 0143', 'good'],
    ['+493023125001', 'not-allowed'],
    ['030/23125001', 'not-allowed'],
    ['+33 1 42 68 53 00', 'not-allowed'],
    ['0900 1 234567', 'not-allowed'],
    ['+1 900 555 0100', 'not-allowed'],
    ['110', 'emergency'],
    ['1-1-2', 'emergency'],
    ['911', 'emergency'],
    ['+49 30 110', 'emergency'],
    ['+49 30', 'number'],
    ['+49 1', 'emergency'],
    ['sip:alice@example.com', 'number'],
    ['', 'number'],
  ])('%s: %s', (text, verdict) => {
    const found = checkDestination(text, rules);
    expect(found.type === 'good' ? 'good' : found.code).toBe(verdict);
  });

  it('is told without the number', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+?[0-9]{3,14}$/), (text) => {
        const found = checkDestination(text, rules);
        if (found.type === 'refused') expect(found.reason).not.toContain(text);
      }),
    );
  });
});

const facts: RequestFacts = {
  enabled: true,
  consent: true,
  destination: { type: 'good', e164: '+493023125901', region: 'DE' },
  blocked: false,
  hours: { quiet: [], business: undefined },
  otherOpen: false,
  askedAt: [],
  perDay: 2,
  at: NOON,
};

const week = scheduleSchema.parse({
  id: 'week',
  timezone: 'Europe/Berlin',
  hours: { mon: ['09:00-17:00'], tue: ['09:00-17:00'] },
});
const always = scheduleSchema.parse({
  id: 'always',
  timezone: 'UTC',
  hours: Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, ['00:00-24:00']]),
  ),
});
const open = { quiet: [always], business: undefined };

describe('a request', () => {
  it('is taken, and due at once where the hours allow', () => {
    expect(decideRequest({ ...facts, hours: open })).toMatchObject({ type: 'take', dueAt: NOON });
  });

  it('waits until the business is open', () => {
    const hours = { quiet: [always], business: week };
    const at = Date.parse('2026-11-24T18:00:00Z');
    expect(nextCallMoment(hours, at)).toBe(Date.parse('2026-11-30T08:00:00Z'));
    expect(decideRequest({ ...facts, hours, at })).toMatchObject({ type: 'take' });
  });

  it.each<[string, Partial<RequestFacts>, string]>([
    ['the button calls nobody back', { enabled: false, consent: false }, 'disabled'],
    ['nobody agreed', { consent: false, blocked: true }, 'consent'],
    ['the number is blocked', { blocked: true, otherOpen: true }, 'blocked'],
    ['another one is open', { otherOpen: true }, 'too-many'],
    ['it was asked too often', { askedAt: [NOON - 3000, NOON - 1000] }, 'too-many'],
    ['no zone is known', { hours: { quiet: [], business: undefined } }, 'not-allowed'],
    ['there are no hours', { hours: undefined }, 'not-allowed'],
  ])('is refused when %s', (_, more, code) => {
    expect(decideRequest({ ...facts, hours: open, ...more })).toMatchObject({ type: 'refused', code });
  });

  it('that came too often may come again when the first of them is a day old', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: DAY_MS - 1 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (ages, perDay) => {
          const askedAt = ages.map((age) => NOON - age).sort((a, b) => a - b);
          const decision = decideRequest({ ...facts, hours: open, askedAt, perDay });
          expect(decision.type).toBe(askedAt.length < perDay ? 'take' : 'refused');
          if (decision.type !== 'refused') return;
          const then = NOON + (decision.retryAfterSeconds ?? 0) * 1000;
          const left = (at: number) => askedAt.filter((time) => time > at - DAY_MS);
          const ask = (at: number) => decideRequest({ ...facts, hours: open, at, askedAt: left(at), perDay });
          expect(ask(then).type).toBe('take');
          expect(ask(then - 2000).type).toBe(then - 2000 < NOON ? ask(NOON).type : 'refused');
        },
      ),
    );
  });
});

describe('after an attempt', () => {
  const attempt = (more: Partial<AttemptFacts>): AttemptFacts => ({
    result: { end: 'visitor', reason: 'busy' },
    calls: 1,
    maxCalls: 2,
    attempts: 1,
    counted: true,
    retryMs: 900_000,
    at: NOON,
    ...more,
  });

  it.each<[string, Partial<AttemptFacts>, object]>([
    ['both talked', { result: { end: 'talked', reason: '' }, calls: 9 }, { state: 'done', reason: null }],
    ['the visitor was busy', {}, { state: 'waiting', dueAt: NOON + 900_000 }],
    ['it was the last try', { calls: 2 }, { state: 'failed', reason: 'busy' }],
    ['the visitor declined', { result: { end: 'declined', reason: 'no' } }, { state: 'failed' }],
    [
      'nobody of the business answered',
      { result: { end: 'nobody', reason: 'x' }, calls: 0 },
      { state: 'waiting', dueAt: NOON + 900_000 },
    ],
    [
      'nobody of the business ever answers',
      { result: { end: 'nobody', reason: 'x' }, attempts: MOST_ATTEMPTS },
      { state: 'failed' },
    ],
    [
      'a person has had it made again since',
      { result: { end: 'nobody', reason: 'x' }, attempts: MOST_ATTEMPTS + 1 },
      { state: 'waiting' },
    ],
    [
      'nothing was begun after that order',
      { result: { end: 'not-now', reason: 'x' }, attempts: MOST_ATTEMPTS, counted: false },
      { state: 'waiting' },
    ],
    ['the gateway stops', { result: { end: 'not-now', reason: 'x' } }, { dueAt: NOON + 60_000 }],
    ['it can not be', { result: { end: 'failed', reason: 'x' } }, { state: 'failed' }],
  ])('when %s', (_, more, expected) => {
    expect(afterAttempt(attempt(more))).toMatchObject(expected);
  });

  it('no visitor is called more often than the plan says, and nothing goes on for ever', () => {
    const end = fc.constantFrom('talked', 'nobody', 'visitor', 'declined', 'not-now', 'failed');
    fc.assert(
      fc.property(fc.infiniteStream(end), fc.integer({ min: 1, max: 5 }), (ends, maxCalls) => {
        let calls = 0;
        let attempts = 0;
        for (const each of ends) {
          attempts += 1;
          // A gateway that stops may have called the visitor, or not.
          if (each !== 'nobody' && (each !== 'not-now' || attempts % 2 === 0)) calls += 1;
          const after = afterAttempt(
            attempt({ result: { end: each, reason: 'x' }, calls, maxCalls, attempts }),
          );
          expect(calls).toBeLessThanOrEqual(maxCalls);
          if (after.state !== 'waiting') break;
          expect(after.dueAt).toBeGreaterThan(NOON);
        }
        expect(attempts).toBeLessThanOrEqual(MOST_ATTEMPTS);
      }),
    );
  });
});
