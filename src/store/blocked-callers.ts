import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { BlockedCallerRepository } from './types.ts';

/** Callers who are refused at once. The tracking plan writes them. */
export const blockedCallerRepository = (db: Kysely<Database>): BlockedCallerRepository => ({
  isBlocked: async (hmac) => {
    const row = await db
      .selectFrom('blocked_caller')
      .select('hmac')
      .where('hmac', '=', hmac)
      .executeTakeFirst();
    return row !== undefined;
  },
  count: async () => {
    const row = await db
      .selectFrom('blocked_caller')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  },
});
