import { describe, expect, it } from 'vitest';
import type { Call } from '../../../../../src/web/softphone/contract.ts';
import { INITIAL } from '../../../../../src/web/softphone/core/changes.ts';
import { openCall, sameState, stageOf, storyCall } from '../../../../../src/web/softphone/views/chosen.ts';

const call = (key: string, fields: Partial<Call>): Call => ({
  key,
  id: undefined,
  direction: 'out',
  phase: 'talking',
  party: '+4930123456',
  context: undefined,
  startedAt: 0,
  answeredAt: undefined,
  muted: false,
  heldByOther: false,
  keys: '',
  quality: {
    level: 'unknown',
    mos: undefined,
    rttMs: undefined,
    jitterMs: undefined,
    lossPercent: undefined,
    reason: undefined,
  },
  levels: { microphone: 0, speaker: 0 },
  consultsFor: undefined,
  supervision: undefined,
  end: undefined,
  ...fields,
});

const ringing = call('r', { direction: 'in', phase: 'ringing' });
const held = call('h', { phase: 'held' });
const talking = call('t', {});
const ended = call('e', { phase: 'ended' });
const consult = call('c', { consultsFor: 'h' });
const wrapUp = {
  callId: 'x',
  party: '',
  visitor: false,
  draft: { disposition: null, tags: [], note: '', value: null },
  saved: false,
};
const state = (calls: readonly Call[], more: Partial<typeof INITIAL> = {}) => ({
  ...INITIAL,
  calls,
  ...more,
});

describe('the call in view', () => {
  it('is the one that is talked in, before one on hold, before one that ended; never one that rings', () => {
    expect(openCall([ended, held, talking, ringing])?.key).toBe('t');
    expect(openCall([ended, held, ringing])?.key).toBe('h');
    expect(openCall([ended, ringing])?.key).toBe('e');
    expect(openCall([ringing])).toBeUndefined();
  });

  it('is told with the story of the call that it is about', () => {
    expect(storyCall([held, consult], consult)).toBe(held);
    expect(storyCall([talking], talking)).toBe(talking);
    expect(storyCall([], undefined)).toBeUndefined();
  });
});

describe('what the phone shows', () => {
  it.each([
    ['dial', [], {}, false],
    ['incoming', [ringing], {}, false],
    ['call', [talking, ringing], {}, false],
    ['dial', [talking], {}, true],
    ['wrap-up', [], { wrapUp }, false],
    ['call', [ended], {}, false],
    ['wrap-up', [ended], { wrapUp }, false],
    ['wrap-up', [ended, ringing], { wrapUp }, false],
    ['wrap-up', [ringing], { wrapUp }, false],
    ['incoming', [ended, ringing], {}, false],
    ['incoming', [ringing], {}, true],
    ['call', [held], { wrapUp }, false],
  ] as const)('is %s', (stage, calls, more, dialling) =>
    expect(stageOf(state(calls, more), dialling)).toBe(stage),
  );
});

describe('a change that is worth drawing', () => {
  const before = state([talking, held]);
  const loud = { ...talking, levels: { microphone: 0.5, speaker: 0.5 } };

  it('is none of sound levels', () => {
    expect(sameState(before, state([loud, held]))).toBe(true);
    expect(sameState({ ...before, testLevel: 0.1 }, { ...before, testLevel: 0.2 })).toBe(true);
  });

  it('is any other', () => {
    expect(sameState(before, state([{ ...loud, muted: true }, held]))).toBe(false);
    expect(sameState(before, state([talking]))).toBe(false);
    expect(sameState(before, state([held, talking]))).toBe(false);
    expect(sameState(before, { ...before, connection: 'lost' })).toBe(false);
    expect(sameState(before, { ...before, testLevel: 0.2 })).toBe(false);
  });
});
