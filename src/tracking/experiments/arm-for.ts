import type { ExperimentPlan } from '../../config/index.ts';
import type { SqliteFile } from '../../store/index.ts';
import { perFile } from '../per-file.ts';
import { banditShares } from './bandit.ts';
import { readTallies } from './cells.ts';
import { type ArmBuckets, armOfBucket, BUCKETS, bucketOf, dealBuckets, isEphemeral } from './split.ts';

/** The form of a button that a viewer gets. */
export type Assignment = {
  readonly arm: string;
  /** How likely that was, above 0, at most 1. */
  readonly probability: number;
};

/** Shares of a bandit hold so long, and so many times longer than it took to compute them. */
const HOLD_MS = 60_000;
const HOLD_TIMES = 200;

type Held = {
  readonly experiment: ExperimentPlan;
  readonly from: number;
  readonly until: number;
  readonly deal: readonly ArmBuckets[];
};

/** The first of the arms there still are that a viewer saw; of a press within the first second there is no view. */
const firstOf = (type: 'view' | 'click'): string =>
  `(SELECT arm FROM button_event WHERE experiment_id = @experiment AND type = '${type}' AND viewer = @viewer AND bot = 0
      AND arm IN (SELECT value FROM json_each(@arms)) ORDER BY seq LIMIT 1)`;

const stateOf = perFile((file) => ({
  held: new Map<string, Held>(),
  seen: file
    .prepare<[{ experiment: string; viewer: string; arms: string }], string | null>(
      `SELECT coalesce(${firstOf('view')}, ${firstOf('click')})`,
    )
    .pluck(),
  read: file.prepare('SELECT arm, probability FROM experiment_arm WHERE experiment_id = ? AND viewer = ?'),
  keep: file.prepare(
    `INSERT INTO experiment_arm (experiment_id, viewer, arm, probability, at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`,
  ),
  replace: file.prepare(
    'INSERT OR REPLACE INTO experiment_arm (experiment_id, viewer, arm, probability, at) VALUES (?, ?, ?, ?, ?)',
  ),
}));

/** How a bandit deals its buckets out at a time: the same for a minute. */
export const dealOfBandit = (
  file: SqliteFile,
  experiment: ExperimentPlan,
  at: number,
): readonly ArmBuckets[] => {
  const { held } = stateOf(file);
  const known = held.get(experiment.id);
  if (known && known.experiment === experiment && at >= known.from && at < known.until) return known.deal;
  const begun = performance.now();
  const shares = banditShares(readTallies(file, experiment, at), experiment.floor);
  const deal = dealBuckets(experiment.arms.map(({ id }, index) => ({ id, weight: shares[index] ?? 0 })));
  const took = performance.now() - begun;
  held.set(experiment.id, { experiment, from: at, until: at + Math.max(HOLD_MS, took * HOLD_TIMES), deal });
  return deal;
};

/** The arm that a viewer has seen: it stays the same when weights change, an arm comes, or a bandit takes over. */
const seenArm = (
  file: SqliteFile,
  { id, arms }: Pick<ExperimentPlan, 'id' | 'arms'>,
  viewer: string,
): Assignment | undefined => {
  if (isEphemeral(viewer)) return undefined;
  const there = JSON.stringify(arms.map((arm) => arm.id));
  const seen = stateOf(file).seen.get({ experiment: id, viewer, arms: there });
  const dealt = dealBuckets(arms).find(({ arm }) => arm === seen);
  return dealt && { arm: dealt.arm, probability: (dealt.to - dealt.from) / BUCKETS };
};

const dealtByHash = (experiment: ExperimentPlan, viewer: string): Assignment =>
  armOfBucket(dealBuckets(experiment.arms), bucketOf(experiment.id, viewer));

/** Drawn once and kept for good: what it was worth to draw it then can't be found out later. */
const drawnByBandit = (
  file: SqliteFile,
  experiment: ExperimentPlan,
  viewer: string,
  at: number,
): Assignment => {
  const { read, keep, replace } = stateOf(file);
  const kept = isEphemeral(viewer) ? undefined : (read.get(experiment.id, viewer) as Assignment | undefined);
  const isThere = kept !== undefined && experiment.arms.some(({ id }) => id === kept.arm);
  if (isThere) return kept;
  // Came before it was a bandit: no probability of theirs is known, and none is kept.
  const seen = kept === undefined ? seenArm(file, experiment, viewer) : undefined;
  if (seen) return seen;
  const drawn = armOfBucket(dealOfBandit(file, experiment, at), bucketOf(experiment.id, viewer));
  if (isEphemeral(viewer)) return drawn;
  const write = kept === undefined ? keep : replace;
  const { changes } = write.run(experiment.id, viewer, drawn.arm, drawn.probability, at);
  if (changes > 0) return drawn;
  // Another process was quicker.
  return (read.get(experiment.id, viewer) as Assignment | undefined) ?? drawn;
};

/** The arm that a machine is shown, by the hash of the viewer alone: it must not weigh in a bandit's draws. */
export const armForMachine = dealtByHash;

/**
 * The arm that a viewer gets of a running experiment; ask for none of one that has ended. Whoever has seen an arm that there
 * still is keeps it. Else in mode `fixed` the hash alone decides; in mode `bandit` the arm is drawn at the first view by what
 * is known then, and kept. Viewers who may not be followed (`e-…`) get one, and are not kept.
 *
 * @param at milliseconds since the epoch
 * @throws SqliteError `SQLITE_BUSY` when a bandit's draw can't be written
 */
export const armFor = (
  file: SqliteFile,
  experiment: ExperimentPlan,
  viewer: string,
  at: number,
): Assignment =>
  experiment.mode === 'fixed'
    ? (seenArm(file, experiment, viewer) ?? dealtByHash(experiment, viewer))
    : drawnByBandit(file, experiment, viewer, at);
