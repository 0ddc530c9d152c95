import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endOfRefusal,
  endOfTakedown,
  endOfToken,
  type Refusal,
} from '../../../../src/web/widget/call/end.ts';

const refusal = (status: number, fields: Partial<Refusal> = {}): Refusal => ({
  status,
  phrase: 'Phrase',
  reason: undefined,
  retryAfter: undefined,
  reachable: true,
  ...fields,
});

describe('a call that was never answered', () => {
  it.each([
    [486, 'other', 'busy'],
    [603, 'other', 'busy'],
    [480, 'other', 'no-answer'],
    [408, 'other', 'no-answer'],
    [404, 'other', 'no-answer'],
    [403, 'gateway', 'refused'],
    [429, 'gateway', 'too-many'],
    [503, 'gateway', 'too-many'],
    [488, 'gateway', 'failed'],
    [500, 'gateway', 'failed'],
  ])('%i is told as %s, %s', (status, by, reason) => {
    expect(endOfRefusal(refusal(status))).toMatchObject({ by, reason, status, text: 'Phrase' });
  });

  it('has the words of the gateway, and when to try again', () => {
    const full = refusal(486, {
      reason: 'Q.850;cause=17;text="192.0.2.1 has 2 calls up already, as many as may be"',
      retryAfter: '10 (later)',
    });
    expect(endOfRefusal(full)).toEqual({
      by: 'gateway',
      reason: 'too-many',
      status: 486,
      text: '192.0.2.1 has 2 calls up already, as many as may be',
      retryAfterS: 10,
    });
    const closed = refusal(480, { reason: 'Q.850;cause=20;text="office is closed: outside of hours"' });
    expect(endOfRefusal(closed)).toMatchObject({ by: 'gateway', reason: 'closed' });
    expect(endOfRefusal(refusal(503, { retryAfter: 'soon' }))).not.toHaveProperty('retryAfterS');
  });

  it('was not answered by the gateway at all when the connection is gone', () => {
    for (const status of [408, 503])
      expect(endOfRefusal(refusal(status, { reachable: false }))).toMatchObject({ reason: 'unreachable' });
  });

  it('is not blamed on the visitor while the gateway stops', () => {
    const stopping = refusal(503, { reason: 'Q.850;cause=41;text="the gateway is stopping"' });
    expect(endOfRefusal(stopping)).toMatchObject({ reason: 'unreachable', code: 'no-web' });
  });

  it('always has a reason', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 699 }),
        fc.option(fc.string(), { nil: undefined }),
        fc.boolean(),
        (status, reason, reachable) => {
          const end = endOfRefusal(refusal(status, { reason, retryAfter: reason, reachable }));
          expect(end.reason).toBeTruthy();
          expect(end.by).not.toBe('us');
        },
      ),
    );
  });
});

describe('a call that the other side took down', () => {
  it('was hung up by people', () => {
    expect(endOfTakedown(undefined, 5, 3600)).toEqual({ by: 'other', reason: 'hung-up', text: '' });
    expect(endOfTakedown('Q.850;cause=16', 3599, 3600)).toMatchObject({ by: 'other', reason: 'hung-up' });
  });

  it('had lasted for the longest time', () => {
    const reason = 'Q.850;cause=16;text="the longest time for a call is over"';
    expect(endOfTakedown(reason, 10, undefined)).toMatchObject({ by: 'gateway', reason: 'longest-time' });
    expect(endOfTakedown('Q.850;cause=16;text="time is up"', 3598, 3600)).toMatchObject({
      reason: 'longest-time',
    });
    expect(endOfTakedown('Q.850;cause=16;text="time is up"', 60, 3600)).toMatchObject({ reason: 'hung-up' });
  });

  it('failed', () => {
    expect(endOfTakedown('SIP;cause=503;text="no media"', 5, 3600)).toEqual({
      by: 'gateway',
      reason: 'failed',
      text: 'no media',
    });
  });

  it('was lost when nothing came of the visitor any more', () => {
    const reason = 'Q.850;cause=102;text="no audio came from the caller any more"';
    expect(endOfTakedown(reason, 25, 3600)).toMatchObject({ by: 'gateway', reason: 'lost' });
  });
});

describe('a call without permission', () => {
  it.each([
    [0, 'unreachable', 'unreachable'],
    [403, 'origin', 'refused'],
    [403, 'closed', 'closed'],
    [404, 'unknown-button', 'refused'],
    [429, 'too-many', 'too-many'],
    [503, 'no-web', 'unreachable'],
    [500, '', 'failed'],
  ])('%i %s is told as %s', (status, code, reason) => {
    expect(endOfToken({ type: 'refused', status, code })).toEqual({ by: 'gateway', reason, status, code });
  });
});
