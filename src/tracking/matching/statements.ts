import type { SqliteFile } from '../../store/index.ts';

/** Statements of the matching, prepared once a connection. */
const prepare = (file: SqliteFile) => {
  const suspects = `SELECT s.visit_id, s.shown_at, s.lease_id, v.visitor_id, v.site_id, v.last_seen_at, v.hidden_at, v.device,
    v.region, v.source, v.medium, l.opened_at, l.closed_at, l.expires_at
    FROM shown s JOIN visit v ON v.id = s.visit_id LEFT JOIN lease l ON l.id = s.lease_id`;
  return {
    visit: file.prepare<[string], unknown>('SELECT * FROM visit WHERE id = ?'),
    shown: file.prepare<[string, string], unknown>(
      'SELECT lease_id FROM shown WHERE visit_id = ? AND number = ?',
    ),
    poolOf: file.prepare<[string], unknown>('SELECT pool_id FROM tracking_number WHERE number = ?'),
    law: file.prepare<[string, number], unknown>(
      'SELECT law FROM delay_law WHERE site_id = ? AND fitted_at <= ? ORDER BY fitted_at DESC LIMIT 1',
    ),
    nearest: file.prepare<[string, number, number, number], unknown>(
      `${suspects} WHERE s.number = ? AND s.shown_at > ? AND s.shown_at <= ? AND v.bot IS NULL
        ORDER BY s.shown_at DESC LIMIT ?`,
    ),
    ofVisitor: file.prepare<[string, string, number, number], unknown>(
      `${suspects} WHERE v.visitor_id = ? AND s.number = ? AND s.shown_at > ? AND s.shown_at < ? AND v.bot IS NULL`,
    ),
    crowd: file.prepare<[string, number, number], unknown>(
      'SELECT count(*) AS count FROM shown WHERE number = ? AND shown_at > ? AND shown_at <= ?',
    ),
    linked: file.prepare<[string, number, number], unknown>(
      `SELECT b.key FROM person_key a JOIN person_key b ON b.person_id = a.person_id AND b.kind = 'visitor'
        WHERE a.kind = 'caller' AND a.key = ? AND a.since < ? AND b.since < ? LIMIT 20`,
    ),
    firstCall: file.prepare<[string, string, number], unknown>(
      'SELECT min(started_at) AS at FROM call WHERE caller_hmac = ? AND did = ? AND started_at < ? AND is_test = 0',
    ),
    earlier: file.prepare<[string, string, number, number], unknown>(
      `SELECT id, started_at FROM call WHERE caller_hmac = ? AND did = ? AND started_at < ? AND started_at > ? AND is_test = 0
        ORDER BY started_at DESC LIMIT 1`,
    ),
    dialsAround: file.prepare<[string, number, number, string], unknown>(
      `SELECT 1 FROM call WHERE caller_hmac = ? AND started_at < ? AND started_at > ? AND did <> ? AND is_test = 0
        AND direction = 'inbound' LIMIT 1`,
    ),
    clicks: file.prepare<[string, number, number, string], unknown>(
      `SELECT kind, max(at) AS at FROM click
        WHERE visit_id = ? AND at BETWEEN ? AND ? AND number = ? AND kind IN ('tel', 'copy') GROUP BY kind`,
    ),
    forget: file.prepare<[string]>('DELETE FROM call_candidate WHERE call_id = ?'),
    remember: file.prepare<[string, number, string | null, number, string]>(
      'INSERT INTO call_candidate (call_id, rank, visit_id, probability, evidence) VALUES (?, ?, ?, ?, ?)',
    ),
    candidates: file.prepare<[string], unknown>(
      'SELECT visit_id, probability, evidence FROM call_candidate WHERE call_id = ? ORDER BY rank',
    ),
  };
};

export type Statements = ReturnType<typeof prepare>;

const known = new WeakMap<SqliteFile, Statements>();

export const statementsOf = (file: SqliteFile): Statements => {
  const found = known.get(file);
  if (found) return found;
  const statements = prepare(file);
  known.set(file, statements);
  return statements;
};
