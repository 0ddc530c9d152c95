import type { SqliteFile, VisitTable } from '../../store/index.ts';

const VISIT_COLUMNS = [
  'id',
  'visitor_id',
  'site_id',
  'started_at',
  'last_seen_at',
  'hidden_at',
  'landing_url',
  'last_url',
  'referrer',
  'channel',
  'source',
  'medium',
  'campaign',
  'term',
  'content',
  'source_id',
  'click_ids',
  'device',
  'os',
  'browser',
  'language',
  'region',
  'address_hmac',
  'pages',
  'bot',
] as const satisfies readonly (keyof VisitTable)[];

const prepare = (file: SqliteFile) => ({
  addVisitor: file.prepare<[id: string, at: number, at: number]>(
    'INSERT INTO visitor (id, first_seen_at, last_seen_at) VALUES (?, ?, ?)',
  ),
  /** Changes one row where the visitor is known. */
  seeVisitor: file.prepare<[at: number, id: string]>('UPDATE visitor SET last_seen_at = ? WHERE id = ?'),
  forgetVisitor: file.prepare<[id: string, id: string]>(
    'DELETE FROM visitor WHERE id = ? AND NOT EXISTS (SELECT 1 FROM visit WHERE visitor_id = ?)',
  ),

  visit: file.prepare<[id: string], VisitTable>('SELECT * FROM visit WHERE id = ?'),
  lastVisit: file.prepare<[visitor: string, site: string], VisitTable>(
    'SELECT * FROM visit WHERE visitor_id = ? AND site_id = ? ORDER BY started_at DESC LIMIT 1',
  ),
  addVisit: file.prepare<[VisitTable]>(
    `INSERT INTO visit (${VISIT_COLUMNS.join(', ')}) VALUES (${VISIT_COLUMNS.map((name) => `@${name}`).join(', ')})`,
  ),
  seeVisit: file.prepare<[at: number, hiddenAt: number | null, id: string]>(
    'UPDATE visit SET last_seen_at = ?, hidden_at = ? WHERE id = ?',
  ),
  turnPage: file.prepare<[at: number, url: string, pages: number, id: string]>(
    'UPDATE visit SET last_seen_at = ?, hidden_at = NULL, last_url = ?, pages = ? WHERE id = ?',
  ),
  forgetVisit: file.prepare<[visitor: string, landing: string, last: string, id: string]>(
    `UPDATE visit SET visitor_id = ?, landing_url = ?, last_url = ?, referrer = NULL, term = NULL, click_ids = '{}',
      os = NULL, browser = NULL, language = NULL, region = NULL, address_hmac = NULL WHERE id = ?`,
  ),

  addPage: file.prepare<[visit: string, seq: number, at: number, url: string, title: string | null]>(
    'INSERT INTO page_view (visit_id, seq, at, url, title) VALUES (?, ?, ?, ?, ?)',
  ),
  endPage: file.prepare<[at: number, visit: string, seq: number]>(
    'UPDATE page_view SET dwell_ms = max(0, ? - at) WHERE visit_id = ? AND seq = ?',
  ),
  forgetPages: file.prepare<[visit: string]>('DELETE FROM page_view WHERE visit_id = ?'),

  addClick: file.prepare<
    [visit: string, at: number, kind: string, number: string | null, visit: string, most: number]
  >(
    `INSERT INTO click (visit_id, at, kind, number) SELECT ?, ?, ?, ?
      WHERE (SELECT count(*) FROM click WHERE visit_id = ?) < ?`,
  ),
  forgetClicks: file.prepare<[visit: string]>('DELETE FROM click WHERE visit_id = ?'),

  /** The time stays while the number is shown on the same lease. */
  show: file.prepare<[visit: string, number: string, lease: string | null, code: string | null, at: number]>(
    `INSERT INTO shown (visit_id, number, lease_id, code, shown_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (visit_id, number) DO UPDATE SET
        shown_at = CASE WHEN lease_id IS excluded.lease_id THEN shown_at ELSE excluded.shown_at END,
        lease_id = excluded.lease_id, code = excluded.code`,
  ),
  shown: file.prepare<[visit: string], { readonly number: string }>(
    'SELECT number FROM shown WHERE visit_id = ?',
  ),
  /** With the pool of the lease, while that is open. */
  shownOpen: file.prepare<
    [visit: string],
    {
      readonly number: string;
      readonly lease_id: string | null;
      readonly code: string | null;
      readonly pool_id: string | null;
    }
  >(
    `SELECT shown.number, shown.lease_id, shown.code, lease.pool_id FROM shown
      LEFT JOIN lease ON lease.id = shown.lease_id AND lease.closed_at IS NULL WHERE shown.visit_id = ?`,
  ),
  forgetShown: file.prepare<[visit: string]>('DELETE FROM shown WHERE visit_id = ?'),
  /** What happened at buttons is counted on, as somebody's whom nothing is known of. */
  forgetPresses: file.prepare<[viewer: string, visit: string]>(
    "UPDATE button_event SET viewer = 'e-' || ?, visit_id = NULL WHERE visit_id = ?",
  ),
  forgetWebCalls: file.prepare<[viewer: string, visit: string]>(
    "UPDATE web_call SET viewer = 'e-' || ?, visit_id = NULL WHERE visit_id = ?",
  ),
  forgetArms: file.prepare<[viewer: string]>('DELETE FROM experiment_arm WHERE viewer = ?'),
  countSwap: file.prepare<
    [times: number, at: number, site: string, day: string, outcome: string, page: string]
  >(
    'UPDATE swap_check SET times = times + ?, last_at = ? WHERE site_id = ? AND day = ? AND outcome = ? AND page = ?',
  ),
  swapKinds: file
    .prepare<[site: string, day: string], number>(
      'SELECT count(*) FROM swap_check WHERE site_id = ? AND day = ?',
    )
    .pluck(),
  addSwap: file.prepare<
    [site: string, day: string, outcome: string, page: string, times: number, at: number]
  >('INSERT INTO swap_check (site_id, day, outcome, page, times, last_at) VALUES (?, ?, ?, ?, ?, ?)'),
});

type Statements = ReturnType<typeof prepare>;

const prepared = new WeakMap<SqliteFile, Statements>();

/** The statements of visits, prepared once for a file. */
export const statementsOf = (file: SqliteFile): Statements => {
  const found = prepared.get(file);
  if (found) return found;
  const statements = prepare(file);
  prepared.set(file, statements);
  return statements;
};
