import type { Kysely } from 'kysely';
import type { Database, RegistrationTable } from './schema.ts';
import { createStatements } from './statements.ts';
import type { RegistrationRepository } from './types.ts';

/** Where users' phones are. The gateway writes them behind what it holds in memory. */
export const registrationRepository = (db: Kysely<Database>): RegistrationRepository => {
  const statements = createStatements();
  return {
    load: async (now) => {
      const rows = await db
        .selectFrom('registration')
        .innerJoin('user', 'user.id', 'registration.user_id')
        .selectAll('registration')
        .select('user.name as user_name')
        .where('expires_at', '>', now)
        .execute();
      const byUser = new Map<string, RegistrationTable[]>();
      for (const { user_name, ...row } of rows)
        byUser.set(user_name, [...(byUser.get(user_name) ?? []), row]);
      return [...byUser].map(([user, found]) => ({ user, rows: found }));
    },
    replace: (user, rows) =>
      db.transaction().execute(async (trx) => {
        const [found] = await statements.run<{ id: string }>(trx, 'user id', [user], (query) =>
          query.selectFrom('user').select('id').where('name', '=', user),
        );
        if (!found) return false;
        await statements.run(trx, 'clear', [found.id], (query) =>
          query.deleteFrom('registration').where('user_id', '=', found.id),
        );
        for (const row of rows) await statements.insert(trx, 'registration', [{ user_id: found.id, ...row }]);
        return true;
      }),
  };
};
