import type { ExperimentPlan } from '../../config/index.ts';
import type { SqliteFile } from '../../store/index.ts';
import { LINK_FROM, SPAM_FLAG } from '../people/index.ts';
import { perFile } from '../per-file.ts';
import type { Tally } from './bayes.ts';

const DAY_MS = 86_400_000;
/** A dialler that opened brings its call within this time. */
const DIALLED_MS = 600_000;
/** Pages send what happened in bundles: a call may be here before the view that led to it. */
const LATE_MS = 60_000;

/** Viewers of one arm who saw it first on the same day and did what counts on the same day. */
export type Cell = {
  readonly arm: string;
  /** UTC day of the first view, since 1970. */
  readonly seen: number;
  /** UTC day of the first conversion; null: none. */
  readonly converted: number | null;
  readonly viewers: number;
  /** Sum of 1/p and 1/p² over the probabilities with which they got their arm; null: not kept. */
  readonly inverse: number | null;
  readonly inverseSquared: number | null;
  readonly drawn: number;
  readonly clicked: number;
  readonly called: number;
  readonly answered: number;
  readonly qualified: number;
};

/** Calls of an arm's viewers. */
export type ArmCalls = {
  readonly arm: string;
  readonly calls: number;
  readonly answered: number;
  /** Answered and over within the short-call limit. */
  readonly short: number;
};

const PERSON = `LEFT JOIN person_key k ON k.kind = 'caller' AND k.key = c.caller_hmac
    LEFT JOIN person_key v ON c.caller_hmac IS NULL AND v.kind = 'visitor' AND v.key = b.viewer
    LEFT JOIN lead l ON l.person_id = coalesce(k.person_id, v.person_id)`;

/**
 * Who saw the button, when first, and in which form: SQLite takes `arm` from the row of the least `at`. Whoever pressed it has
 * seen it.
 */
const SEEN = `seen AS MATERIALIZED (
    SELECT viewer, arm, min(at) AS at FROM button_event
     WHERE experiment_id = @experiment AND type IN ('view', 'click') AND bot = 0 AND arm IS NOT NULL
       AND substr(viewer, 1, 2) <> 'e-' AND at <= @until
     GROUP BY viewer)`;

/** Who was given an arm, whether or not the button came into view: known at once. */
const DRAWN = `seen AS NOT MATERIALIZED (
    SELECT viewer, arm, at FROM experiment_arm WHERE experiment_id = @experiment AND at <= @until)`;

/**
 * Calls of those who are `seen`: of the browser, calls back, and those of a dialler that the button opened, which are known by
 * their visit. Test calls and spam are none.
 */
const CALLS = `brought AS MATERIALIZED (
    SELECT viewer, call_id FROM web_call WHERE experiment_id = @experiment
    UNION
    SELECT e.viewer, c.id FROM button_event e
      JOIN call c ON c.visitor_id = e.viewer AND c.started_at BETWEEN e.at - ${LATE_MS} AND e.at + ${DIALLED_MS}
     WHERE e.experiment_id = @experiment AND e.type = 'tel_open' AND e.bot = 0 AND c.direction = 'inbound'
       AND (c.match_method IN ('tel_tap', 'code')
         OR (c.match_method NOT IN ('static', 'none') AND c.match_prob >= ${LINK_FROM}))),
  counted AS MATERIALIZED (
    SELECT b.viewer, max(c.started_at, s.at) AS at, c.answered_at IS NOT NULL AS answered, coalesce(c.talk_ms, 0) AS talk_ms,
      c.ended_at IS NOT NULL AS over, s.arm,
      coalesce(l.status IN ('qualified', 'customer'), 0)
        OR (c.answered_at IS NOT NULL AND coalesce(c.talk_ms, 0) >= @qualifiedMs) AS qualified
    FROM brought b JOIN seen s ON s.viewer = b.viewer JOIN call c ON c.id = b.call_id ${PERSON}
   WHERE c.is_test = 0 AND c.status <> 'blocked' AND coalesce(c.spam_score, 0) < ${SPAM_FLAG}
     AND coalesce(c.score, '') <> 'spam' AND coalesce(l.status, '') <> 'spam'
     AND c.started_at >= s.at - ${LATE_MS} AND c.started_at <= @until)`;

const METRIC: Readonly<Record<ExperimentPlan['metric'], string>> = {
  clicks: 'k.at',
  calls: 'f.called',
  answered: 'f.answered',
  qualified: 'f.qualified',
};

const cellsSql = (metric: ExperimentPlan['metric']): string => `WITH ${SEEN}, ${CALLS},
  pressed AS MATERIALIZED (
    SELECT viewer, min(at) AS at FROM button_event
     WHERE experiment_id = @experiment AND type = 'click' AND bot = 0 AND at <= @until GROUP BY viewer),
  firsts AS MATERIALIZED (
    SELECT viewer, min(at) AS called, min(CASE WHEN answered THEN at END) AS answered,
      min(CASE WHEN qualified THEN at END) AS qualified
    FROM counted GROUP BY viewer)
  SELECT s.arm, s.at / ${DAY_MS} AS seen, ${METRIC[metric]} / ${DAY_MS} AS converted, count(*) AS viewers,
    sum(1 / p.probability) AS inverse, sum(1 / (p.probability * p.probability)) AS inverseSquared,
    count(p.probability) AS drawn, count(k.at) AS clicked, count(f.called) AS called, count(f.answered) AS answered,
    count(f.qualified) AS qualified
  FROM seen s LEFT JOIN pressed k ON k.viewer = s.viewer LEFT JOIN firsts f ON f.viewer = s.viewer
    LEFT JOIN experiment_arm p ON p.experiment_id = @experiment AND p.viewer = s.viewer AND p.arm = s.arm
  GROUP BY 1, 2, 3`;

