import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { type SchedulePlan, scheduleSchema, WEEKDAYS } from '../../../../src/config/index.ts';
import { nextOpening, openState } from '../../../../src/flows/schedule/index.ts';

const schedule = (plan: object): SchedulePlan =>
  scheduleSchema.parse({ id: 'office', timezone: 'Europe/Berlin', hours: {}, ...plan });

const every = (...spans: readonly string[]): object =>
  Object.fromEntries(WEEKDAYS.map((day) => [day, spans]));

const at = (text: string, zone = 'Europe/Berlin'): number => {
  const moment = DateTime.fromISO(text, { zone });
  if (!moment.isValid) throw new Error(text);
  return moment.toMillis();
};

const local = (moment: number | undefined, zone = 'Europe/Berlin'): string | undefined =>
  moment === undefined
    ? undefined
    : (DateTime.fromMillis(moment, { zone }).toISO({ suppressSeconds: true, suppressMilliseconds: true }) ??
      '');

describe('hours of a week', () => {
  const office = schedule({
    hours: { mon: ['09:00-12:00', '13:00-17:30'], tue: ['09:00-12:00'], fri: ['22:00-02:00'] },
  });

  it.each([
    ['2026-11-23T08:59', 'closed', '2026-11-23T09:00+01:00'],
    ['2026-11-23T09:00', 'open', '2026-11-23T12:00+01:00'],
    ['2026-11-23T12:00', 'closed', '2026-11-23T13:00+01:00'],
    ['2026-11-23T17:30', 'closed', '2026-11-24T09:00+01:00'],
    ['2026-11-24T12:00', 'closed', '2026-11-27T22:00+01:00'],
    ['2026-11-27T23:59', 'open', '2026-11-28T02:00+01:00'],
    ['2026-11-28T01:59', 'open', '2026-11-28T02:00+01:00'],
    ['2026-11-28T02:00', 'closed', '2026-11-30T09:00+01:00'],
  ])('at %s: %s until %s', (moment, state, until) => {
    const found = openState(office, at(moment));
    expect([found.state, local(found.until)]).toEqual([state, until]);
  });

  it('says why', () => {
    expect(openState(office, at('2026-11-23T10:00')).reason).toBe('within 09:00-12:00 of Monday');
    expect(openState(office, at('2026-11-28T01:00')).reason).toBe('within 22:00-02:00 of Friday');
    expect(openState(office, at('2026-11-23T12:30')).reason).toBe(
      'outside 09:00-12:00, 13:00-17:30 of Monday',
    );
    expect(openState(office, at('2026-11-22T12:30')).reason).toBe('Sunday has no hours');
  });

  it('never changes where nothing changes', () => {
    expect(openState(schedule({ hours: every('00:00-24:00') }), at('2026-01-01T00:00'))).toEqual({
      state: 'open',
      reason: 'within 00:00-24:00 of Thursday',
      until: undefined,
    });
    const never = schedule({});
    expect(openState(never, at('2026-01-01T00:00')).until).toBeUndefined();
    expect(nextOpening(never, at('2026-01-01T00:00'))).toBeUndefined();
  });

  it('finds the next opening', () => {
    expect(local(nextOpening(office, at('2026-11-24T12:00')))).toBe('2026-11-27T22:00+01:00');
    expect(nextOpening(office, at('2026-11-23T10:00'))).toBe(at('2026-11-23T10:00'));
  });
});

