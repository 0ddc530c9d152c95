import type { SqliteFile } from '../../store/index.ts';
import type { LivePlan } from '../types.ts';

const USUAL_HEARTBEAT_S = 60;

/** How often pages of each site tell that they are in view, ms; as long as the usual for a site that is gone. */
export type Heartbeats = (siteId: string) => number;

export const planHeartbeats =
  ({ sites }: Pick<LivePlan, 'sites'>): Heartbeats =>
  (siteId) =>
    (sites.get(siteId)?.heartbeatSeconds ?? USUAL_HEARTBEAT_S) * 1000;

/** Sites of the plan in the database. */
export const readSites = (
  file: SqliteFile,
): { readonly ids: readonly string[]; readonly heartbeatMs: Heartbeats } => {
  const rows = file
    .prepare<[], { id: string; seconds: number | null }>(
      "SELECT id, plan ->> '$.heartbeatSeconds' AS seconds FROM site ORDER BY id",
    )
    .all();
  const known = new Map(rows.map(({ id, seconds }) => [id, seconds]));
  return {
    ids: rows.map(({ id }) => id),
    heartbeatMs: (siteId) => (known.get(siteId) ?? USUAL_HEARTBEAT_S) * 1000,
  };
};
