import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Place } from '../../../../src/calls/agents/states.ts';
import { newLeg } from '../../../../src/calls/record/legs.ts';
import type { Question } from '../../../../src/calls/ring/confirm.ts';
import type { AnsweredLine, Attempt, dialLine, LineDependencies } from '../../../../src/calls/ring/line.ts';
import { ringRound } from '../../../../src/calls/ring/round.ts';
import type { CallStop } from '../../../../src/calls/types.ts';
import type { MediaLeg } from '../../../../src/media/index.ts';
import type { HangUp, SipDialog } from '../../../../src/sip/index.ts';
import type { LegTable, LineTable } from '../../../../src/store/index.ts';
import { later } from '../../../support/wait.ts';

const NOTHING: Question = { accept: undefined, whisper: [], prompt: [] };
const PRESS: Question = { ...NOTHING, accept: { key: '1', timeoutSeconds: 8 } };
const WHISPER: Question = { ...NOTHING, whisper: [{ type: 'beep' }] };

const rowOf = (id: string, ringing: boolean): LegTable => ({
  ...newLeg({
    call_id: 'call',
    role: 'B',
    position: 1,
    line_id: id,
    trunk_id: null,
    uri: null,
    started_at: 1,
  }),
  ringing_at: ringing ? 2 : null,
});

/** A line as the round meets it. */
const actor = (id: string) => {
  const attempt = later<Attempt>();
  const playing = later<undefined>();
  let press: (digit: string) => void = () => undefined;
  let hangUp: (how: HangUp) => void = () => undefined;
  const bye = vi.fn(async () => undefined);
  const leg = {
    id,
    play: vi.fn(() => playing.promise),
    stopPlaying: vi.fn(() => playing.resolve(undefined)),
    listenForTones: vi.fn(),
    close: vi.fn(async () => undefined),
    security: { type: 'none' },
    transport: undefined,
  } as unknown as MediaLeg;
  const dialog = {
    bye,
    onDigit: (handler: typeof press) => {
      press = handler;
    },
    onMedia: () => undefined,
    onHangUp: (handler: typeof hangUp) => {
      hangUp = handler;
    },
  } as unknown as SipDialog;
  const place = { answered: vi.fn(), missed: vi.fn(), leave: vi.fn() } satisfies Place;
  const line = { id, name: id, user: null, ring_timeout_s: 20 } as LineTable;
  const answered: AnsweredLine = { line, leg, dialog, row: rowOf(id, true), leave: place.leave };
  return {
    id,
    line,
    place,
    bye,
    leg,
    dialled: undefined as LineTable | undefined,
    answer: () => attempt.resolve({ type: 'answered', answered }),
    fail: (outcome: 'busy' | 'no_answer', ringing = true) =>
      attempt.resolve({ type: 'failed', leg: { outcome, status: 486, q850: 17 }, row: rowOf(id, ringing) }),
    stopped: (stop: CallStop) => attempt.resolve({ type: 'stopped', stop, row: rowOf(id, true) }),
    said: () => playing.resolve(undefined),
    press: (digit: string) => press(digit),
    hangUp: () => hangUp({ by: 'peer', text: undefined, q850: 16 }),
    attempt,
  };
};

type Actor = ReturnType<typeof actor>;

const scene = (question: Question, ids: readonly string[] = ['a', 'b', 'c'], more = {}) => {
  const actors = ids.map(actor);
  const stopped = later<CallStop>();
  const book = vi.fn();
  const stops: CallStop[] = [];
  const dial: typeof dialLine = ({ stopped: told }, { id, ring_timeout_s }) => {
    const found = actors.find((each) => each.id === id);
    if (!found) throw new Error(`nobody is ${id}`);
    Object.assign(found, { dialled: { ring_timeout_s } });
    // As a real line does, it gives up as soon as it is told to.
    void told.then((stop) => {
      stops.push(stop);
      found.stopped(stop);
    });
    return found.attempt.promise;
  };
  const keys = new Map(actors.map((each) => [`line:${each.id}`, each]));
  const deps = {
    services: { agents: { take: (key: string) => keys.get(key)?.place }, now: () => 5 },
    plan: { callId: 'call' },
    session: { on: () => undefined },
    record: { note: vi.fn() },
    book: { add: book },
    progress: { ringing: () => undefined, earlyMedia: () => undefined },
    stopped: stopped.promise,
  } as unknown as LineDependencies;
  const plan = {
    members: actors.map(({ id, line }) => ({ key: `line:${id}`, line, weight: 1, priority: 1, maxCalls: 1 })),
    offer: undefined,
    ringMs: undefined,
    leftMs: Number.POSITIVE_INFINITY,
    question,
    earlyMedia: false,
    ...more,
  };
  const end = ringRound(deps, plan, dial);
  const [a, b, c] = actors as [Actor, Actor, Actor];
  return { a, b, c, end, stopped, book, stops };
};

