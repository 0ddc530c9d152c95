import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { WrapUpRepository } from './types.ts';

/** What agents note after calls. */
export const wrapUpRepository = (db: Kysely<Database>): WrapUpRepository => ({
  save: (wrapUp) =>
    db.transaction().execute(async (trx) => {
      const { call_id: id, ...rest } = wrapUp;
      const call = await trx.selectFrom('call').select('id').where('id', '=', id).executeTakeFirst();
      if (!call) return false;
      await trx
        .insertInto('wrap_up')
        .values(wrapUp)
        .onConflict((conflict) => conflict.column('call_id').doUpdateSet(rest))
        .execute();
      return true;
    }),
  get: (callId) => db.selectFrom('wrap_up').selectAll().where('call_id', '=', callId).executeTakeFirst(),
});
