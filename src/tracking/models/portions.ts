import { type Conversion, type Milestones, personsOf } from './conversions.ts';
import { spread } from './credits.ts';
import type { Rows } from './dimension.ts';
import type { Contact, History } from './history.ts';
import { DAY_MS, MICROS, type Path, type Touch } from './types.ts';

/** A part of a conversion and the touches that led to it; none: nobody knows. */
export type Portion = {
  readonly micros: number;
  readonly touches: readonly Touch[];
  /** Visit that the call came from if this part is right. */
  readonly visit: string | undefined;
  readonly people: readonly number[];
};

/** First index of a touch that is not before `at`; touches by time. */
const lowerBound = (touches: readonly Touch[], at: number): number => {
  let low = 0;
  let high = touches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((touches[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

const touchesWithin = (history: History, person: number, from: number, to: number): readonly Touch[] => {
  const touches = history.touchesOf(person);
  return touches.slice(lowerBound(touches, from), lowerBound(touches, to + 1));
};

const merged = (history: History, people: readonly number[], from: number, to: number): readonly Touch[] => {
  const [first, second] = people;
  if (first === undefined) return [];
  const touches = touchesWithin(history, first, from, to);
  if (second === undefined) return touches;
  return [...touches, ...touchesWithin(history, second, from, to)].sort(
    (a, b) => a.at - b.at || a.seq - b.seq,
  );
};

/** The people whose touches led to it, if it came from `visitor`. */
const together = (history: History, node: number, visitor: number | undefined): readonly number[] => {
  const own = history.persons.of(node);
  const other = visitor === undefined ? own : history.persons.of(visitor);
  return own === other ? [own] : [own, other];
};

const byCandidates = (history: History, contact: Contact, from: number, to: number): readonly Portion[] => {
  const shares = spread(contact.candidates.map(({ p }) => Math.max(0, p)));
  const portions = contact.candidates.map(({ visit }, index): Portion => {
    const visitor = history.visitorOf(visit);
    const people = visitor === undefined ? [] : together(history, contact.node, visitor);
    return { micros: shares[index] ?? 0, touches: merged(history, people, from, to), visit, people };
  });
  const people = contact.sureOfSource ? [history.persons.of(contact.node)] : [];
  const rest = {
    micros: shares.at(-1) ?? 0,
    touches: merged(history, people, from, to),
    visit: undefined,
    people,
  };
  return [...portions, rest].filter(({ micros }) => micros > 0);
};

/**
 * A conversion in parts: one for each visit that it may have come from, by probability, and one for what is not known. A
 * conversion that is certain is one part.
 *
 * @param windowDays how long before it touches count
 */
export const portionsOf = (
  history: History,
  { at, contact, node, kind }: Conversion,
  windowDays: number,
): readonly Portion[] => {
  const from = at - windowDays * DAY_MS;
  if (contact && contact.candidates.length > 0 && contact.at >= from)
    return byCandidates(history, contact, from, at);
  const isLead = kind === 'qualified' || kind === 'sale';
  const people = isLead || contact === undefined ? [history.persons.of(node)] : personsOf(contact, history);
  const visitor = contact && contact.at >= from ? contact.visitor : undefined;
  const all = isLead ? together(history, node, visitor) : people;
  return [{ micros: MICROS, touches: merged(history, all, from, at), visit: contact?.visit, people: all }];
};

const indexBefore = (touches: readonly Touch[], at: number): number | undefined => {
  const found = touches.findLastIndex((touch) => touch.at <= at);
  return found === -1 ? undefined : found;
};

const earlier = (a: Contact | undefined, b: Contact | undefined): Contact | undefined =>
  a === undefined || (b !== undefined && b.at < a.at) ? b : a;

/** The touch of the visit that the first call or form came from, or the last one before it. */
const leadIndex = (portion: Portion, { contact }: Conversion, { leads }: Milestones): number | undefined => {
  const first = portion.people.reduce(
    (found: Contact | undefined, person) => earlier(found, leads.get(person)),
    undefined,
  );
  const lead = earlier(first, contact);
  if (lead === undefined) return undefined;
  const visit = lead === contact ? portion.visit : lead.visit;
  const index = portion.touches.findIndex(({ id }) => id === (visit ?? lead.id));
  return index === -1 ? indexBefore(portion.touches, lead.at) : index;
};

const qualifiedIndex = (
  portion: Portion,
  { at }: Conversion,
  { qualified }: Milestones,
): number | undefined => {
  const times = portion.people.flatMap((person) => qualified.get(person) ?? []).filter((time) => time <= at);
  return times.length === 0 ? undefined : indexBefore(portion.touches, Math.min(...times));
};

/** A part's touches as models see them; undefined when there are none. */
export const pathOf = (
  portion: Portion,
  conversion: Conversion,
  milestones: Milestones,
  rows: Rows,
): Path | undefined => {
  if (portion.touches.length === 0) return undefined;
  return {
    touches: portion.touches.map((touch) => ({
      key: rows.keyOf(touch),
      at: touch.at,
      direct: touch.source.channel === 'direct',
      paid: touch.paid,
    })),
    at: conversion.at,
    lead: leadIndex(portion, conversion, milestones),
    qualified: qualifiedIndex(portion, conversion, milestones),
  };
};
