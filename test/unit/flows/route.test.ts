import { describe, expect, it } from 'vitest';
import type { FlowFacts } from '../../../src/flows/index.ts';
import { BYE, callFacts, flowOf, MONDAY_MORNING, SUNDAY_EVENING, walk } from './plans.ts';

const first = (when: object, facts: Partial<FlowFacts> = {}, at = SUNDAY_EVENING) => {
  const flow = flowOf({
    r: { do: 'route', cases: [{ when, to: 'yes' }], otherwise: 'no' },
    yes: BYE,
    no: BYE,
  });
  return walk(flow, callFacts(facts), at).path()[0];
};
const fits = (when: object, facts: Partial<FlowFacts> = {}, at = SUNDAY_EVENING): boolean =>
  first(when, facts, at)?.to === 'yes';

describe('conditions of a route', () => {
  it.each([
    ['a country, in any case', { country: ['fr', 'de'] }, true],
    ['another country', { country: 'FR' }, false],
    ['a city as area', { area: 'berlin' }, true],
    ['a prefix', { prefix: '+49 30' }, true],
    ['a prefix that lies within', { prefix: '30' }, false],
    ['a number shown', { anonymous: false }, true],
    ['no number shown', { anonymous: true }, false],
    ['a first call', { repeat: false }, true],
    ['a repeated call', { repeat: true }, false],
    ['a source', { source: 'Google' }, true],
    ['a piece of a source', { source: 'goo' }, false],
    ['a medium', { medium: 'CPC' }, true],
    ['a campaign', { campaign: ['summer', 'winter'] }, true],
    ['a piece of the keyword', { keyword: 'Roof' }, true],
    ['another keyword', { keyword: 'window' }, false],
    ['a channel', { channel: 'paid search' }, true],
    ['a piece of the landing page', { landing: '/roof' }, true],
    ['the number', { number: '+49 30 12345' }, true],
    ['another number', { number: '+493012346' }, false],
    ['all of several', { country: 'DE', source: 'google' }, true],
    ['not all of several', { country: 'DE', source: 'bing' }, false],
    ['none at all', {}, true],
    ['a variable that is not set', { variable: { constructor: 'x' } }, false],
  ])('%s', (_what, when, expected) => {
    expect(fits(when)).toBe(expected);
  });

  it('fit nothing that is not known', () => {
    const unknown = { country: undefined, callerNumber: undefined, keyword: undefined, did: undefined };
    for (const when of [{ country: 'DE' }, { prefix: '+49' }, { keyword: 'roof' }, { number: '+493012345' }])
      expect(fits(when, unknown)).toBe(false);
    expect(fits({ anonymous: true }, unknown)).toBe(true);
    expect(fits({ repeat: false }, { priorCalls: undefined })).toBe(true);
    expect(fits({ repeat: true }, { priorCalls: 2 })).toBe(true);
  });

  it.each([
    ['within', { time: '20:30-22:00' }, SUNDAY_EVENING, true],
    ['at its end', { time: '20:00-21:00' }, SUNDAY_EVENING, false],
    ['at its beginning', { time: '21:00-22:00' }, SUNDAY_EVENING, true],
    ['in one of several', { time: ['08:00-09:00', '20:00-24:00'] }, SUNDAY_EVENING, true],
    ['on the day', { days: ['sun'] }, SUNDAY_EVENING, true],
    ['on another day', { days: ['mon', 'sat'], time: '20:00-22:00' }, SUNDAY_EVENING, false],
    ['over midnight, of the evening', { days: ['sun'], time: '20:00-04:00' }, SUNDAY_EVENING, true],
    [
      'over midnight, of the day after',
      { days: ['sun'], time: '20:00-04:00' },
      MONDAY_MORNING - 8 * 3_600_000,
      true,
    ],
    ['over midnight, ended', { days: ['sun'], time: '20:00-04:00' }, MONDAY_MORNING, false],
    ['over midnight, of the day before', { days: ['mon'], time: '20:00-04:00' }, SUNDAY_EVENING, false],
  ])("go by the clock of the flow's zone: %s", (_what, when, at, expected) => {
    expect(fits(when, {}, at)).toBe(expected);
  });

  it('is explained by what fits', () => {
    expect(first({ country: 'DE', keyword: 'roof' })).toMatchObject({
      input: 'country DE, keyword with roof',
      exit: 'case 1',
      text: 'Route r: case 1 fits (country DE, keyword with roof), on to yes.',
    });
    expect(first({ country: 'FR' })).toMatchObject({
      exit: 'otherwise',
      text: 'Route r: no case fits, on to no.',
    });
  });

  it("names no caller's number", () => {
    const entry = first({ prefix: '+4930901820' });
    expect(entry?.to).toBe('yes');
    expect(JSON.stringify(entry)).not.toContain('901820');
  });
});
