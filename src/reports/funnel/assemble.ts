import { figuresOf, newSum, type Sum } from './figures.ts';
import type { PressCall } from './press.ts';
import {
  type ButtonCall,
  callAfterDial,
  type FunnelFacts,
  type SeenPress,
  type ViewerKeys,
  type VisitCall,
} from './read.ts';
import type { FunnelFigures, FunnelReport } from './types.ts';

/** A press with what tells its row. */
type KeyedPress = {
  readonly id: string;
  readonly viewer: string;
  /** As the database has it. */
  readonly key: string;
  readonly intent: string;
  readonly at: number;
  readonly visit: string;
  readonly dialledAt: number | undefined;
  readonly events: SeenPress['events'];
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

const mergePresses = ({ presses, calls, callBacks }: FunnelFacts): Map<string, KeyedPress> => {
  const merged = new Map<string, KeyedPress>();
  for (const [id, seen] of presses) merged.set(id, { ...seen, id, calls: [] });
  /** Where a page's word never came, the gateway's own makes the press. */
  const pressOf = (from: Omit<ButtonCall, keyof Outcome> | FunnelFacts['callBacks'][number]): KeyedPress => {
    const known = merged.get(from.press);
    const press: KeyedPress = {
      id: from.press,
      viewer: known?.viewer ?? from.viewer,
      key: known?.key ?? from.key ?? '',
      intent: from.intent ?? known?.intent ?? '',
      at: known?.at ?? from.at,
      visit: known?.visit || (from.visit ?? ''),
      dialledAt: known?.dialledAt,
      events: known?.events ?? new Set(['click']),
      calls: known?.calls ?? [],
    };
    merged.set(from.press, press);
    return press;
  };
  for (const call of calls) pressOf(call).calls.push(pressCall(call.kind, call));
  for (const asked of callBacks) pressOf(asked).events.add('callback_asked');
  return merged;
};

export type Assembly = {
  /** By the key as `keyOf` gives it; null: nobody knows. */
  readonly rows: ReadonlyMap<string | null, Sum>;
  readonly totals: Sum;
  readonly leftOut: FunnelReport['leftOut'];
};

type Ways = {
  readonly from: number;
  readonly to: number;
  /** Row of a view, from the key that the database gave; undefined: it belongs to none. */
  readonly viewKey: (key: string) => string | null | undefined;
  readonly pressKey: (press: Pick<KeyedPress, 'key' | 'intent' | 'at'>) => string | null;
  /** Inbound calls of visits by telephone; asked for only when somebody dialled. */
  readonly visitCalls: () => readonly VisitCall[];
};

const byVisit = (calls: readonly VisitCall[]): ReadonlyMap<string, VisitCall[]> => {
  const groups = new Map<string, VisitCall[]>();
  for (const call of calls) groups.set(call.visit, [...(groups.get(call.visit) ?? []), call]);
  return groups;
};

/** Gives each telephone call to the last press before it that opened a dialler. */
const addDialled = (presses: readonly KeyedPress[], visitCalls: Ways['visitCalls']) => {
  const dialled = presses.filter(({ dialledAt, visit }) => dialledAt !== undefined && visit !== '');
  const leftOut = { test: 0, spam: 0 };
  if (dialled.length === 0) return leftOut;
  const calls = byVisit(visitCalls());
  const used = new Set<VisitCall>();
  for (const press of dialled.sort((a, b) => (b.dialledAt ?? 0) - (a.dialledAt ?? 0))) {
    const call = callAfterDial(calls.get(press.visit), press.dialledAt ?? 0);
    if (call === undefined || used.has(call)) continue;
    used.add(call);
    if (call.test === 1) leftOut.test += 1;
    else if (call.spam === 1) leftOut.spam += 1;
    else press.calls.push(pressCall('dialler', call));
  }
  return leftOut;
};

/** Rows that a viewer is counted in. Several keys of the database may be of one row: quarters of an hour are. */
const rowsOf = (keys: ViewerKeys, viewKey: Ways['viewKey']): ReadonlySet<string | null | undefined> =>
  new Set(typeof keys === 'string' ? [viewKey(keys)] : [...keys].map(viewKey));

const addViews = (
  { viewers, views }: FunnelFacts,
  viewKey: Ways['viewKey'],
  totals: Sum,
  rowOf: (key: string | null) => Sum,
): void => {
  for (const [raw, count] of views) {
    const key = viewKey(raw);
    totals.views += count;
    if (key !== undefined) rowOf(key).views += count;
  }
  totals.viewers += viewers.size;
  for (const keys of viewers.values()) {
    if (typeof keys === 'string') {
      const key = viewKey(keys);
      if (key !== undefined) rowOf(key).viewers += 1;
    } else for (const key of rowsOf(keys, viewKey)) if (key !== undefined) rowOf(key).viewers += 1;
  }
};

/** Tells, once each, of whoever pressed a button without a page saying that it was seen: at all, or in a row. */
const createUnseen = (seenBy: FunnelFacts['viewers'], viewKey: Ways['viewKey']) => {
  const viewers = new Set<string>();
  const ofRows = new Map<string | null, Set<string>>();
  const isSeenIn = (viewer: string, key: string | null): boolean => {
    const keys = seenBy.get(viewer);
    return keys !== undefined && rowsOf(keys, viewKey).has(key);
  };
  const addOnce = (known: Set<string>, viewer: string): boolean => {
    const isNew = !known.has(viewer);
    known.add(viewer);
    return isNew;
  };
  return {
    anywhere: (viewer: string): boolean => !seenBy.has(viewer) && addOnce(viewers, viewer),
    inRow: (viewer: string, key: string | null): boolean => {
      if (isSeenIn(viewer, key)) return false;
      const known = ofRows.get(key) ?? new Set<string>();
      ofRows.set(key, known);
      return addOnce(known, viewer);
    },
  };
};

/** Puts views, presses and their calls together, by row. Presses of bots, test calls and spam are left out. Pure. */
export const assemble = (facts: FunnelFacts, { from, to, viewKey, pressKey, visitCalls }: Ways): Assembly => {
  const rows = new Map<string | null, Sum>();
  const totals = newSum();
  const rowOf = (key: string | null): Sum => {
    const known = rows.get(key) ?? newSum();
    rows.set(key, known);
    return known;
  };
  addViews(facts, viewKey, totals, rowOf);

  const within = (at: number): boolean => at >= from && at < to;
  const ofPeriod = facts.calls.filter(({ at }) => within(at));
  const unwanted = new Set(
    facts.calls.flatMap(({ press, test, spam }) => (test === 1 || spam === 1 ? press : [])),
  );
  const presses = [...mergePresses(facts).values()].filter(
    ({ id, at }) => within(at) && !unwanted.has(id) && !facts.botPresses.has(id),
  );
  const dialled = addDialled(presses, visitCalls);
  const unseen = createUnseen(facts.viewers, viewKey);
  for (const press of presses) {
    const key = pressKey(press);
    const row = rowOf(key);
    totals.pressed.push(press);
    row.pressed.push(press);
    if (unseen.anywhere(press.viewer)) totals.viewers += 1;
    if (unseen.inRow(press.viewer, key)) row.viewers += 1;
  }
  return {
    rows,
    totals,
    leftOut: {
      botEvents: facts.botEvents,
      botPresses: facts.botPresses.size,
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