describe('clocks that are set', () => {
  it.each([
    // Forward at 02:00, over all of it.
    ['2026-03-29T01:59', 'closed', '2026-03-30T01:30+02:00'],
    ['2026-03-29T03:00', 'closed', '2026-03-30T01:30+02:00'],
  ])('opens not at all when the hours are leapt over: %s', (moment, state, until) => {
    const night = schedule({ hours: every('02:10-02:50'), holidays: [] });
    expect(openState(night, at(moment)).state).toBe(state);
    const half = schedule({ hours: every('01:30-02:30') });
    expect(local(openState(half, at('2026-03-29T03:00')).until)).toBe(until);
  });

  it('opens for half as long when the end is leapt over', () => {
    const half = schedule({ hours: every('01:30-02:30') });
    const found = openState(half, at('2026-03-29T01:30'));
    expect([found.state, local(found.until)]).toEqual(['open', '2026-03-29T03:00+02:00']);
  });

  it('opens for two hours when the clock is set back over the hours', () => {
    const half = schedule({ hours: every('01:30-02:30') });
    const first = Date.parse('2026-10-25T01:30:00+02:00');
    expect(openState(half, first - 1).state).toBe('closed');
    expect(openState(half, first)).toMatchObject({
      state: 'open',
      until: Date.parse('2026-10-25T02:30:00+01:00'),
    });
    expect(openState(half, Date.parse('2026-10-25T02:10:00+01:00')).state).toBe('open');
  });

  it('knows half an hour of daylight saving, and midnights that are missing', () => {
    const lord = schedule({ timezone: 'Australia/Lord_Howe', hours: every('00:00-02:00') });
    // 2026-10-04 02:00 becomes 02:30; 2026-04-05 02:00 becomes 01:30.
    expect(openState(lord, Date.parse('2026-04-05T01:45:00+10:30'))).toMatchObject({
      state: 'open',
      until: Date.parse('2026-04-05T02:00:00+10:30'),
    });
    const azores = schedule({ timezone: 'Atlantic/Azores', hours: { sun: ['00:00-00:30', '00:45-03:00'] } });
    // 2026-03-29 00:00 becomes 01:00.
    expect(openState(azores, Date.parse('2026-03-29T01:00:00Z') - 1).state).toBe('closed');
    expect(openState(azores, Date.parse('2026-03-29T01:00:00Z'))).toMatchObject({
      state: 'open',
      until: Date.parse('2026-03-29T03:00:00Z'),
    });
  });
});

describe('holidays', () => {
  const shop = schedule({
    hours: { ...every('09:00-18:00'), thu: ['09:00-18:00', '20:00-02:00'] },
    holidays: [
      { date: '2026-12-24', name: 'Christmas Eve', hours: ['09:00-12:00'] },
      { from: '2026-12-24', to: '2026-12-26', name: 'Christmas' },
      { date: '2020-02-29', name: 'Leap day', yearly: true },
      { from: '2020-12-31', to: '2021-01-01', name: 'New Year', yearly: true },
    ],
  });

  it.each([
    ['2026-12-24T10:00', 'open', 'within 09:00-12:00 of Christmas Eve', '2026-12-24T12:00+01:00'],
    ['2026-12-24T13:00', 'holiday', 'outside 09:00-12:00 of Christmas Eve', '2026-12-27T00:00+01:00'],
    ['2026-12-26T23:59', 'holiday', 'Christmas', '2026-12-27T00:00+01:00'],
    ['2028-02-28T19:00', 'closed', 'outside 09:00-18:00 of Monday', '2028-02-29T00:00+01:00'],
    ['2028-02-29T10:00', 'holiday', 'Leap day', '2028-03-01T00:00+01:00'],
    ['2027-03-01T10:00', 'open', 'within 09:00-18:00 of Monday', '2027-03-01T18:00+01:00'],
    ['2031-01-01T10:00', 'holiday', 'New Year', '2031-01-02T00:00+01:00'],
    ['2031-12-31T10:00', 'holiday', 'New Year', '2032-01-02T00:00+01:00'],
  ])('%s: %s, %s, until %s', (moment, state, reason, until) => {
    const found = openState(shop, at(moment));
    expect([found.state, found.reason, local(found.until)]).toEqual([state, reason, until]);
  });

  it('end a night that began before them', () => {
    const night = schedule({ hours: { wed: ['20:00-02:00'] }, holidays: [{ date: '2026-12-24' }] });
    expect(openState(night, at('2026-12-23T21:00')).until).toBe(at('2026-12-24T00:00'));
    expect(openState(night, at('2026-12-24T01:00'))).toMatchObject({
      state: 'holiday',
      reason: 'the holiday of 2026-12-24',
    });
    expect(openState(night, at('2026-12-17T01:00')).state).toBe('open');
  });

  it('have nights of their own', () => {
    const fair = schedule({
      holidays: [{ from: '2026-12-30', to: '2026-12-31', name: 'Fair', hours: ['20:00-02:00'] }],
    });
    expect(openState(fair, at('2026-12-31T01:00')).state).toBe('open');
    expect(openState(fair, at('2027-01-01T01:00'))).toMatchObject({
      state: 'open',
      until: at('2027-01-01T02:00'),
    });
    expect(local(nextOpening(fair, at('2026-01-01T00:00')))).toBe('2026-12-30T20:00+01:00');
  });

  it('are found years ahead', () => {
    const always = schedule({
      hours: every('00:00-24:00'),
      holidays: [{ date: '2000-02-29', yearly: true }],
    });
    expect(local(openState(always, at('2096-03-01T00:00')).until)).toBe('2104-02-29T00:00+01:00');
    const leap = schedule({ holidays: [{ date: '2000-02-29', yearly: true, hours: ['10:00-11:00'] }] });
    expect(local(nextOpening(leap, at('2026-01-01T00:00')))).toBe('2028-02-29T10:00+01:00');
  });
});

