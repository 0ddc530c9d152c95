import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { WebSessionRepository } from './types.ts';

/** Logins in browsers. */
export const webSessionRepository = (db: Kysely<Database>): WebSessionRepository => ({
  create: async (session) => {
    await db.insertInto('web_session').values(session).execute();
  },
  find: async (tokenHash, usedSince) => {
    const session = await db
      .selectFrom('web_session')
      .selectAll()
      .where('token_hash', '=', tokenHash)
      .where('used_at', '>=', usedSince)
      .executeTakeFirst();
    if (!session) return undefined;
    const user = await db
      .selectFrom('user')
      .selectAll()
      .where('id', '=', session.user_id)
      .where('disabled', '=', 0)
      .executeTakeFirst();
    return user && { session, user };
  },
  touch: async (tokenHash, now) => {
    await db.updateTable('web_session').set({ used_at: now }).where('token_hash', '=', tokenHash).execute();
  },
  remove: async (tokenHash) => {
    await db.deleteFrom('web_session').where('token_hash', '=', tokenHash).execute();
  },
  expire: async (usedBefore) => {
    await db.deleteFrom('web_session').where('used_at', '<', usedBefore).execute();
  },
});
