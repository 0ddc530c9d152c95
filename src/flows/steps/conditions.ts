import { type RouteCase, type SchedulePlan, WEEKDAYS } from '../../config/index.ts';
import { openState } from '../schedule/index.ts';
import type { StepContext } from '../types.ts';

type When = RouteCase['when'];
/** Words for why a condition fits; undefined: it does not. */
type Fit = string | undefined;
type Test<Wanted> = (wanted: Wanted, context: StepContext) => Fit;

const fold = (text: string): string => text.normalize('NFC').toLowerCase();
const digitsOf = (text: string): string => text.replace(/\D/g, '');

const oneOf =
  (name: string, read: (context: StepContext) => readonly (string | undefined)[]): Test<readonly string[]> =>
  (wanted, context) => {
    const values = read(context).flatMap((value) => (value === undefined ? [] : [fold(value)]));
    const found = wanted.find((text) => values.includes(fold(text)));
    return found === undefined ? undefined : `${name} ${found}`;
  };

const containing =
  (name: string, read: (context: StepContext) => string | undefined): Test<readonly string[]> =>
  (wanted, context) => {
    const value = fold(read(context) ?? '');
    const found = wanted.find((text) => value.includes(fold(text)));
    return found === undefined ? undefined : `${name} with ${found}`;
  };

/** Longer ones say who the caller is. */
const LONGEST_SHOWN_PREFIX = 7;

const prefix: Test<readonly string[]> = (wanted, { facts }) => {
  if (facts.callerNumber === undefined) return undefined;
  const number = digitsOf(facts.callerNumber);
  const found = wanted.map(digitsOf).find((start) => start !== '' && number.startsWith(start));
  if (found === undefined) return undefined;
  return found.length <= LONGEST_SHOWN_PREFIX ? `prefix +${found}` : "the caller's number";
};

const variables: Test<NonNullable<When['variable']>> = (wanted, { state }) => {
  const found = Object.entries(wanted).map(([name, values]): Fit => {
    const value = Object.hasOwn(state.variables, name) ? state.variables[name] : undefined;
    if (value === undefined || !values.some((text) => fold(text) === fold(value))) return undefined;
    return state.sensitive.includes(name) ? name : `${name} is ${value}`;
  });
  return found.includes(undefined) ? undefined : found.join(', ');
};

const TESTS: { readonly [Name in Exclude<keyof When, 'time' | 'days'>]-?: Test<NonNullable<When[Name]>> } = {
  country: oneOf('country', ({ facts }) => [facts.country]),
  area: oneOf('area', ({ facts }) => [facts.area, facts.city]),
  prefix,
  anonymous: (wanted, { facts }) => {
    if ((facts.callerNumber === undefined) !== wanted) return undefined;
    return wanted ? 'no number' : 'a number';
  },
  repeat: (wanted, { facts }) => {
    if ((facts.priorCalls ?? 0) > 0 !== wanted) return undefined;
    return wanted ? 'called before' : 'never called before';
  },
  source: oneOf('source', ({ facts }) => [facts.source]),
  medium: oneOf('medium', ({ facts }) => [facts.medium]),
  campaign: oneOf('campaign', ({ facts }) => [facts.campaign]),
  keyword: containing('keyword', ({ facts }) => facts.keyword),
  channel: oneOf('channel', ({ facts }) => [facts.channel]),
  landing: containing('landing page', ({ facts }) => facts.landing),
  number: (wanted, { facts }) => {
    const did = digitsOf(facts.did ?? '');
    const found = wanted.find((text) => did !== '' && digitsOf(text) === did);
    return found === undefined ? undefined : `number ${found}`;
  },
  button: oneOf('button', ({ facts }) => [facts.button]),
  intent: oneOf('intent', ({ facts }) => [facts.intent]),
  variable: variables,
};

const clocks = new WeakMap<When, SchedulePlan>();

/** The hours of a case as a schedule, so that midnight and changes of the clock count as they do there. */
const clockOf = (when: When, timezone: string): SchedulePlan => {
  const known = clocks.get(when);
  if (known?.timezone === timezone) return known;
  const spans = when.time === undefined ? ['00:00-24:00'] : [when.time].flat();
  const hours = Object.fromEntries((when.days ?? WEEKDAYS).map((day) => [day, spans]));
  const clock: SchedulePlan = { id: 'case', timezone, hours, holidays: [], calendars: [] };
  clocks.set(when, clock);
  return clock;
};

const clockFit = (when: When, { here, at }: StepContext): Fit => {
  const { state, reason } = openState(clockOf(when, here.flow.timezone), at);
  return state === 'open' ? reason : undefined;
};

const fitOf = <Name extends keyof typeof TESTS>(name: Name, when: When, context: StepContext): Fit => {
  const wanted = when[name] as NonNullable<When[Name]> | undefined;
  const test = TESTS[name] as Test<NonNullable<When[Name]>>;
  return wanted === undefined ? '' : test(wanted, context);
};

const NAMES = Object.keys(TESTS) as (keyof typeof TESTS)[];

/**
 * Whether all conditions of a case fit a call.
 *
 * @returns words for what fits (`country DE, source google`), `always` without conditions; undefined: it does not fit. Holds no
 * caller's number and no value of a sensitive variable.
 */
export const caseFits = ({ when }: RouteCase, context: StepContext): string | undefined => {
  const fits = NAMES.map((name) => fitOf(name, when, context));
  if (when.time !== undefined || when.days !== undefined) fits.push(clockFit(when, context));
  if (fits.includes(undefined)) return undefined;
  return fits.filter((words) => words !== '').join(', ') || 'always';
};
