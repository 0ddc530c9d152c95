import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from '../../../../src/web/softphone/contract.ts';
import { problemOfCapture } from '../../../../src/web/softphone/core/capture-problem.ts';
import {
  activeCall,
  addCall,
  addProblem,
  callOf,
  changeCall,
  clearProblems,
  dropCall,
  endCall,
  INITIAL,
  loggedOut,
  openCalls,
  set,
  setLevels,
  wantsWrapUp,
} from '../../../../src/web/softphone/core/changes.ts';
import { type KeptCall, readKept, writeKept } from '../../../../src/web/softphone/core/resume.ts';
import { createStore } from '../../../../src/web/softphone/core/store.ts';

const call = (key: string, fields: Partial<Call> = {}) =>
  addCall({ key, direction: 'in', phase: 'talking', party: 'Jane', startedAt: 1, ...fields });

describe('the state of the phone', () => {
  it('has each kind of problem once, the latest first', () => {
    const state = [
      addProblem({ type: 'device-gone', label: 'a' }),
      addProblem({ type: 'audio-lost' }),
      addProblem({ type: 'device-gone', label: 'b' }),
    ].reduce((current, change) => change(current), INITIAL);
    expect(state.problems).toEqual([{ type: 'device-gone', label: 'b' }, { type: 'audio-lost' }]);
    expect(clearProblems('audio-lost')(state).problems).toHaveLength(1);
    expect(clearProblems('no-microphone')(state)).toBe(state);
  });

  it('shows an ended call for a moment, and frees what consulted for it', () => {
    const two = call('b', { consultsFor: 'a' })(call('a')(INITIAL));
    const ended = endCall('a', { by: 'other', text: '' })(two);
    expect(callOf(ended, 'a')).toBeUndefined();
    expect(ended.calls.map(({ phase, consultsFor }) => [phase, consultsFor])).toEqual([
      ['ended', undefined],
      ['talking', undefined],
    ]);
    expect(openCalls(ended).map(({ key }) => key)).toEqual(['b']);
    expect(dropCall('a')(ended).calls).toHaveLength(1);
  });

  it('talks in the latest call that is not held', () => {
    const state = call('c', { phase: 'ringing' })(call('b')(call('a', { phase: 'held' })(INITIAL)));
    expect(activeCall(state)?.key).toBe('b');
  });

  it('does not change for what can not be seen', () => {
    const state = setLevels('a', 0.5, 0.25)(call('a')(INITIAL));
    expect(state.calls[0]?.levels).toEqual({ microphone: 0.5, speaker: 0.26 });
    expect(setLevels('a', 0.501, 0.255)(state)).toBe(state);
    expect(setLevels('gone', 1, 1)(state)).toBe(state);
    expect(changeCall('gone', { muted: true })(state)).toBe(state);
  });

  it('wants a wrap-up for calls with callers that were talked', () => {
    const [talked] = call('a', { answeredAt: 2, id: '01X' })(INITIAL).calls;
    if (!talked) throw new Error('no call');
    expect(wantsWrapUp(talked)).toBe(true);
    expect(wantsWrapUp({ ...talked, answeredAt: undefined })).toBe(false);
    expect(wantsWrapUp({ ...talked, id: undefined })).toBe(false);
    expect(wantsWrapUp({ ...talked, supervision: 'listen' })).toBe(false);
    expect(wantsWrapUp({ ...talked, consultsFor: 'b' })).toBe(false);
  });

  it('keeps the devices and nothing of the person after a logout', () => {
    const devices = { ...INITIAL.devices, microphone: 'm' };
    const state = set({
      stage: 'phone',
      devices,
      live: [],
      people: [{ name: 'x', display: null, state: 'away' }],
    })(INITIAL);
    expect(loggedOut({ type: 'login-over' })(state)).toEqual({
      ...INITIAL,
      stage: 'login',
      devices,
      problems: [{ type: 'login-over' }],
    });
  });

  it('tells who listens once for several changes, and not for none', () => {
    const store = createStore();
    const listener = vi.fn();
    const stop = store.subscribe(listener);
    store.change(call('a'), changeCall('a', { muted: true }));
    store.change(clearProblems('audio-lost'));
    stop();
    store.change(dropCall('a'));
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

const KEPT: KeptCall = {
  callId: 'c',
  localTag: 'l',
  remoteTag: 'r',
  id: '01X',
  direction: 'in',
  party: 'Jane',
  startedAt: 1,
  answeredAt: 2,
  held: false,
  muted: true,
  keys: '',
};

describe('calls kept for a reload', () => {
  const text = writeKept({ user: 'alice', savedAt: 1000, calls: [KEPT] }) ?? '';

  it('come back as they were, to the same person, soon', () => {
    expect(readKept(text, 'alice', 16_000)).toEqual([KEPT]);
    expect(readKept(text, 'bob', 16_000)).toEqual([]);
    expect(readKept(text, 'alice', 22_000)).toEqual([]);
    expect(readKept(null, 'alice', 1000)).toEqual([]);
  });

  it('are not kept when there are none', () => {
    expect(writeKept({ user: 'alice', savedAt: 1, calls: [] })).toBeUndefined();
  });

  it('survive whatever else the storage holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (anything) => {
        expect(readKept(anything, 'alice', 1)).toEqual([]);
      }),
    );
    const half = JSON.stringify({ user: 'alice', savedAt: 1000, calls: [{ ...KEPT, held: 'no' }, 5, KEPT] });
    expect(readKept(half, 'alice', 1000)).toEqual([KEPT]);
  });
});

describe('a microphone that can not be had', () => {
  it.each([
    ['NotAllowedError', 'microphone-refused'],
    ['NotFoundError', 'no-microphone'],
    ['OverconstrainedError', 'no-microphone'],
    ['NotReadableError', 'microphone-busy'],
  ])('%s means %s', (name, type) => {
    expect(problemOfCapture(name)).toEqual({ type });
  });
});
