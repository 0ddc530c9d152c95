import { describe, expect, it } from 'vitest';
import {
  advanceFlow,
  beginFlow,
  explainPath,
  type Flow,
  MOST_STEPS,
  templateValues,
} from '../../../src/flows/index.ts';
import { BYE, callFacts, flowOf, keys, SUNDAY_EVENING, walk } from './plans.ts';

describe('a circle', () => {
  it('in which nothing happens is stopped at once', () => {
    const call = walk(
      flowOf({ a: { do: 'tag', tags: ['x'], next: 'b' }, b: { do: 'goto', step: 'a' }, c: BYE }),
    );
    expect(call.now()).toMatchObject({
      state: { at: undefined },
      action: { type: 'hangup', cause: 'failed' },
    });
    expect(call.path().at(-1)).toMatchObject({
      kind: 'end',
      text: 'End: the flow runs in a circle in which nothing happens, and the call ends.',
    });
    // Three steps, and the fourth that shows it.
    expect(call.path()).toHaveLength(5);
  });

  it('of a caller who presses nothing is stopped', () => {
    const call = walk(flowOf({ m: { do: 'menu', play: 'p', keys: { 1: 'm' }, otherwise: 'm' }, bye: BYE }));
    let asked = 0;
    while (call.now().state.at !== undefined && asked < 100) {
      call.tell(keys(''));
      asked += 1;
    }
    // Three times three questions in a flow of two steps.
    expect(asked).toBe(9);
  });

  it('of a caller who presses keys goes on to the last step', () => {
    const call = walk(flowOf({ m: { do: 'menu', play: 'p', keys: { 1: 'm' } } }));
    for (let turn = 1; turn < MOST_STEPS; turn += 1) expect(call.tell(keys('1')).state.steps).toBe(turn);
    expect(call.tell(keys('1'))).toMatchObject({
      state: { at: undefined, steps: MOST_STEPS },
      action: { type: 'hangup', cause: 'failed' },
    });
  });

  it('of lines that ring goes on, of lines that can not be rung is stopped', () => {
    const flow = flowOf({ d: { do: 'dial', lines: ['one'], next: 'd' } });
    const ring = (tried: number) => {
      const call = walk(flow);
      for (let turn = 0; turn < 20; turn += 1) call.tell({ type: 'not-reached', why: 'no-answer', tried });
      return call.now().state.at;
    };
    expect(ring(1)).toBe('d');
    expect(ring(0)).toBeUndefined();
  });
});

describe('an event', () => {
  it('that the step does not wait for counts as a failure', () => {
    const call = walk(
      flowOf({ m: { do: 'menu', play: 'p', keys: { 1: 'a' }, otherwise: 'bye' }, a: BYE, bye: BYE }),
    );
    call.tell({ type: 'answered' });
    expect(call.texts()[0]).toBe('Menu m: it could not be asked (answered came in its place), on to bye.');
  });

  it('for a step that is gone ends the call', () => {
    const flow = flowOf({ a: { do: 'answer', next: 'bye' }, bye: BYE });
    const state = { ...beginFlow(flow, callFacts(), SUNDAY_EVENING).state, at: 'gone' };
    const after = advanceFlow(flow, callFacts(), state, { type: 'answered' }, SUNDAY_EVENING);
    expect(after).toMatchObject({ state: { at: undefined }, action: { type: 'hangup', cause: 'failed' } });
  });
});

describe('a path', () => {
  const through = (flow: Flow) => {
    const call = walk(flow);
    call.tell(keys('1'));
    return call;
  };

  it('has the time of each entry', () => {
    const call = walk(
      flowOf({ a: { do: 'answer', next: 'm' }, m: { do: 'menu', play: 'p', keys: { 1: 'bye' } }, bye: BYE }),
    );
    call.tell({ type: 'answered' }, 1000);
    call.tell(keys('1'), 2000);
    expect(call.path().map(({ at }) => at)).toEqual([1000, 2000, 2000]);
  });

  it('is explained without its jumps', () => {
    const flow = flowOf({
      m: { do: 'menu', play: 'p', keys: { 1: 'j' } },
      j: { do: 'goto', step: 'bye' },
      bye: BYE,
    });
    expect(explainPath(through(flow).path())).toEqual([
      'Menu m: the caller pressed 1, on to j.',
      'Hang up bye: the call ends.',
    ]);
  });
});

describe('values of templates', () => {
  it('are what is known and what the flow knows, but nothing sensitive', () => {
    const flow = flowOf({
      card: { do: 'collect', play: 'p', as: 'card', sensitive: true, next: 's' },
      s: { do: 'set', variables: { city: 'Potsdam', order: '7' }, next: 'd' },
      d: { do: 'dial', lines: ['one'] },
    });
    const call = walk(flow, callFacts({ area: 'Brandenburg', campaign: undefined }));
    call.tell(keys('4929123'));
    expect(templateValues(callFacts({ area: 'Brandenburg', campaign: undefined }), call.now().state)).toEqual(
      {
        source: 'google',
        sourceName: 'Google Ads',
        medium: 'cpc',
        keyword: 'roof repair berlin',
        channel: 'Paid search',
        country: 'DE',
        area: 'Brandenburg',
        city: 'Potsdam',
        order: '7',
      },
    );
  });
});