/** Lets all that is due happen. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HANG_UP: CallStop = { by: 'caller', reason: 'the caller hung up', q850: 16, cancelled: true };

describe('several ring', () => {
  it('and the first to pick up has the call; the others are told so, once', async () => {
    const { a, b, c, end, stops, book } = scene(NOTHING);
    b.answer();
    await expect(end).resolves.toMatchObject({ type: 'answered', answered: { line: { id: 'b' } } });
    await settle();
    expect(stops.map(({ q850 }) => q850)).toEqual([26, 26, 26]);
    expect([a, b, c].map(({ place }) => place.answered.mock.calls.length)).toEqual([0, 1, 0]);
    expect([a, b, c].map(({ place }) => place.missed.mock.calls.length)).toEqual([0, 0, 0]);
    expect(book).toHaveBeenCalledTimes(2);
  });

  it('and two pick up at once: the second is hung up', async () => {
    const { a, b, end } = scene(NOTHING);
    a.answer();
    b.answer();
    await expect(end).resolves.toMatchObject({ answered: { line: { id: 'a' } } });
    await settle();
    expect(b.bye).toHaveBeenCalledExactlyOnceWith({ q850: 26, text: 'answered elsewhere' });
    expect(b.place.leave).toHaveBeenCalled();
    expect(a.bye).not.toHaveBeenCalled();
  });

  it('and all fail: why, and who has missed it, a phone that never rang apart', async () => {
    const { a, b, c, end } = scene(NOTHING);
    a.fail('no_answer');
    b.fail('busy');
    c.fail('busy', false);
    const found = await end;
    expect(found.type === 'failed' && found.failed.map(({ outcome }) => outcome)).toEqual([
      'no_answer',
      'busy',
      'busy',
    ]);
    expect([a, b, c].map(({ place }) => place.missed.mock.calls.length)).toEqual([1, 1, 0]);
  });

  it('until the caller hangs up', async () => {
    const { a, end, stopped } = scene(NOTHING);
    stopped.resolve(HANG_UP);
    await expect(end).resolves.toEqual({ type: 'stopped', stop: HANG_UP });
    expect(a.place.missed).not.toHaveBeenCalled();
  });

  it('for as long as the step says, and no longer than all have left', async () => {
    const { a, b } = scene(NOTHING, ['a', 'b'], { ringMs: 30_000, leftMs: 12_345.6 });
    expect([a.dialled?.ring_timeout_s, b.dialled?.ring_timeout_s]).toEqual([12.346, 12.346]);
    const plain = scene(NOTHING, ['a']);
    expect(plain.a.dialled?.ring_timeout_s).toBe(20);
  });

  it('and none goes on when one of them breaks', async () => {
    const { a, stops, end } = scene(NOTHING, ['a', 'b']);
    a.attempt.resolve(Promise.reject(new Error('out of memory')) as never);
    await expect(end).rejects.toThrow('out of memory');
    await settle();
    expect(stops.map(({ q850 }) => q850)).toContain(26);
  });
});

describe('with a key to press', () => {
  it('a mailbox goes on talking until a person presses it', async () => {
    const { a, b, c, end, stops } = scene(PRESS);
    a.answer();
    await settle();
    expect(stops).toEqual([]);
    b.answer();
    await settle();
    b.press('2');
    b.press('1');
    await expect(end).resolves.toMatchObject({ answered: { line: { id: 'b' } } });
    await settle();
    expect(a.bye).toHaveBeenCalledExactlyOnceWith({ q850: 26, text: 'answered elsewhere' });
    expect(a.place.missed).not.toHaveBeenCalled();
    expect(stops).toHaveLength(3);
    expect(c.place.answered).not.toHaveBeenCalled();
  });

  it('two press it at once: one has the call', async () => {
    const { a, b, end } = scene(PRESS, ['a', 'b']);
    a.answer();
    b.answer();
    await settle();
    a.press('1');
    b.press('1');
    await expect(end).resolves.toMatchObject({ answered: { line: { id: 'a' } } });
    await settle();
    expect([a.bye.mock.calls.length, b.bye.mock.calls.length]).toEqual([0, 1]);
  });

  it('nobody presses it within the time after the words: missed, and hung up', async () => {
    const { a, end } = scene(PRESS, ['a']);
    a.answer();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(a.bye).not.toHaveBeenCalled();
    a.said();
    await vi.advanceTimersByTimeAsync(7999);
    expect(a.bye).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await expect(end).resolves.toMatchObject({
      type: 'failed',
      failed: [{ outcome: 'no_answer', q850: 19 }],
    });
    expect(a.bye).toHaveBeenCalledOnce();
    expect(a.place.missed).toHaveBeenCalledOnce();
    expect(a.place.answered).not.toHaveBeenCalled();
  });

  it('the caller hangs up meanwhile: so does the gateway', async () => {
    const { a, end, stopped } = scene(PRESS, ['a']);
    a.answer();
    await settle();
    stopped.resolve(HANG_UP);
    await expect(end).resolves.toEqual({ type: 'stopped', stop: HANG_UP });
    expect(a.bye).toHaveBeenCalledExactlyOnceWith({ q850: 16, text: HANG_UP.reason });
    expect(a.place.missed).not.toHaveBeenCalled();
  });
});

describe('with a whisper', () => {
  it('who picks up has the call when it has heard it, and nobody else rings meanwhile', async () => {
    const { a, b, end, stops } = scene(WHISPER, ['a', 'b']);
    a.answer();
    await settle();
    expect(stops).toHaveLength(2);
    let over = false;
    void end.then(() => {
      over = true;
    });
    await settle();
    expect(over).toBe(false);
    a.said();
    await expect(end).resolves.toMatchObject({ answered: { line: { id: 'a' } } });
    expect(b.place.answered).not.toHaveBeenCalled();
  });

  it('who hangs up while it is heard has missed the call', async () => {
    const { a, end } = scene(WHISPER, ['a']);
    a.answer();
    await settle();
    a.hangUp();
    await expect(end).resolves.toMatchObject({ type: 'failed', failed: [{ outcome: 'no_answer' }] });
    expect(a.place.missed).toHaveBeenCalledOnce();
  });
});
