import type { CallTable, SqliteFile } from '../../store/index.ts';
import { all } from './rows.ts';
import { SPAM_FLAG } from './spam.ts';

/** A flagged call. */
export type SpamRow = Pick<
  CallTable,
  | 'id'
  | 'started_at'
  | 'caller_masked'
  | 'did'
  | 'status'
  | 'talk_ms'
  | 'spam_score'
  | 'spam_reasons'
  | 'source_name'
>;

/** Flagged calls of a time, the newest first. @param limit at most 10,000 */
export const listSpam = (
  file: SqliteFile,
  { from = 0, to = Number.MAX_SAFE_INTEGER, limit = 50 }: { from?: number; to?: number; limit?: number } = {},
): readonly SpamRow[] =>
  all<SpamRow>(
    file,
    `SELECT id, started_at, caller_masked, did, status, talk_ms, spam_score, spam_reasons, source_name FROM call
     WHERE started_at >= ? AND started_at < ? AND spam_score >= ${SPAM_FLAG} ORDER BY started_at DESC, id DESC LIMIT ?`,
    from,
    to,
    Math.min(Math.max(1, Math.trunc(limit)), 10_000),
  );
