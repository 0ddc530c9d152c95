import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gather, type Question } from '../../../../src/calls/flow/gather.ts';
import { createKeys } from '../../../../src/calls/flow/keys.ts';
import type { MediaEvents, MediaLeg, MediaSession } from '../../../../src/media/index.ts';
import type { SipDialog } from '../../../../src/sip/index.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const QUESTION: Question = {
  min: 1,
  max: 4,
  end: '#',
  timeoutMs: 5000,
  betweenMs: 3000,
  bargeIn: true,
  typeAhead: true,
  sensitive: false,
};

/** A caller whose question lasts 2 s. */
const caller = () => {
  const leg = {} as MediaLeg;
  let tell: MediaEvents['dtmf'] = () => undefined;
  const on = (_event: string, listener: MediaEvents['dtmf']): void => {
    tell = listener;
  };
  const keys = createKeys({ on } as unknown as MediaSession, leg, () => Date.now());
  let stopped = 0;
  let hangUp: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const ask = (question: Partial<Question> = {}) =>
    gather(
      {
        keys,
        ask: () => new Promise((resolve) => setTimeout(() => resolve({ ended: true, heardMs: 2000 }), 2000)),
        stopAsking: () => {
          stopped += 1;
        },
        stopped: gone,
      },
      { ...QUESTION, ...question },
    );
  const press = (all: string): void => {
    for (const key of all) tell(leg, key, 100, 'event');
  };
  return { keys, ask, press, hangUp: () => hangUp(), stopped: () => stopped };
};

describe('keys that a caller is asked for', () => {
  it('end the question, and are over with the end key', async () => {
    const { ask, press, stopped } = caller();
    const asked = ask();
    await vi.advanceTimersByTimeAsync(500);
    press('12#');
    expect(await asked).toEqual({ type: 'gathered', digits: '12', by: 'end' });
    expect(stopped()).toBe(1);
  });

  it('are full at the most that was asked for; the end key that follows belongs to them', async () => {
    const { ask, press } = caller();
    const asked = ask();
    press('1234');
    expect(await asked).toEqual({ type: 'gathered', digits: '1234', by: 'full' });
    const next = ask({ max: 1, end: undefined });
    press('#7');
    expect(await next).toEqual({ type: 'gathered', digits: '7', by: 'full' });
  });

  it('may come before the question, unless it is asked again', async () => {
    const { ask, press } = caller();
    press('3');
    expect(await ask({ max: 1 })).toMatchObject({ digits: '3' });
    press('4');
    const again = ask({ max: 1, typeAhead: false });
    await vi.advanceTimersByTimeAsync(7001);
    expect(await again).toEqual({ type: 'gathered', digits: '', by: 'timeout' });
  });

  it('are waited for from the end of the question, then from the last of them', async () => {
    const { ask, press } = caller();
    const asked = ask();
    await vi.advanceTimersByTimeAsync(6900);
    press('1');
    await vi.advanceTimersByTimeAsync(2900);
    press('2');
    let done = false;
    void asked.then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(2900);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(await asked).toEqual({ type: 'gathered', digits: '12', by: 'timeout' });
  });

  it('are not heard during a question that must be heard to its end', async () => {
    const { ask, press } = caller();
    const asked = ask({ bargeIn: false, max: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    press('1');
    await vi.advanceTimersByTimeAsync(1500);
    press('2');
    expect(await asked).toMatchObject({ digits: '2' });
  });

  it('count once when they come as RTP and as INFO', async () => {
    const { keys, ask, press } = caller();
    let info: (key: string) => void = () => undefined;
    const onDigit = (handler: typeof info): void => {
      info = handler;
    };
    keys.attend({ onDigit } as unknown as SipDialog);
    const asked = ask();
    press('5');
    info('5');
    await vi.advanceTimersByTimeAsync(400);
    info('5');
    press('#');
    expect(await asked).toMatchObject({ digits: '55' });
  });

  it('leave nothing behind when they are sensitive', async () => {
    const { ask, press } = caller();
    const asked = ask({ sensitive: true });
    press('1234');
    await asked;
    press('5');
    const next = ask({ sensitive: true, max: 1, typeAhead: false });
    await vi.advanceTimersByTimeAsync(7001);
    expect(await next).toMatchObject({ digits: '' });
  });

  it('are over when the caller is gone', async () => {
    const { ask, hangUp } = caller();
    const asked = ask();
    hangUp();
    expect(await asked).toMatchObject({ digits: '', by: 'timeout' });
  });
});
