/** Columns of a call that no visit is behind. */
export const NO_VISIT = {
  content: null,
  channel: null,
  site_id: null,
  visit_id: null,
  visitor_id: null,
  lease_id: null,
  dialled_code: null,
} as const;

/** Columns of a tracking number that belongs to a source. */
export const OF_SOURCE = { pool_id: null, flow_id: null, state: 'active', state_since: 0 } as const;