const CALLS_SQL = `WITH ${SEEN}, ${CALLS}
  SELECT arm, count(*) AS calls, sum(answered) AS answered, sum(answered AND over AND talk_ms < @shortMs) AS short
  FROM counted GROUP BY arm`;

const COUNTED_CALLS: Readonly<Record<Exclude<ExperimentPlan['metric'], 'clicks'>, string>> = {
  calls: '1',
  answered: 'answered',
  qualified: 'qualified',
};

const conversionsSql = (metric: ExperimentPlan['metric']): string =>
  metric === 'clicks'
    ? `WITH ${DRAWN} SELECT s.arm, count(DISTINCT e.viewer) AS conversions
         FROM button_event e JOIN seen s ON s.viewer = e.viewer
        WHERE e.experiment_id = @experiment AND e.type = 'click' AND e.bot = 0 AND e.at <= @until GROUP BY s.arm`
    : `WITH ${DRAWN}, ${CALLS} SELECT arm, count(DISTINCT viewer) AS conversions FROM counted
        WHERE ${COUNTED_CALLS[metric]} GROUP BY arm`;

const DRAWN_SQL = `WITH ${DRAWN} SELECT arm, count(*) AS viewers FROM seen GROUP BY arm`;

const SEVERAL_SQL = `SELECT count(*) AS viewers FROM (
  SELECT viewer FROM button_event WHERE experiment_id = @experiment AND type = 'view' AND bot = 0 AND at <= @until
    AND substr(viewer, 1, 2) <> 'e-'
   GROUP BY viewer HAVING count(DISTINCT arm) > 1)`;

/** Each page that such a visitor loads has an id of its own. */
const UNFOLLOWED_SQL = `SELECT count(DISTINCT viewer) AS viewers FROM button_event
  WHERE experiment_id = @experiment AND type IN ('view', 'click') AND bot = 0 AND at <= @until AND substr(viewer, 1, 2) = 'e-'`;

/** One statement for each metric, when it is first asked for. */
const byMetric = (file: SqliteFile, sql: (metric: ExperimentPlan['metric']) => string) => {
  const prepared = new Map<ExperimentPlan['metric'], ReturnType<SqliteFile['prepare']>>();
  return (metric: ExperimentPlan['metric']) => {
    const statement = prepared.get(metric) ?? file.prepare(sql(metric));
    prepared.set(metric, statement);
    return statement;
  };
};

const statementsOf = perFile((file) => ({
  cells: byMetric(file, cellsSql),
  conversions: byMetric(file, conversionsSql),
  drawn: file.prepare(DRAWN_SQL),
  calls: file.prepare(CALLS_SQL),
  several: file.prepare(SEVERAL_SQL),
  unfollowed: file.prepare(UNFOLLOWED_SQL),
}));

type Counted = Pick<ExperimentPlan, 'id' | 'metric' | 'qualifiedSeconds'>;

const parameters = ({ id, qualifiedSeconds }: Counted, until: number) => ({
  experiment: id,
  qualifiedMs: qualifiedSeconds * 1000,
  until,
});

/**
 * What viewers of an experiment did, each counted once: bots and those who may not be followed are left out.
 *
 * @param until what came later does not count; ms since the epoch
 */
export const readCells = (file: SqliteFile, experiment: Counted, until: number): readonly Cell[] =>
  statementsOf(file).cells(experiment.metric).all(parameters(experiment, until)) as Cell[];

/** @param shortSeconds a call that is over sooner after its answer is short */
export const readArmCalls = (
  file: SqliteFile,
  experiment: Counted,
  until: number,
  shortSeconds: number,
): readonly ArmCalls[] =>
  statementsOf(file).calls.all({
    ...parameters(experiment, until),
    shortMs: shortSeconds * 1000,
  }) as ArmCalls[];

/** Viewers who saw more than one arm. */
export const readSeveral = (file: SqliteFile, { id }: Counted, until: number): number =>
  (statementsOf(file).several.get({ experiment: id, until }) as { viewers: number }).viewers;

/** Pages on which it was seen by somebody who may not be followed, and counts in no figure. */
export const readUnfollowed = (file: SqliteFile, { id }: Counted, until: number): number =>
  (statementsOf(file).unfollowed.get({ experiment: id, until }) as { viewers: number }).viewers;

/**
 * Viewers and conversions by arm as a bandit learns from them: everybody who was given an arm counts, so that it takes
 * milliseconds. In the order of the arms.
 */
export const readTallies = (
  file: SqliteFile,
  experiment: Counted & Pick<ExperimentPlan, 'arms'>,
  until: number,
): readonly Tally[] => {
  const { drawn, conversions } = statementsOf(file);
  const { qualifiedMs, ...where } = parameters(experiment, until);
  const values = experiment.metric === 'clicks' ? where : { ...where, qualifiedMs };
  const viewersOf = drawn.all(where) as { arm: string; viewers: number }[];
  const conversionsOf = conversions(experiment.metric).all(values) as { arm: string; conversions: number }[];
  return experiment.arms.map(({ id }) => ({
    viewers: viewersOf.find(({ arm }) => arm === id)?.viewers ?? 0,
    conversions: conversionsOf.find(({ arm }) => arm === id)?.conversions ?? 0,
  }));
};
