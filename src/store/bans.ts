import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { BanRepository } from './types.ts';

/** How long a ban that is over is remembered, so that the next one of the same address lasts longer. */
const REMEMBERED_MS = 7 * 86_400_000;

/** Addresses and networks that get no answer. The SIP engine's wall is the truth while it runs; this is its memory. */
export const banRepository = (db: Kysely<Database>): BanRepository => ({
  inForce: (now) =>
    db
      .selectFrom('ban')
      .selectAll()
      .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', now)]))
      .orderBy('since', 'desc')
      .execute(),
  remembered: async (now) => {
    await db
      .deleteFrom('ban')
      .where('until', '<', now - REMEMBERED_MS)
      .execute();
    return db.selectFrom('ban').selectAll().orderBy('since').execute();
  },
  write: (changes, now) =>
    db.transaction().execute(async (transaction) => {
      for (const change of changes) {
        if (change.type === 'lifted') {
          await transaction
            .deleteFrom('ban')
            .where('cidr', '=', change.cidr)
            .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', now)]))
            .execute();
          continue;
        }
        const { cidr, ...rest } = change.ban;
        await transaction
          .insertInto('ban')
          .values(change.ban)
          .onConflict((conflict) => conflict.column('cidr').doUpdateSet(rest))
          .execute();
      }
    }),
});
