import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../src/base/errors.ts';
import { scheduleSchema } from '../../../../src/config/index.ts';
import {
  eventsToHolidays,
  type ImportedCalendar,
  openState,
  readCalendar,
  withCalendars,
} from '../../../../src/flows/schedule/index.ts';

const PERIOD = { from: '2026-01-01', through: '2030-12-31' };

const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');

const event = (...lines: readonly string[]): readonly string[] => [
  'BEGIN:VEVENT',
  'UID:one@example.org',
  'SUMMARY:Closed',
  ...lines,
  'END:VEVENT',
];

const read = (...lines: readonly string[]): ImportedCalendar =>
  readCalendar(calendar(...event(...lines)), PERIOD);

/** `2026-12-25` or `2026-12-24..2026-12-26`, or the times in UTC. */
const days = ({ events }: ImportedCalendar): readonly string[] =>
  events.map(({ from_date, to_date, starts_at, ends_at }) =>
    from_date === null
      ? `${new Date(starts_at ?? 0).toISOString().slice(0, 16)}..${new Date(ends_at ?? 0).toISOString().slice(0, 16)}`
      : from_date === to_date
        ? from_date
        : `${from_date}..${to_date}`,
  );

const problemsOf = (text: string): readonly string[] => {
  try {
    readCalendar(text, PERIOD);
  } catch (error) {
    if (error instanceof UsageError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

describe('whole days', () => {
  it.each([
    ['one day', ['DTSTART;VALUE=DATE:20261225', 'DTEND;VALUE=DATE:20261226'], ['2026-12-25']],
    [
      'an end that is exclusive',
      ['DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'],
      ['2026-12-24..2026-12-26'],
    ],
    ['no end', ['DTSTART;VALUE=DATE:20261225'], ['2026-12-25']],
    [
      'an end on the day itself',
      ['DTSTART;VALUE=DATE:20261225', 'DTEND;VALUE=DATE:20261225'],
      ['2026-12-25'],
    ],
    ['a length', ['DTSTART;VALUE=DATE:20261224', 'DURATION:P1W'], ['2026-12-24..2026-12-30']],
    [
      'midnight to midnight of a zone',
      ['DTSTART;TZID=America/New_York:20260704T000000', 'DTEND;TZID=America/New_York:20260705T000000'],
      ['2026-07-04'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(days(read(...lines))).toEqual(expected);
  });
});

describe('times', () => {
  it.each([
    ['UTC', ['DTSTART:20261124T120000Z', 'DTEND:20261124T140000Z']],
    ['a zone', ['DTSTART;TZID=Europe/Berlin:20261124T130000', 'DURATION:PT2H']],
    ['a zone of Outlook', ['DTSTART;TZID="W. Europe Standard Time":20261124T130000', 'DURATION:PT2H']],
    ['a zone with a path', ['DTSTART;TZID=/x.org/2026/Europe/Berlin:20261124T130000', 'DURATION:PT2H']],
    ['two zones', ['DTSTART;TZID=Europe/Berlin:20261124T130000', 'DTEND;TZID=Asia/Shanghai:20261124T220000']],
  ])('%s', (_, lines) => {
    expect(days(read(...lines))).toEqual(['2026-11-24T12:00..2026-11-24T14:00']);
  });

  it('keeps the clock of the zone while it repeats', () => {
    expect(
      days(read('DTSTART;TZID=Europe/Berlin:20260327T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=4')),
    ).toEqual([
      '2026-03-27T08:00..2026-03-27T09:00',
      '2026-03-28T08:00..2026-03-28T09:00',
      '2026-03-29T07:00..2026-03-29T08:00',
      '2026-03-30T07:00..2026-03-30T08:00',
    ]);
  });

  it('takes the zone of the calendar for times that name none', () => {
    const text = calendar(
      'X-WR-TIMEZONE:Asia/Shanghai',
      ...event('DTSTART:20261124T090000', 'DURATION:PT1H'),
    );
    expect(days(readCalendar(text, PERIOD))).toEqual(['2026-11-24T01:00..2026-11-24T02:00']);
  });
});

describe('repetition', () => {
  it.each([
    ['FREQ=YEARLY', '20201225', ['2026-12-25', '2027-12-25', '2028-12-25', '2029-12-25', '2030-12-25']],
    ['FREQ=YEARLY', '20200229', ['2028-02-29']],
    ['FREQ=YEARLY;UNTIL=20281225', '20201225', ['2026-12-25', '2027-12-25', '2028-12-25']],
    ['FREQ=YEARLY;UNTIL=20281224', '20201225', ['2026-12-25', '2027-12-25']],
    ['FREQ=YEARLY;INTERVAL=2;COUNT=5', '20201225', ['2026-12-25', '2028-12-25']],
    ['FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=8', '20201126', ['2026-11-26', '2027-11-25']],
    ['FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20271231T000000Z', '20200525', ['2026-05-25', '2027-05-31']],
    ['FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2', '20260131', ['2026-01-31', '2026-02-28']],
  ])('%s from %s', (rule, start, expected) => {
    expect(days(read(`DTSTART;VALUE=DATE:${start}`, `RRULE:${rule}`))).toEqual(expected);
  });

  it('leaves out and adds days', () => {
    expect(
      days(
        read(
          'DTSTART;VALUE=DATE:20261225',
          'RRULE:FREQ=YEARLY',
          'EXDATE;VALUE=DATE:20271225,20281225',
          'RDATE;VALUE=DATE:20270704',
        ),
      ),
    ).toEqual(['2026-12-25', '2027-07-04', '2029-12-25', '2030-12-25']);
  });

  it('moves one of them', () => {
    const text = calendar(
      ...event('DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY;COUNT=3'),
      ...event('DTSTART;VALUE=DATE:20271227', 'RECURRENCE-ID;VALUE=DATE:20271225'),
      ...event('DTSTART;VALUE=DATE:20281225', 'RECURRENCE-ID;VALUE=DATE:20281225', 'STATUS:CANCELLED'),
    );
    expect(days(readCalendar(text, PERIOD))).toEqual(['2026-12-25', '2027-12-27']);
  });

  it('reaches into the period from before it', () => {
    expect(days(read('DTSTART;VALUE=DATE:20251230', 'DTEND;VALUE=DATE:20260103'))).toEqual([
      '2025-12-30..2026-01-02',
    ]);
    expect(read('DTSTART;VALUE=DATE:20251230')).toMatchObject({ events: [], leftOut: { outside: 1 } });
  });
});

describe('the file', () => {
  it('is unfolded, unescaped and read past what is nested', () => {
    const text = calendar(
      'X-WR-CALNAME:Feiertage',
      'BEGIN:VTIMEZONE',
      'TZID:x',
      'BEGIN:STANDARD',
      'DTSTART:16010101T000000',
      'END:STANDARD',
      'END:VTIMEZONE',
      'BEGIN:VEVENT',
      'UID:1',
      'DTSTART;VALUE=DATE:20261225',
      'SUMMARY:Weihnach',
      ' ten\\, erster\\nTag',
      'BEGIN:VALARM',
      'TRIGGER:-PT15M',
      'DURATION:PT1H',
      'END:VALARM',
      'END:VEVENT',
    );
    expect(readCalendar(`\uFEFF${text}`, PERIOD)).toEqual({
      name: 'Feiertage',
      events: [
        {
          key: '1/2026-12-25',
          summary: 'Weihnachten, erster Tag',
          from_date: '2026-12-25',
          to_date: '2026-12-25',
          starts_at: null,
          ends_at: null,
        },
      ],
      leftOut: { cancelled: 0, outside: 0, momentary: 0 },
    });
  });

  it('names the line and the field of what is wrong, all at once', () => {
    const text = calendar(
      ...event('DTSTART;VALUE=DATE:20261325'),
      ...event('DTSTART;TZID=Mars/Olympus:20261225T090000'),
      ...event('DTSTART:20261225T090000Z', 'DTEND:20261224T090000Z'),
      ...event('DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=HOURLY'),
      ...event('DTSTART;VALUE=DATE:20261225', 'RRULE:FREQ=YEARLY;INTERVAL=0'),
      ...event(),
      'nonsense',
    );
    expect(problemsOf(text)).toEqual([
      'line 36: has no NAME:value',
      'line 7, DTSTART: "20261325" is no date or time',
      'line 12, DTSTART: TZID "Mars/Olympus" is no time zone',
      'line 18, DTEND: lies before DTSTART',
      'line 32, VEVENT: has no DTSTART',
      'line 24, RRULE: repeats HOURLY',
      'line 30, RRULE: INTERVAL=0 is no interval',
    ]);
  });

  it('is whole', () => {
    expect(problemsOf('hello')).toEqual(['line 1: BEGIN:VCALENDAR is not there']);
    expect(problemsOf('BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1')).toEqual(['line 3, END: VCALENDAR has no end']);
    expect(problemsOf('BEGIN:VCALENDAR\nEND:VEVENT')).toEqual([
      'line 2, END: ends VEVENT, which has not begun here',
    ]);
  });

  it('never throws anything but what a person can mend', () => {
    const piece = fc.constantFrom(
      'DTSTART',
      ':',
      ';',
      'VALUE=DATE',
      '20261225',
      'T000000Z',
      'RRULE',
      'FREQ=YEARLY',
      'BYDAY=',
      '1MO',
      '-1',
      '=',
      ',',
      'BYMONTH=2;BYMONTHDAY=30',
      'COUNT=0',
      'UNTIL=',
      'EXDATE',
      'DURATION',
      'PT',
      '9',
      'M',
      '"',
      '\\',
      ' ',
      'TZID=',
      'UTC',
    );
    const line = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const text = calendar(...event('DTSTART;VALUE=DATE:20261225', ...lines));
        expect(problemsOf(text).length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('events as holidays', () => {
  const office = scheduleSchema.parse({
    id: 'office',
    timezone: 'Europe/Berlin',
    hours: { tue: ['09:00-12:00', '13:00-17:00'], thu: ['09:00-17:00'] },
    holidays: [{ date: '2026-12-24', hours: ['09:00-12:00'], name: 'Christmas Eve' }],
    calendars: ['holidays', 'office'],
  });
  const events = (...lines: readonly string[]) => read(...lines).events;

  it('are whole days', () => {
    expect(eventsToHolidays(events('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'))).toEqual([
      { from: '2026-12-24', to: '2026-12-26', name: 'Closed', yearly: false },
    ]);
    expect(eventsToHolidays(events('DTSTART:20261124T120000Z', 'DURATION:PT2H'))).toEqual([]);
  });

  it('take their time out of the hours of their day', () => {
    const short = withCalendars(
      office,
      new Map([['office', events('DTSTART;TZID=Europe/Berlin:20261124T110000', 'DURATION:PT3H')]]),
    );
    expect(short.holidays.slice(1)).toEqual([
      { date: '2026-11-24', name: 'Closed', hours: ['09:00-11:00', '14:00-17:00'], yearly: false },
    ]);
    expect(openState(short, Date.parse('2026-11-24T11:30:00+01:00'))).toMatchObject({
      state: 'holiday',
      until: Date.parse('2026-11-24T14:00:00+01:00'),
    });
  });

  it('change nothing outside the hours, and close a day that they cover', () => {
    const evening = events('DTSTART;TZID=Europe/Berlin:20261124T180000', 'DURATION:PT3H');
    expect(eventsToHolidays(evening, office)).toEqual([]);
    const long = events('DTSTART;TZID=Europe/Berlin:20261123T180000', 'DURATION:P2D');
    expect(eventsToHolidays(long, office)).toEqual([{ date: '2026-11-24', name: 'Closed', yearly: false }]);
  });

  it("come after the schedule's own", () => {
    const both = withCalendars(
      office,
      new Map([['holidays', events('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227')]]),
    );
    expect(openState(both, Date.parse('2026-12-24T10:00:00+01:00')).state).toBe('open');
    expect(openState(both, Date.parse('2026-12-25T10:00:00+01:00')).reason).toBe('Closed');
    expect(withCalendars(office, new Map())).toBe(office);
  });
});
