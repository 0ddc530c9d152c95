import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFIG, makePlace, PLAN, type Place } from './run-cli.ts';

const SCHEDULED = `${PLAN}
schedules:
  - id: office
    timezone: Europe/Berlin
    hours: { wed: ['09:00-18:00'], thu: ['09:00-12:00', '13:00-18:00'], fri: ['22:00-02:00'] }
    calendars: [holidays-de]
flows:
  - id: main
    start: hours
    steps:
      hours: { do: schedule, schedule: office, open: bye, closed: bye }
      bye: { do: hangup }
`;

const CALENDAR = [
  'BEGIN:VCALENDAR',
  'BEGIN:VEVENT',
  'UID:1',
  'SUMMARY:Weihnachten',
  'DTSTART;VALUE=DATE:20201225',
  'DTEND;VALUE=DATE:20201227',
  'RRULE:FREQ=YEARLY',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:2',
  'SUMMARY:Inventory',
  'DTSTART;TZID=Europe/Berlin:20281220T150000',
  'DURATION:PT4H',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

const AREAS = 'prefix,province,city\n1391234,江苏,南京\n0755,广东,深圳\n';

let place: Place;

const json = async (...words: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await place.run(...words, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};

beforeAll(async () => {
  place = await makePlace();
  await place.write('config/dialtrace.yaml', CONFIG);
  await place.write('config/tracking.yaml', SCHEDULED);
  await place.write('holidays.ics', CALENDAR);
  await place.write('areas.csv', AREAS);
  expect((await place.run('apply')).code).toBe(0);
});
afterAll(() => place.remove());

describe('dialtrace calendar', () => {
  it('takes a file in, once, and gives the flows that it changes a new version', async () => {
    const dry = await place.run(
      'calendar',
      'import',
      place.path('holidays.ics'),
      '--id',
      'holidays-de',
      '--dry-run',
    );
    expect(dry.stdout).toMatch(/^Would import holidays-de: \d+ events, \d+ new, 0 changed, 0 gone\.\n$/);
    expect((await place.run('calendar', 'list')).stdout).toContain('no calendars yet');
    const first = await place.run('calendar', 'import', place.path('holidays.ics'), '--id', 'holidays-de');
    expect(first.stdout).toContain('Flow main has a new version: 2.');
    const again = await place.run('calendar', 'import', place.path('holidays.ics'), '--id', 'holidays-de');
    expect(again.stdout).toMatch(/^Imported holidays-de: \d+ events, as before\.\n$/);
    expect(await json('calendar', 'list')).toMatchObject([{ id: 'holidays-de', schedules: ['office'] }]);
    expect(await json('calendar', 'show', 'holidays-de')).toContainEqual({
      summary: 'Weihnachten',
      from: '2028-12-25',
      to: '2028-12-26',
    });
  });

  it('refuses what is wrong and says where', async () => {
    await place.write('broken.ics', CALENDAR.replace('FREQ=YEARLY', 'FREQ=HOURLY'));
    const broken = await place.run('calendar', 'import', place.path('broken.ics'), '--id', 'holidays-de');
    expect([broken.code, broken.stderr]).toEqual([
      2,
      expect.stringContaining('line 7, RRULE: repeats HOURLY'),
    ]);
    const used = await place.run('calendar', 'remove', 'holidays-de');
    expect([used.code, used.stderr]).toEqual([2, expect.stringContaining('schedule office names')]);
    expect((await place.run('calendar', 'show', 'nothing')).code).toBe(2);
  });
});

describe('dialtrace schedule', () => {
  it('tests a moment', async () => {
    expect((await place.run('schedule', 'test', 'office', '--at', '2028-12-20 16:00')).stdout).toBe(
      'Wed 2028-12-20 16:00 (Europe/Berlin): holiday, outside 09:00-15:00 of Inventory.\n' +
        'Until Thu 2028-12-21 00:00.\nOpens Thu 2028-12-21 09:00.\n',
    );
    expect(await json('schedule', 'test', 'office', '--at', '2028-12-22T21:30Z')).toMatchObject({
      at: '2028-12-22T22:30:00+01:00',
      state: 'open',
      until: '2028-12-23T02:00:00+01:00',
    });
    expect((await place.run('schedule', 'test', 'office', '--at', 'soon')).code).toBe(2);
    expect((await place.run('schedule', 'test', 'shop')).stderr).toContain('there are office');
  });

  it('shows a week as it will be', async () => {
    const { stdout } = await place.run('schedule', 'week', 'office', '--from', '2030-12-25', '--days', '2');
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['office, Europe/Berlin'],
      ['Day', 'Date', 'Open', 'Remark'],
      ['Wednesday', '2030-12-25', 'closed', 'Weihnachten'],
      ['Thursday', '2030-12-26', 'closed', 'Weihnachten'],
      [''],
    ]);
  });

  it('reads a plan that was not applied', async () => {
    await place.write('new.yaml', SCHEDULED.replace('09:00-18:00', '06:00-18:00'));
    const words = ['schedule', 'test', 'office', '--at', '2028-12-20T07:00'];
    expect(await json(...words)).toMatchObject({ state: 'holiday' });
    expect(await json(...words, '--plan', place.path('new.yaml'))).toMatchObject({
      state: 'open',
      until: '2028-12-20T15:00:00+01:00',
    });
  });
});

describe('dialtrace area', () => {
  it('takes a table in and looks numbers up', async () => {
    const words = ['area', 'import', place.path('areas.csv'), '--h-codes'];
    expect((await place.run(...words, '--dry-run')).stdout).toContain('Would import 2 prefixes: 2 new');
    expect((await place.run(...words)).stdout).toContain('Imported 2 prefixes: 2 new');
    expect((await place.run(...words, '--replace')).stdout).toContain(
      '0 new, 0 changed, 2 as before, 0 gone',
    );
    expect(await json('area', 'lookup', '+86 139 1234 5678')).toMatchObject({ area: '江苏', city: '南京' });
    expect(await json('area', 'list', '--country', 'cn')).toHaveLength(2);
    expect((await place.run('area', 'lookup', '+12025550123')).code).toBe(1);
    await place.write('bad.csv', 'prefix,province\n139,x\n');
    const bad = await place.run('area', 'import', place.path('bad.csv'), '--h-codes');
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('line 2: "139" is no prefix')]);
    expect((await place.run('area', 'remove', '--country', 'CN')).stdout).toBe('Removed 2 prefixes.\n');
  });
});
