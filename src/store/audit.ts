import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { AuditRepository } from './types.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

/** Who did what. Entries are added and read, never changed. */
export const auditRepository = (db: Kysely<Database>): AuditRepository => ({
  append: async (entry) => {
    await db.insertInto('audit').values(entry).execute();
  },
  list: ({ user, action, from, to, limit = DEFAULT_LIMIT }) => {
    let query = db.selectFrom('audit').selectAll();
    if (user !== undefined) query = query.where('user', '=', user);
    if (action !== undefined) query = query.where('action', '=', action);
    if (from !== undefined) query = query.where('at', '>=', from);
    if (to !== undefined) query = query.where('at', '<', to);
    // Ids are in the order of time, and the table is kept in theirs.
    return query
      .orderBy('id', 'desc')
      .limit(Math.min(Math.max(1, Math.trunc(limit)), MAX_LIMIT))
      .execute();
  },
});