const ZONES = [
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Atlantic/Azores',
  'Asia/Shanghai',
  'America/New_York',
  'America/Havana',
  'Africa/Casablanca',
  'Pacific/Chatham',
  'America/Santiago',
  'Europe/Berlin',
] as const;

const MINUTE = 60_000;

const time = fc.integer({ min: 0, max: 95 }).map((quarter) => {
  const minutes = quarter * 15;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
});
const span = fc.tuple(time, fc.oneof(time, fc.constant('24:00'))).map(([from, to]) => `${from}-${to}`);
const spans = fc.array(span, { minLength: 1, maxLength: 3 });
const dayInYear = fc.integer({ min: 0, max: 364 });
const dateIn = (day: number): string => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
const holiday = fc.record(
  { date: dayInYear.map(dateIn), yearly: fc.boolean(), hours: spans },
  { requiredKeys: ['date'] },
);
const plan = fc
  .record({
    timezone: fc.constantFrom(...ZONES),
    hours: fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, spans])), { requiredKeys: [] }),
    holidays: fc.array(holiday, { maxLength: 6 }),
  })
  .map(schedule);

/** Days around the changes of clocks as often as any others. */
const moment = fc
  .tuple(
    fc.oneof(dayInYear, fc.constantFrom(66, 67, 86, 87, 93, 94, 95, 247, 248, 269, 276, 297, 304)),
    fc.integer({ min: 0, max: 1439 }),
  )
  .map(([day, minute]) => Date.UTC(2026, 0, 1 + day) + minute * MINUTE);

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** Whether the clock on the wall shows a time within hours that begin that day. */
const withinByTheClock = (of: SchedulePlan, moment: number): boolean => {
  const wall = DateTime.fromMillis(moment, { zone: of.timezone });
  const date = wall.toISODate();
  const special = of.holidays.find((each) =>
    each.yearly ? each.date?.slice(5) === date?.slice(5) : each.date === date,
  );
  const name = WEEKDAYS[wall.weekday - 1] ?? 'mon';
  const minute = wall.hour * 60 + wall.minute;
  return (special ? (special.hours ?? []) : (of.hours[name] ?? [])).some((text) => {
    const [from = 0, to = 0] = text.split('-').map(minutesOf);
    return from <= minute && (minute < to || to <= from);
  });
};

describe('any schedule', () => {
  it('keeps its state until it says, minute by minute, and has another one then', () => {
    fc.assert(
      fc.property(plan, moment, (of, from) => {
        const { state, until } = openState(of, from);
        const last = Math.min(until ?? Number.POSITIVE_INFINITY, from + 720 * MINUTE);
        for (let each = from; each < last; each += MINUTE) {
          const then = openState(of, each);
          if (then.state !== state || then.until !== until)
            expect([each, then]).toEqual([each, { state, until }]);
        }
        if (until === undefined) return;
        expect(until).toBeGreaterThan(from);
        expect(until % MINUTE).toBe(0);
        expect(openState(of, until - 1).state).toBe(state);
        expect(openState(of, until).state).not.toBe(state);
      }),
      { numRuns: 15 },
    );
  });

  it('is open whenever the clock on the wall says so', () => {
    fc.assert(
      fc.property(plan, moment, (of, from) => {
        for (let each = from; each < from + 360 * MINUTE; each += 15 * MINUTE) {
          if (withinByTheClock(of, each)) expect(openState(of, each).state).toBe('open');
        }
      }),
      { numRuns: 60 },
    );
  });

  it('opens next when the first state that is open comes', () => {
    fc.assert(
      fc.property(plan, moment, (of, from) => {
        const next = nextOpening(of, from);
        let each: number | undefined = from;
        for (let hops = 0; each !== undefined && hops < 40; hops += 1) {
          const { state, until } = openState(of, each);
          if (state === 'open') {
            expect(next).toBe(each);
            return;
          }
          each = until;
        }
        if (each === undefined) expect(next).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
