import { callsOfDials, type Dial } from './dialled.ts';
import { figuresOf, newSum, type Sum } from './figures.ts';
import { eventsOf, type Press, type PressCall } from './press.ts';
import type { ButtonCall, CallBackAsked, FunnelFacts, VisitCall } from './read.ts';
import type { Tally } from './tally.ts';
import type { FunnelFigures, FunnelReport } from './types.ts';

/** A press with what tells its row. */
export type KeyedPress = Omit<Press, 'viewer' | 'events' | 'calls'> & {
  readonly id: number;
  viewer: number;
  /** As the database has it: by number. */
  key: number;
  intent: string;
  at: number;
  visit: string;
  events: Press['events'];
  readonly dials: readonly number[];
  readonly calls: PressCall[];
};

type Outcome = Pick<ButtonCall, 'ended' | 'rang' | 'answered' | 'qualified' | 'talk_ms'>;

const pressCall = (way: PressCall['way'], call: Outcome & Partial<ButtonCall>): PressCall => ({
  way,
  ended: call.ended === 1,
  rang: call.rang === 1,
  answered: call.answered === 1,
  qualified: call.qualified === 1,
  talkMs: call.talk_ms,
  clickToRingMs: call.click_to_ring_ms ?? null,
  rating: call.rating ?? null,
});

const CLICK = eventsOf('click');
const CALL_BACK = eventsOf('callback_asked');

/** All presses, by their number. */
const mergePresses = ({ pages, calls, callBacks }: FunnelFacts): readonly KeyedPress[] => {
  const { viewers, keys, pressIds } = pages;
  const merged = pages.presses.map(
    ({ id, viewer, key, intent, at, visit, events, dials }): KeyedPress => ({
      id,
      viewer,
      key,
      intent,
      at,
      visit,
      events,
      dials,
      calls: [],
    }),
  );
  /** Where a page's word never came, the gateway's own makes the press. */
  const pressOf = (from: Omit<ButtonCall, keyof Outcome> | CallBackAsked): KeyedPress => {
    const id = pressIds.of(from.press);
    const press = merged[id] ?? {
      id,
      viewer: viewers.of(from.viewer),
      key: keys.of(from.key ?? ''),
      intent: '',
      at: from.at,
      visit: '',
      events: CLICK,
      dials: [],
      calls: [],
    };
    merged[id] = press;
    press.intent = from.intent ?? press.intent;
    press.visit ||= from.visit ?? '';
    return press;
  };
  for (const call of calls) pressOf(call).calls.push(pressCall(call.kind, call));
  for (const asked of callBacks) pressOf(asked).events |= CALL_BACK;
  return merged;
};

export type Assembly = {
  /** By the key as `keyOf` gives it; null: nobody knows. */
  readonly rows: ReadonlyMap<string | null, Sum>;
  readonly totals: Sum;
  readonly leftOut: FunnelReport['leftOut'];
};

/** Rows of views and presses; null: nobody knows. */
export type Rows = {
  /** Rows of views, by the number of their key; undefined: they belong to none. */
  readonly views: readonly (string | null | undefined)[];
  readonly press: (press: Pick<KeyedPress, 'key' | 'intent' | 'at'>) => string | null;
};

type Ways = {
  readonly from: number;
  readonly to: number;
  /** Asked for when all that happened is known. */
  readonly rows: () => Rows;
  /** Diallers opened at buttons that are not asked about, and inbound calls of visits by telephone; asked for only when somebody dialled. */
  readonly otherDials: () => readonly Dial<never>[];
  readonly visitCalls: () => readonly VisitCall[];
};

/** Adds calls by telephone to their presses. @returns presses whose call is a test or spam, and how many such calls there are */
const addDialled = (
  presses: readonly KeyedPress[],
  within: (at: number) => boolean,
  { otherDials, visitCalls }: Pick<Ways, 'otherDials' | 'visitCalls'>,
) => {
  const dials: Dial<KeyedPress>[] = [];
  for (const press of presses)
    if (press.visit !== '') for (const at of press.dials) dials.push({ visit: press.visit, at, press });
  const found = { unwanted: new Set<KeyedPress>(), test: 0, spam: 0 };
  if (dials.length === 0) return found;
  for (const { press, call } of callsOfDials([...dials, ...otherDials()], visitCalls())) {
    if (call.test === 0 && call.spam === 0) {
      press.calls.push(pressCall('dialler', call));
      continue;
    }
    found.unwanted.add(press);
    if (!within(press.at)) continue;
    if (call.test === 1) found.test += 1;
    else found.spam += 1;
  }
  return found;
};

/** A row, and who was counted last in it. */
type CountedSum = { readonly sum: Sum; lastViewer: number };

