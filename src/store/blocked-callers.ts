import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { createStatements } from './statements.ts';
import type { BlockedCallerRepository } from './types.ts';

/** Callers who are refused at once. The tracking plan writes them. */
export const blockedCallerRepository = (db: Kysely<Database>): BlockedCallerRepository => {
  const statements = createStatements();
  return {
    isBlocked: async (hmac) => {
      const rows = await statements.run(db, 'blocked', [hmac], (query) =>
        query.selectFrom('blocked_caller').select('hmac').where('hmac', '=', hmac),
      );
      return rows.length > 0;
    },
    count: async () => {
      const row = await db
        .selectFrom('blocked_caller')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return row.count;
    },
  };
};
