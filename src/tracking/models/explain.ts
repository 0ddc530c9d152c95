import type { PersonKey, TouchSource } from '../events.ts';
import type { Conversion } from './conversions.ts';
import { weigherOf } from './credit.ts';
import { apportion } from './credits.ts';
import type { CallFault, EventRow } from './history.ts';
import { MODELS } from './model-list.ts';
import { type Studied, type Study, type StudyParameters, studyEvents, studyOne } from './study.ts';
import type { Touch } from './types.ts';

/** A touch on the way to a conversion, and what each model gives it. */
export type ExplainedTouch = {
  readonly touch: Omit<Touch, 'node'>;
  readonly milestones: readonly ('first' | 'lead' | 'qualified' | 'last')[];
  /** Millionths of the whole conversion, by model; together over all touches what this possibility is likely. */
  readonly credits: Readonly<Record<string, number>>;
};

/** One possibility of how a conversion came about. */
export type ExplainedPath = {
  /** Its probability in millionths; those of a conversion add up to 1,000,000. */
  readonly micros: number;
  /** Visit that a call came from, if this is what happened. */
  readonly visit: string | null;
  /** None: nobody knows. */
  readonly touches: readonly ExplainedTouch[];
};

export type Explanation = {
  readonly conversion: { readonly id: string; readonly kind: string; readonly at: number } | null;
  /** Why it brings no credit in reports, if so. */
  readonly fault: CallFault | null;
  /** When the touches were weighed: at the conversion, or now. */
  readonly at: number;
  readonly paths: readonly ExplainedPath[];
};

const pick = ({ channel, source, medium, campaign, term, content, source_id }: TouchSource): TouchSource => ({
  channel,
  source,
  medium,
  campaign,
  term,
  content,
  source_id,
});

const shown = ({ node: _, ...touch }: Touch): ExplainedTouch['touch'] => ({
  ...touch,
  source: pick(touch.source),
});

const explainPaths = (study: Study, { portions }: Studied): readonly ExplainedPath[] => {
  const weighers = MODELS.map((model) => ({ id: model.id, weigher: weigherOf(model, study) }));
  return portions.map(({ portion, path }) => {
    if (path === undefined) return { micros: portion.micros, visit: portion.visit ?? null, touches: [] };
    const byModel = weighers.map(({ id, weigher }) => ({
      id,
      credits: apportion(portion.micros, weigher.weigh(path)),
    }));
    const last = portion.touches.length - 1;
    const touches = portion.touches.map(
      (touch, index): ExplainedTouch => ({
        touch: shown(touch),
        milestones: [
          ...(index === 0 ? (['first'] as const) : []),
          ...(index === path.lead ? (['lead'] as const) : []),
          ...(index === path.qualified ? (['qualified'] as const) : []),
          ...(index === last ? (['last'] as const) : []),
        ],
        credits: Object.fromEntries(byModel.map(({ id, credits }) => [id, credits[index] ?? 0])),
      }),
    );
    return { micros: portion.micros, visit: portion.visit ?? null, touches };
  });
};

/** Whose path is asked for. */
export type PathQuestion =
  | { readonly type: 'contact'; readonly id: string }
  | { readonly type: 'person'; readonly keys: readonly PersonKey[] };

const questioned = (study: Study, question: PathQuestion): Conversion | undefined => {
  if (question.type === 'contact') {
    const contact = study.history.contacts.find(({ id }) => id === question.id);
    return contact && { ...contact, kind: contact.type, contact, value: undefined };
  }
  const { persons } = study.history;
  const people = new Set(question.keys.map(({ kind, key }) => persons.of(persons.node(kind, key))));
  return study.conversions.findLast(({ conversion }) => people.has(persons.of(conversion.node)))?.conversion;
};

/**
 * The touches that led to a call or form, or to a person's last conversion of the parameters' kind in the period; of a person
 * without one those up to now, as if it converted. What a model that learns from all paths gives is what it learned in the
 * period.
 *
 * @returns undefined when there is no such call or form
 */
export const explainPath = (
  events: Iterable<EventRow>,
  parameters: StudyParameters,
  question: PathQuestion,
): Explanation | undefined => {
  const study = studyEvents(events, parameters);
  const conversion = questioned(study, question);
  if (conversion) {
    const studied = studyOne(study, conversion, parameters.windowDays);
    const { id, kind, at } = conversion;
    return {
      conversion: { id, kind, at },
      fault: conversion.contact?.fault ?? null,
      at,
      paths: explainPaths(study, studied),
    };
  }
  if (question.type === 'contact') return undefined;
  const [first] = question.keys;
  if (first === undefined) return { conversion: null, fault: null, at: parameters.to, paths: [] };
  const now: Conversion = {
    id: '',
    kind: 'lead',
    seq: parameters.lastSeq,
    at: parameters.to - 1,
    node: study.history.persons.node(first.kind, first.key),
    contact: undefined,
    value: undefined,
  };
  const studied = studyOne(study, now, parameters.windowDays);
  return { conversion: null, fault: null, at: now.at, paths: explainPaths(study, studied) };
};
