import { z } from 'zod';
import type { CallTable, SqliteFile } from '../../store/index.ts';
import { type Calibration, calibration, calibrationSchema, type Score } from './calibration.ts';
import { lawsAt, NEAREST } from './match.ts';
import { type Scene, weigh } from './posterior.ts';
import { readScene } from './scene.ts';
import { type Heartbeats, readSites } from './sites.ts';

/** Times are ms since the epoch, `to` exclusive. */
export type CalibrationPeriod = { readonly from: number; readonly to: number };

export const calibrationReportSchema = calibrationSchema.extend({
  from: z.int(),
  to: z.int(),
  known: z.int().meta({ description: 'Calls whose visit is known for certain' }),
  unattributed: z.int().meta({ description: 'Of these: the posterior would have named nobody' }),
});

export type CalibrationReport = Calibration &
  CalibrationPeriod &
  Pick<z.output<typeof calibrationReportSchema>, 'known' | 'unattributed'>;

/** The latest that are looked at. */
const MOST_CALLS = 500;

type KnownCall = Pick<CallTable, 'started_at' | 'caller_hmac' | 'caller_region' | 'match_method'> & {
  readonly did: string;
  readonly visit_id: string;
};

/** What is left of the evidence without the tap that proved the match. */
const withoutTaps = (scene: Scene): Scene => ({
  ...scene,
  suspects: scene.suspects.map((suspect) => ({ ...suspect, tapMs: null, copyMs: null, phone: false })),
});

/** The posterior's best guess for a call whose visit is known otherwise; undefined: nobody. */
const scoreOf = (file: SqliteFile, heartbeatMs: Heartbeats, call: KnownCall): Score | undefined => {
  const scene = readScene(
    file,
    { did: call.did, at: call.started_at, callerHmac: call.caller_hmac, callerRegion: call.caller_region },
    { heartbeatMs, nearest: NEAREST },
  );
  const shown = call.match_method === 'tel_tap' ? withoutTaps(scene) : scene;
  // The law of that time: a later one has seen this call.
  const { weighed, nobody } = weigh(shown, lawsAt(file, call.started_at));
  const [best] = weighed;
  if (best === undefined || best.probability <= nobody) return undefined;
  return { p: best.probability, right: best.suspect.visitId === call.visit_id };
};

/**
 * How good the posterior is, by calls whose visit is known for certain (token, extension code, tap): each is matched once more
 * without that certain evidence. The latest 500 calls of the period. Reads only.
 */
export const calibrationReport = (file: SqliteFile, { from, to }: CalibrationPeriod): CalibrationReport => {
  const calls = file
    .prepare<[number, number, number], KnownCall>(
      `SELECT started_at, did, caller_hmac, caller_region, match_method, visit_id FROM call
        WHERE started_at >= ? AND started_at < ? AND match_method IN ('token', 'code', 'tel_tap')
          AND did IS NOT NULL AND visit_id IS NOT NULL AND is_test = 0
        ORDER BY started_at DESC LIMIT ?`,
    )
    .all(from, to, MOST_CALLS);
  const { heartbeatMs } = readSites(file);
  const scores = calls.map((call) => scoreOf(file, heartbeatMs, call)).filter((score) => score !== undefined);
  return {
    from,
    to,
    known: calls.length,
    unattributed: calls.length - scores.length,
    ...calibration(scores),
  };
};
