import { z } from 'zod';
import type { Agenda } from './agenda.ts';
import { CANONICAL, HEARTBEAT_MS, SITE } from './plan.ts';
import { SITE_ORIGIN, type SimPerson, type SimVisit, type Traffic } from './traffic/index.ts';

/** Sends what a page sends, as this person's browser does, and gives the parsed answer; undefined when there is none. */
export type Post = (
  path: string,
  body: object,
  headers: Readonly<Record<string, string>>,
) => Promise<unknown>;

/** The pages of all visits, as they ask for numbers and report. */
export type Browsers = {
  /** Puts the visit on the agenda. */
  open(index: number): void;
  /** The number that a visit was shown last, E.164; undefined before its first page. */
  shown(index: number): string | undefined;
  /** The traffic's visit by the gateway's id of it. */
  visitOf(id: string): number | undefined;
  /** What went over the wire. */
  readonly sent: { sessions: number; events: number; refused: number; renewed: number };
};

type Step = {
  readonly afterMs: number;
  readonly what:
    | { readonly type: 'load'; readonly url: string }
    | { readonly type: 'tap' }
    | { readonly type: 'beat' }
    | { readonly type: 'idle' };
};

const isHidden = ({ hidden }: SimVisit, afterMs: number): boolean =>
  hidden.some(({ fromMs, toMs }) => afterMs >= fromMs && afterMs < toMs);

const beats = (visit: SimVisit): Step[] => {
  const count = Math.max(0, Math.ceil(visit.lengthMs / HEARTBEAT_MS) - 1);
  return Array.from({ length: count }, (_, index) => (index + 1) * HEARTBEAT_MS)
    .filter((afterMs) => !isHidden(visit, afterMs))
    .map((afterMs) => ({ afterMs, what: { type: 'beat' } }));
};

/** What a visit's browser does, in its order. */
export const stepsOf = (visit: SimVisit): readonly Step[] => {
  const steps: Step[] = [
    ...visit.pages.map(({ afterMs, url }): Step => ({ afterMs, what: { type: 'load', url } })),
    ...visit.taps.map((afterMs): Step => ({ afterMs, what: { type: 'tap' } })),
    ...visit.hidden.flatMap(({ fromMs, toMs }): Step[] => [
      { afterMs: fromMs, what: { type: 'idle' } },
      ...(toMs < visit.lengthMs ? [{ afterMs: toMs, what: { type: 'beat' } } as const] : []),
    ]),
    ...beats(visit),
    ...(visit.saysBye ? [{ afterMs: visit.lengthMs, what: { type: 'idle' } } as const] : []),
  ];
  // A stable sort: the tap comes before the page is hidden for it.
  return steps.sort((a, b) => a.afterMs - b.afterMs);
};

const sessionAnswer = z.object({
  visitor: z.string().optional(),
  visit: z.string().optional(),
  numbers: z.record(z.string(), z.object({ e164: z.string() })),
});
const eventsAnswer = z.object({ renew: z.boolean().optional() });

const SCREENS: Readonly<Record<SimPerson['device'], readonly [number, number]>> = {
  phone: [390, 844],
  desktop: [1440, 900],
};

/** What a browser keeps of the site. */
type Memory = { readonly visitor: string | undefined; readonly visit: string | undefined };
const NOTHING: Memory = { visitor: undefined, visit: undefined };

/** A visit that is going on. */
type Tab = {
  readonly index: number;
  readonly visit: SimVisit;
  readonly person: SimPerson;
  readonly headers: Readonly<Record<string, string>>;
  url: string;
  referrer: string | undefined;
  memory: Memory;
};

/**
 * @param begin the traffic's begin on the simulated clock, ms
 */
export const openBrowsers = (traffic: Traffic, begin: number, agenda: Agenda, post: Post): Browsers => {
  const kept = new Map<number, Memory>();
  const shownIn = new Map<number, string>();
  const byId = new Map<string, number>();
  const sent = { sessions: 0, events: 0, refused: 0, renewed: 0 };

  const askNumbers = async (tab: Tab): Promise<void> => {
    const { index, visit, person, memory } = tab;
    sent.sessions += 1;
    const answer = sessionAnswer.safeParse(
      await post(
        '/v1/dni/session',
        {
          site: SITE,
          ...memory,
          url: tab.url,
          referrer: tab.referrer,
          title: 'Example Roofing',
          tz: person.timeZone,
          lang: person.language,
          viewport: SCREENS[person.device],
          targets: [CANONICAL],
          consent: 'unknown',
          automated: person.automated,
        },
        tab.headers,
      ),
    );
    // A page without an answer keeps the number it has.
    if (!answer.success) {
      sent.refused += 1;
      shownIn.set(index, CANONICAL);
      return;
    }
    const { visitor, visit: id, numbers } = answer.data;
    tab.memory = { visitor, visit: id };
    if (person.remembers) kept.set(visit.person, tab.memory);
    if (id !== undefined) byId.set(id, index);
    shownIn.set(index, numbers[CANONICAL]?.e164 ?? CANONICAL);
  };

  const report = async (tab: Tab, event: object): Promise<void> => {
    const { visit } = tab.memory;
    if (visit === undefined) return;
    sent.events += 1;
    const body = { site: SITE, visit, events: [event] };
    const answer = eventsAnswer.safeParse(await post('/v1/dni/events', body, tab.headers));
    if (!answer.success || answer.data.renew !== true) return;
    sent.renewed += 1;
    // A page that is being left asks no more.
    if (!('type' in event) || event.type !== 'idle') await askNumbers(tab);
  };

  const carryOut = async (tab: Tab, { what }: Step): Promise<void> => {
    switch (what.type) {
      case 'load':
        if (what.url !== tab.url) tab.referrer = tab.url;
        tab.url = what.url;
        return askNumbers(tab);
      case 'tap':
        return report(tab, { type: 'click', kind: 'tel', number: shownIn.get(tab.index) ?? CANONICAL });
      case 'beat':
        return report(tab, { type: 'beat' });
      case 'idle':
        return report(tab, { type: 'idle' });
    }
  };

  const open = (index: number): void => {
    const visit = traffic.visits[index];
    const person = visit && traffic.people[visit.person];
    const landing = visit?.pages[0];
    if (visit === undefined || person === undefined || landing === undefined) return;
    const tab: Tab = {
      index,
      visit,
      person,
      headers: {
        'content-type': 'text/plain;charset=UTF-8',
        origin: SITE_ORIGIN,
        'user-agent': person.userAgent,
        'x-forwarded-for': person.address,
        ...(person.language !== undefined && { 'accept-language': person.language }),
      },
      url: landing.url,
      referrer: visit.referrer,
      memory: kept.get(visit.person) ?? NOTHING,
    };
    const steps = stepsOf(visit);
    const plan = (place: number): void => {
      const step = steps[place];
      if (step === undefined) return;
      agenda.add(begin + visit.at + step.afterMs, async () => {
        await carryOut(tab, step);
        plan(place + 1);
      });
    };
    plan(0);
  };

  return { open, shown: (index) => shownIn.get(index), visitOf: (id) => byId.get(id), sent };
};
