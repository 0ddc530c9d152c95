import { describe, expect, it } from 'vitest';
import { createAgenda } from '../../../src/simulate/agenda.ts';
import { openBrowsers, stepsOf } from '../../../src/simulate/browsers.ts';
import { CANONICAL } from '../../../src/simulate/plan.ts';
import { makeTraffic, type SimVisit, WORKLOADS } from '../../../src/simulate/traffic/index.ts';

const visit: SimVisit = {
  at: 0,
  person: 0,
  source: 'google-ads',
  referrer: 'https://www.google.com/',
  pages: [
    { afterMs: 0, url: 'https://www.example.com/?gclid=x' },
    { afterMs: 30_000, url: 'https://www.example.com/prices' },
  ],
  lengthMs: 250_000,
  taps: [100_000],
  hidden: [{ fromMs: 100_000, toMs: 200_000 }],
  saysBye: true,
};

describe('the pages of a visit', () => {
  it('load, beat while they are in view, tap before they are hidden, and say goodbye', () => {
    expect(stepsOf(visit).map(({ afterMs, what }) => [afterMs, what.type])).toEqual([
      [0, 'load'],
      [30_000, 'load'],
      [60_000, 'beat'],
      [100_000, 'tap'],
      [100_000, 'idle'],
      [200_000, 'beat'],
      [240_000, 'beat'],
      [250_000, 'idle'],
    ]);
  });

  it('show what they are given, remember who they are, ask again when told to, and fail open', async () => {
    const traffic = makeTraffic({ ...WORKLOADS.plain, seed: 1, days: 0, visitsPerDay: 0 });
    const person = {
      device: 'phone',
      userAgent: 'a browser',
      language: 'de-DE',
      timeZone: 'Europe/Berlin',
      address: '192.0.2.7',
      automated: false,
      remembers: true,
      telephone: '+491711234567',
      otherTelephone: '+491711234568',
      withheld: false,
    } as const;
    const again = {
      ...visit,
      at: 3_600_000,
      pages: visit.pages.slice(0, 1),
      taps: [],
      hidden: [],
      lengthMs: 5_000,
    };
    const lost = { ...again, at: 7_200_000, person: 1 };
    const agenda = createAgenda();
    const bodies: Record<string, unknown>[] = [];
    let at = 0;
    let number = 0;
    const browsers = openBrowsers(
      { ...traffic, people: [person, person], visits: [visit, again, lost] },
      0,
      agenda,
      async (path, body) => {
        bodies.push({ path, at, ...body });
        if (at >= lost.at) return undefined;
        if (path === '/v1/dni/events') return { ok: true, ...(at === 60_000 && { renew: true }) };
        number += 1;
        return {
          visitor: 'visitor-1',
          visit: at < again.at ? 'visit-1' : 'visit-2',
          numbers: { [CANONICAL]: { e164: `+4930${number}` } },
        };
      },
    );
    for (const [index, { at: start }] of [visit, again, lost].entries())
      agenda.add(start, () => browsers.open(index));
    for (let next = agenda.next(); next; next = agenda.next()) {
      at = next.at;
      await next.work();
    }
    const sessions = bodies.filter(({ path }) => path === '/v1/dni/session');
    expect(
      sessions.map(({ at: when, visitor, visit: id, referrer }) => [when, visitor, id, referrer]),
    ).toEqual([
      [0, undefined, undefined, 'https://www.google.com/'],
      [30_000, 'visitor-1', 'visit-1', 'https://www.example.com/?gclid=x'],
      [60_000, 'visitor-1', 'visit-1', 'https://www.example.com/?gclid=x'],
      [again.at, 'visitor-1', 'visit-1', 'https://www.google.com/'],
      [lost.at, undefined, undefined, 'https://www.google.com/'],
    ]);
    expect([0, 1, 2].map(browsers.shown)).toEqual(['+49303', '+49304', CANONICAL]);
    expect(browsers.visitOf('visit-1')).toBe(0);
    expect(browsers.visitOf('visit-2')).toBe(1);
    expect(browsers.sent).toMatchObject({ sessions: 5, refused: 1, renewed: 1 });
    const tap = bodies.find(({ at: when, path }) => when === 100_000 && path === '/v1/dni/events');
    expect(tap?.['events']).toEqual([{ type: 'click', kind: 'tel', number: '+49303' }]);
  });
});
