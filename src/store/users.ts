import { type Kysely, sql } from 'kysely';
import type { Database, UserTable } from './schema.ts';
import { createStatements } from './statements.ts';
import type { UserRepository } from './types.ts';

/** Whoever knows the old password is logged out with it. */
const endsLogins = ({ disabled, ha1_sha256 }: Partial<UserTable>): boolean =>
  disabled === 1 || ha1_sha256 !== undefined;

const endLogins = async (trx: Kysely<Database>, name: string): Promise<void> => {
  await trx
    .deleteFrom('web_session')
    .where('user_id', 'in', trx.selectFrom('user').select('id').where('name', '=', name))
    .execute();
};

/** Those who may register phones. Commands write them, also while the gateway runs. */
export const userRepository = (db: Kysely<Database>): UserRepository => {
  const statements = createStatements();
  const contacts = async (userIds: readonly string[], now: number) =>
    db
      .selectFrom('registration')
      .selectAll()
      .where('user_id', 'in', userIds)
      .where('expires_at', '>', now)
      .orderBy('q', 'desc')
      .orderBy('refreshed_at', 'desc')
      .execute();

  return {
    find: async (name) => {
      const rows = await statements.run<UserTable>(db, 'user', [name], (query) =>
        query.selectFrom('user').selectAll().where('name', '=', name),
      );
      return rows[0];
    },
    ids: async () => {
      const rows = await statements.run<Pick<UserTable, 'name' | 'id'>>(db, 'ids', [0], (query) =>
        query.selectFrom('user').select(['name', 'id']).where('disabled', '=', 0),
      );
      return new Map(rows.map(({ name, id }) => [name, id]));
    },
    add: async (user) => {
      const result = await db
        .insertInto('user')
        .values(user)
        .onConflict((conflict) => conflict.column('name').doNothing())
        .executeTakeFirst();
      return Number(result.numInsertedOrUpdatedRows ?? 0n) > 0;
    },
    update: (name, patch) =>
      db.transaction().execute(async (trx) => {
        const result = await trx.updateTable('user').set(patch).where('name', '=', name).executeTakeFirst();
        if (endsLogins(patch)) await endLogins(trx, name);
        return result.numUpdatedRows > 0n;
      }),
    remove: async (name) => {
      const result = await db.deleteFrom('user').where('name', '=', name).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    list: (now) =>
      db.transaction().execute(async (trx) => {
        const users = await trx.selectFrom('user').selectAll().orderBy(sql`name collate nocase`).execute();
        const rows = await trx
          .selectFrom('registration')
          .selectAll()
          .where('expires_at', '>', now)
          .orderBy('q', 'desc')
          .orderBy('refreshed_at', 'desc')
          .execute();
        return users.map((user) => ({ user, contacts: rows.filter((row) => row.user_id === user.id) }));
      }),
    get: async (name, now) => {
      const user = await db.selectFrom('user').selectAll().where('name', '=', name).executeTakeFirst();
      return user && { user, contacts: await contacts([user.id], now) };
    },
  };
};
