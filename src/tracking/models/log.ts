import type { Kysely } from 'kysely';
import { FailureError } from '../../base/errors.ts';
import type { Database, SqliteFile } from '../../store/index.ts';
import { canonicalJson } from './canonical.ts';
import { diffReports, type ReportDiff } from './diff.ts';
import { type Explanation, explainPath, type PathQuestion } from './explain.ts';
import type { EventRow } from './history.ts';
import { findModel } from './model-list.ts';
import { attributionReport, compareModels, type ModelComparison, type SealedReport } from './report.ts';
import { HISTORY_DAYS, readFrom, type StudyParameters } from './study.ts';
import type { AttributionParameters } from './types.ts';

/** What a report is asked for; the log says the rest. */
export type AttributionRequest = Omit<
  AttributionParameters,
  'version' | 'historyDays' | 'lastSeq' | 'events'
>;

const COLUMNS = 'seq, at, type, subject, body';

/** The events that a report reads, in no order. */
function* readEvents(file: SqliteFile, parameters: StudyParameters): Generator<EventRow> {
  const { to, lastSeq } = parameters;
  const since = readFrom(parameters);
  const whole = file.prepare<[string, number], EventRow>(
    `SELECT ${COLUMNS} FROM event WHERE type = ? AND seq <= ?`,
  );
  const between = file.prepare<[string, number, number, number], EventRow>(
    `SELECT ${COLUMNS} FROM event WHERE type = ? AND seq <= ? AND at >= ? AND at < ?`,
  );
  yield* whole.iterate('person.linked', lastSeq);
  yield* whole.iterate('lead.changed', lastSeq);
  yield* between.iterate('call.ended', lastSeq, since.contacts, to);
  yield* between.iterate('form.submitted', lastSeq, since.contacts, to);
  yield* between.iterate('visit.started', lastSeq, since.visits, to);
}

/** How far the log goes, and how many events it has up to there. */
const readLength = (file: SqliteFile): { lastSeq: number; events: number } =>
  file
    .prepare<[], { lastSeq: number; events: number }>(
      'SELECT ifnull((SELECT max(seq) FROM event), 0) AS lastSeq, (SELECT count(*) FROM event) AS events',
    )
    .get() ?? { lastSeq: 0, events: 0 };

/** All at the log's present end. */
const parametersOf = (file: SqliteFile, request: AttributionRequest): AttributionParameters => {
  const { id: model, version } = findModel(request.model);
  const { conversion, by, from, to, zone, windowDays, dedupeDays } = request;
  const fixed = { model, version, conversion, by, from, to, zone, windowDays, dedupeDays };
  return { ...fixed, historyDays: HISTORY_DAYS, ...readLength(file) };
};

/** One state of the log for all that is read, whoever writes meanwhile. */
const consistently = <T>(file: SqliteFile, work: () => T): T => file.transaction(work).deferred();

/**
 * A report of the log as it is now. Synchronous: 10^5 events take some tenths of a second; for a connection of its own.
 *
 * @throws UsageError for an unknown model
 */
export const makeReport = (file: SqliteFile, request: AttributionRequest): SealedReport =>
  consistently(file, () => {
    const parameters = parametersOf(file, request);
    return attributionReport(readEvents(file, parameters), parameters);
  });

/** Every model on the log as it is now. @throws UsageError for an unknown model */
export const makeComparison = (file: SqliteFile, request: AttributionRequest): ModelComparison =>
  consistently(file, () => {
    const parameters = parametersOf(file, request);
    return compareModels(readEvents(file, parameters), parameters);
  });

/** The way to a call, a form or a person's last conversion; see `explainPath`. */
export const makeExplanation = (
  file: SqliteFile,
  request: AttributionRequest,
  question: PathQuestion,
): Explanation | undefined =>
  consistently(file, () => {
    const parameters = parametersOf(file, request);
    return explainPath(readEvents(file, parameters), parameters, question);
  });

/**
 * Remembers what a report was made of, so that it can be made again.
 *
 * @param at milliseconds since the epoch
 */
export const keepReport = async (
  db: Kysely<Database>,
  { digest, report: { parameters } }: Pick<SealedReport, 'digest' | 'report'>,
  at: number,
): Promise<void> => {
  await db
    .insertInto('attribution_report')
    .values({ digest, parameters: canonicalJson(parameters), last_seq: parameters.lastSeq, made_at: at })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** The parameters of a report that was made before; the beginning of its digest will do, from 8 digits on, where no other has it. */
const storedParameters = (
  file: SqliteFile,
  digest: string,
): { digest: string; parameters: AttributionParameters } => {
  const found = /^[0-9a-f]{8,64}$/.test(digest)
    ? file
        .prepare<[string, string], { digest: string; parameters: string }>(
          'SELECT digest, parameters FROM attribution_report WHERE digest >= ? AND digest < ? LIMIT 2',
        )
        .all(digest, `${digest}g`)
    : [];
  const [report, another] = found;
  if (report === undefined) throw new FailureError(`There is no report with the digest ${digest}.`);
  if (another !== undefined) throw new FailureError(`Several reports begin with ${digest}: give more of it.`);
  return { digest: report.digest, parameters: JSON.parse(report.parameters) as AttributionParameters };
};

const checkWhole = (file: SqliteFile, { lastSeq, events }: AttributionParameters): void => {
  const later =
    file.prepare<[number], number>('SELECT count(*) FROM event WHERE seq > ?').pluck().get(lastSeq) ?? 0;
  const left = readLength(file).events - later;
  if (left === events) return;
  throw new FailureError(
    `The event log was cut since: of the ${events} events up to ${lastSeq} it has ${left}, and the report can't be made again.`,
  );
};

export type Recomputation = SealedReport & {
  /** Of the report that was asked for. */
  readonly wanted: string;
  /** Whether it came out with the same bytes. */
  readonly identical: boolean;
};

/**
 * Makes a report again from the events that it saw, whatever was written or planned since.
 *
 * @param digest of a report that was kept, or its beginning
 * @throws FailureError when there is no such report, its events are gone, or its model's version is
 */
export const recompute = (file: SqliteFile, digest: string): Recomputation =>
  consistently(file, () => {
    const { digest: wanted, parameters } = storedParameters(file, digest);
    checkWhole(file, parameters);
    const again = attributionReport(readEvents(file, parameters), parameters);
    return { ...again, wanted, identical: again.digest === wanted };
  });

/** What changed from one kept report to another. @throws FailureError as `recompute` does, UsageError as `diffReports` does */
export const diffDigests = (file: SqliteFile, before: string, after: string): ReportDiff =>
  consistently(file, () => {
    const [a, b] = [before, after].map((digest) => storedParameters(file, digest).parameters);
    if (a === undefined || b === undefined) throw new FailureError('There is no such report.');
    for (const parameters of [a, b]) checkWhole(file, parameters);
    return diffReports([readEvents(file, a), readEvents(file, b)], a, b);
  });

/** What another model makes of the same events. @throws UsageError for an unknown model */
export const diffModels = (file: SqliteFile, request: AttributionRequest, other: string): ReportDiff =>
  consistently(file, () => {
    const before = parametersOf(file, request);
    const after = parametersOf(file, { ...request, model: other });
    return diffReports([readEvents(file, before), readEvents(file, after)], before, after);
  });
