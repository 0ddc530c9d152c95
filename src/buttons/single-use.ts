import type { SqliteFile } from '../store/index.ts';
import { preparedOnce } from './prepared.ts';

const statementsOf = preparedOnce((file) => ({
  note: file.prepare<[jti: string, expiresAt: number]>(
    'INSERT OR IGNORE INTO used_token (jti, expires_at) VALUES (?, ?)',
  ),
  prune: file.prepare<[now: number]>('DELETE FROM used_token WHERE expires_at < ?'),
}));

/**
 * Marks something as used, in the transaction that is open. What has expired is forgotten: it is refused without this, too.
 *
 * @param expiresAt milliseconds since the epoch
 * @returns false when it was used before
 */
export const useOnce = (file: SqliteFile, jti: string, expiresAt: number, now: number): boolean => {
  const { note, prune } = statementsOf(file);
  prune.run(now);
  return note.run(jti, expiresAt).changes === 1;
};
