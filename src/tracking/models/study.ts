import {
  type Conversion,
  type Exclusion,
  findConversions,
  type Milestones,
  personsOf,
  readMilestones,
} from './conversions.ts';
import { createRows, type Rows } from './dimension.ts';
import { type EventRow, type History, readHistory } from './history.ts';
import { type Portion, pathOf, portionsOf } from './portions.ts';
import { type AttributionParameters, DAY_MS, type Journeys, MICROS, type Path } from './types.ts';

/** What decides which conversions are looked at and by which paths; the model apart. */
export type StudyParameters = Omit<AttributionParameters, 'model' | 'version' | 'events' | 'zone'>;

/** A visit may lie so much before the call that came from it. */
const VISIT_LEAD_DAYS = 31;

/** How far back calls and forms are read for what is a repeat and what was first. */
export const HISTORY_DAYS = 400;

/** First moment of each kind of event that a report reads; what people are and what became of leads is read whole. */
export const readFrom = ({ from, windowDays, historyDays }: StudyParameters) => ({
  visits: from - (windowDays + VISIT_LEAD_DAYS) * DAY_MS,
  contacts: from - historyDays * DAY_MS,
});

const isRead = ({ seq, at, type }: EventRow, parameters: StudyParameters): boolean => {
  if (seq > parameters.lastSeq) return false;
  if (type === 'person.linked' || type === 'lead.changed') return true;
  const since = readFrom(parameters);
  return at < parameters.to && at >= (type === 'visit.started' ? since.visits : since.contacts);
};

function* inScope(rows: Iterable<EventRow>, parameters: StudyParameters): Generator<EventRow> {
  for (const row of rows) if (isRead(row, parameters)) yield row;
}

/** A part of a conversion with what led to it. */
export type StudiedPortion = { readonly portion: Portion; readonly path: Path | undefined };

export type Studied = { readonly conversion: Conversion; readonly portions: readonly StudiedPortion[] };

/** The conversions of a period and the paths to them, before any model has weighed them. */
export type Study = {
  readonly parameters: StudyParameters;
  readonly history: History;
  readonly milestones: Milestones;
  readonly rows: Rows;
  /** By time. */
  readonly conversions: readonly Studied[];
  readonly excluded: ReadonlyMap<string, Exclusion>;
  /** Conversions of the period that were not counted because the person's earlier one was. */
  readonly repeats: number;
  /** Made when first asked for. */
  readonly journeys: () => Journeys;
};

const journeysOf = (study: Omit<Study, 'journeys'>): Journeys => {
  const { history, parameters, rows, conversions } = study;
  const converted = new Map<number, number>();
  for (const { portions } of conversions)
    for (const { portion } of portions)
      for (const person of portion.people)
        converted.set(person, (converted.get(person) ?? 0) + portion.micros);
  for (const contact of history.contacts) {
    if (contact.at < parameters.from || study.excluded.get(contact.id) !== 'repeat') continue;
    for (const person of personsOf(contact, history)) converted.set(person, MICROS);
  }
  const lost = [...history.people].flatMap((person) => {
    const micros = MICROS - Math.min(MICROS, converted.get(person) ?? 0);
    if (micros === 0) return [];
    const touches = history.touchesOf(person).filter(({ at }) => at >= parameters.from && at < parameters.to);
    return touches.length === 0 ? [] : [{ keys: touches.map(rows.keyOf), micros }];
  });
  return {
    converted: conversions.flatMap(({ portions }) =>
      portions.flatMap(({ portion, path }) => (path ? [{ path, micros: portion.micros }] : [])),
    ),
    lost,
  };
};

/** How a conversion came about, as far as the history tells. */
export const studyOne = (
  study: Pick<Study, 'history' | 'milestones' | 'rows'>,
  conversion: Conversion,
  windowDays: number,
): Studied => ({
  conversion,
  portions: portionsOf(study.history, conversion, windowDays).map((portion) => ({
    portion,
    path: pathOf(portion, conversion, study.milestones, study.rows),
  })),
});

/**
 * Reads the events and finds the period's conversions with their paths. The same events and parameters give the same study,
 * in whatever order the events come.
 *
 * @param rows of the event log; more than the report needs do no harm
 */
export const studyEvents = (events: Iterable<EventRow>, parameters: StudyParameters): Study => {
  const history = readHistory(inScope(events, parameters));
  const milestones = readMilestones(history);
  const rows = createRows(parameters.by);
  const { counted, excluded } = findConversions(
    history,
    milestones,
    parameters.conversion,
    parameters.dedupeDays,
  );
  const base = { history, milestones, rows };
  const conversions = counted
    .filter(({ at }) => at >= parameters.from && at < parameters.to)
    .map((conversion) => studyOne(base, conversion, parameters.windowDays));
  const repeats = history.contacts.filter(
    ({ id, at }) => at >= parameters.from && excluded.get(id) === 'repeat',
  ).length;
  const study = { ...base, parameters, conversions, excluded, repeats };
  let journeys: Journeys | undefined;
  return {
    ...study,
    journeys: () => {
      journeys ??= journeysOf(study);
      return journeys;
    },
  };
};
