import { UsageError } from '../../base/errors.ts';
import { byCodeUnits } from './canonical.ts';
import type { Exclusion } from './conversions.ts';
import { type Credits, creditsOf, sumCredits, weigherOf } from './credit.ts';
import type { EventRow } from './history.ts';
import { findModel } from './model-list.ts';
import { type Studied, type Study, studyEvents } from './study.ts';
import type { AttributionParameters } from './types.ts';

/** A conversion whose credit moved. */
export type CreditChange = {
  /** Id of the call, form or lead. */
  readonly id: string;
  readonly at: number;
  /** Millionths by row; null: not in that report. */
  readonly before: Readonly<Record<string, number>> | null;
  readonly after: Readonly<Record<string, number>> | null;
  /** One sentence. */
  readonly why: string;
};

export type ReportDiff = {
  readonly before: AttributionParameters;
  readonly after: AttributionParameters;
  /** Rows whose credit differs, the largest difference first; millionths. */
  readonly rows: readonly { readonly key: string; readonly before: number; readonly after: number }[];
  /** By time. */
  readonly changes: readonly CreditChange[];
  readonly unchanged: number;
};

type Side = {
  readonly parameters: AttributionParameters;
  readonly study: Study;
  readonly studied: ReadonlyMap<string, Studied>;
  readonly credits: ReadonlyMap<string, Credits>;
};

const sideOf = (parameters: AttributionParameters, study: Study): Side => {
  const weigher = weigherOf(findModel(`${parameters.model}@${parameters.version}`), study);
  return {
    parameters,
    study,
    studied: new Map(study.conversions.map((studied) => [studied.conversion.id, studied])),
    credits: new Map(
      study.conversions.map((studied) => [studied.conversion.id, creditsOf(studied, weigher)]),
    ),
  };
};

const sameCredits = (a: Credits | undefined, b: Credits | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  a.size === b.size &&
  [...a].every(([key, micros]) => b.get(key) === micros);

const EXCLUDED: Readonly<Record<Exclusion, string>> = {
  test: 'it is a test call',
  spam: 'it is marked as spam',
  blocked: 'the caller is blocked',
  repeat: "it is a repeat: the person's earlier conversion was counted",
  retracted: 'the lead is no longer what it was',
  'another-kind': 'it is no conversion of that kind',
};

/** Why a conversion of the other report is not in this one. */
const absence = ({ parameters, study }: Side, { seq, at, id }: Studied['conversion']): string => {
  if (seq > parameters.lastSeq) return `it was not in the log yet (event ${seq})`;
  if (at < parameters.from || at >= parameters.to) return 'it is outside the period';
  const why = study.excluded.get(id);
  return why === undefined ? `it is not counted as ${parameters.conversion}` : EXCLUDED[why];
};

const modelName = ({ parameters: { model, version } }: Side): string => `${model} (version ${version})`;

const touchIds = ({ portions }: Studied): readonly string[] => [
  ...new Set(portions.flatMap(({ portion }) => portion.touches.map(({ id }) => id))),
];

const portionsText = ({ portions }: Studied): string =>
  portions.map(({ portion }) => `${portion.visit ?? ''} ${portion.micros}`).join();

const pathText = ({ portions }: Studied): string =>
  portions.map(({ portion }) => portion.touches.map(({ id }) => id).join()).join(';');

const sourcesText = ({ portions }: Studied): string =>
  portions.map(({ path }) => path?.touches.map(({ key }) => key).join() ?? '').join(';');

const touches = (count: number): string => `${count} ${count === 1 ? 'touch' : 'touches'}`;

const pathChange = (before: Studied, after: Studied, a: Side, b: Side): string => {
  const [old, fresh] = [touchIds(before), touchIds(after)];
  const gone = old.filter((id) => !fresh.includes(id)).length;
  const come = fresh.filter((id) => !old.includes(id)).length;
  const moved = [
    ...(come > 0 ? [`${touches(come)} came to its path`] : []),
    ...(gone > 0 ? [`${touches(gone)} left it`] : []),
  ].join(', ');
  const { windowDays: x } = a.parameters;
  const { windowDays: y } = b.parameters;
  if (x !== y) return `the window is ${y} d instead of ${x} d: ${moved}`;
  return `${moved || 'its touches come in another order'}: people were linked, or events written, after event ${Math.min(a.parameters.lastSeq, b.parameters.lastSeq)}`;
};

const reason = (before: Studied | undefined, after: Studied | undefined, a: Side, b: Side): string => {
  if (before === undefined) return after ? `not in the first: ${absence(a, after.conversion)}` : 'in neither';
  if (after === undefined) return `not in the second: ${absence(b, before.conversion)}`;
  if (portionsText(before) !== portionsText(after))
    return 'it is matched to other visits, or with other probabilities';
  if (pathText(before) !== pathText(after)) return pathChange(before, after, a, b);
  if (modelName(a) !== modelName(b))
    return `the same path is weighed by ${modelName(b)} instead of ${modelName(a)}`;
  if (sourcesText(before) !== sourcesText(after)) return 'its touches are of other sources';
  return 'its milestones, or the paths of other people, are different';
};

const recordOf = (credits: Credits | undefined): Readonly<Record<string, number>> | null =>
  credits === undefined
    ? null
    : Object.fromEntries([...credits].sort(([a, x], [b, y]) => y - x || byCodeUnits(a, b)));

const rowChanges = (a: Side, b: Side): ReportDiff['rows'] => {
  const sums = [a, b].map(({ study, parameters }) =>
    sumCredits(study, findModel(`${parameters.model}@${parameters.version}`)),
  );
  const keys = new Set(sums.flatMap((sum) => [...sum.keys()]));
  return [...keys]
    .map((key) => ({ key, before: sums[0]?.get(key)?.credits ?? 0, after: sums[1]?.get(key)?.credits ?? 0 }))
    .filter(({ before, after }) => before !== after)
    .sort((x, y) => Math.abs(y.after - y.before) - Math.abs(x.after - x.before) || byCodeUnits(x.key, y.key));
};

/**
 * Which conversions got other credit in a second report, and why: another model, window or period, or events that were
 * written meanwhile.
 *
 * @param events of the log, once for each report
 * @throws UsageError when one has rows that the other can't have
 */
export const diffReports = (
  events: readonly [Iterable<EventRow>, Iterable<EventRow>],
  before: AttributionParameters,
  after: AttributionParameters,
): ReportDiff => {
  if (before.by !== after.by)
    throw new UsageError(`The reports can't be compared: one is by ${before.by}, the other by ${after.by}`);
  const a = sideOf(before, studyEvents(events[0], before));
  const b = sideOf(after, studyEvents(events[1], after));
  const ids = new Set([...a.studied.keys(), ...b.studied.keys()]);
  const changed = [...ids].filter((id) => !sameCredits(a.credits.get(id), b.credits.get(id)));
  const changes = changed.map((id): CreditChange => {
    const [old, fresh] = [a.studied.get(id), b.studied.get(id)];
    return {
      id,
      at: (fresh ?? old)?.conversion.at ?? 0,
      before: recordOf(a.credits.get(id)),
      after: recordOf(b.credits.get(id)),
      why: reason(old, fresh, a, b),
    };
  });
  return {
    before,
    after,
    rows: rowChanges(a, b),
    changes: changes.sort((x, y) => x.at - y.at || byCodeUnits(x.id, y.id)),
    unchanged: ids.size - changed.length,
  };
};