/** Adds a row each time a new key comes. */
const createRows = () => {
  const rows = new Map<string | null, CountedSum>();
  return {
    all: (): Assembly['rows'] => new Map([...rows].map(([key, { sum }]) => [key, sum])),
    of: (key: string | null): CountedSum => {
      const known = rows.get(key);
      if (known !== undefined) return known;
      const row = { sum: newSum(), lastViewer: -1 };
      rows.set(key, row);
      return row;
    },
  };
};

/** Counts views and their viewers: each viewer once in a row, however many of its keys are of that row. */
const addViews = (
  { viewers, views, seen }: Tally,
  totals: Sum,
  rowOfKey: readonly (CountedSum | undefined)[],
): void => {
  views.forEach((count, key) => {
    totals.views += count;
    const row = rowOfKey[key]?.sum;
    if (row !== undefined) row.views += count;
  });
  let viewer = 0;
  const count = (key: number): void => {
    const row = rowOfKey[key];
    if (row === undefined || row.lastViewer === viewer) return;
    row.lastViewer = viewer;
    row.sum.viewers += 1;
  };
  for (; viewer < viewers.size(); viewer += 1) {
    if (!seen.has(viewer)) continue;
    totals.viewers += 1;
    seen.each(viewer, count);
  }
};

/** Tells, once each, of whoever pressed a button without a page saying that it was seen: at all, or in a row. */
const createUnseen = ({ seen }: Tally, rowOfKey: readonly (CountedSum | undefined)[]) => {
  const viewers = new Set<number>();
  const ofRows = new Map<CountedSum, Set<number>>();
  const isSeenIn = (viewer: number, row: CountedSum): boolean => {
    let found = false;
    seen.each(viewer, (key) => {
      found ||= rowOfKey[key] === row;
    });
    return found;
  };
  const addOnce = (known: Set<number>, viewer: number): boolean => {
    const isNew = !known.has(viewer);
    known.add(viewer);
    return isNew;
  };
  return {
    anywhere: (viewer: number): boolean => !seen.has(viewer) && addOnce(viewers, viewer),
    inRow: (viewer: number, row: CountedSum): boolean => {
      if (isSeenIn(viewer, row)) return false;
      const known = ofRows.get(row) ?? new Set<number>();
      ofRows.set(row, known);
      return addOnce(known, viewer);
    },
  };
};

/** Puts views, presses and their calls together, by row. Presses of bots, test calls and spam are left out. Pure. */
export const assemble = (facts: FunnelFacts, ways: Ways): Assembly => {
  const { pages, calls } = facts;
  const { botPresses, botEvents } = pages;
  const within = (at: number): boolean => at >= ways.from && at < ways.to;
  const spoilt = new Set(
    calls.flatMap(({ press, test, spam }) => (test === 1 || spam === 1 ? pages.pressIds.of(press) : [])),
  );
  const wanted = mergePresses(facts).filter(({ id }) => !spoilt.has(id) && !botPresses.has(id));
  const dialled = addDialled(wanted, within, ways);
  const presses = wanted.filter((press) => within(press.at) && !dialled.unwanted.has(press));

  const rows = createRows();
  const totals = newSum();
  const { views, press: pressRow } = ways.rows();
  // Keys of presses alone get no row here.
  const rowOfKey = pages.views.map((_, key) => {
    const name = views[key];
    return name === undefined ? undefined : rows.of(name);
  });
  addViews(pages, totals, rowOfKey);
  const unseen = createUnseen(pages, rowOfKey);
  for (const press of presses) {
    const row = rows.of(pressRow(press));
    totals.pressed.push(press);
    row.sum.pressed.push(press);
    if (unseen.anywhere(press.viewer)) totals.viewers += 1;
    if (unseen.inRow(press.viewer, row)) row.sum.viewers += 1;
  }
  // Calls of machines are told with them.
  const ofPeriod = calls.filter(({ at, press }) => within(at) && !botPresses.has(pages.pressIds.of(press)));
  return {
    rows: rows.all(),
    totals,
    leftOut: {
      botEvents,
      botPresses: botPresses.size,
      testCalls: ofPeriod.filter(({ test }) => test === 1).length + dialled.test,
      spamCalls: ofPeriod.filter(({ test, spam }) => test === 0 && spam === 1).length + dialled.spam,
    },
  };
};

/** Figures of all rows, those with most viewers first. */
export const rowFigures = (
  rows: Assembly['rows'],
): readonly { readonly key: string | null; readonly figures: FunnelFigures }[] =>
  [...rows]
    .map(([key, sum]) => ({ key, figures: figuresOf(sum) }))
    .sort(
      (a, b) =>
        b.figures.viewers - a.figures.viewers ||
        b.figures.presses - a.figures.presses ||
        ((a.key ?? '') < (b.key ?? '') ? -1 : 1),
    );
