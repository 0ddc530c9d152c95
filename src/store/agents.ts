import type { Kysely } from 'kysely';
import type { Database, LineTable, UserTable } from './schema.ts';
import type { Flag, Millis } from './units.ts';

/** A user as somebody who takes calls. */
export type AgentRow = Pick<UserTable, 'id' | 'name' | 'display' | 'ready' | 'disabled'> & {
  /** Offers in a row that were not taken. */
  readonly missed: number;
  /** Why the gateway, or somebody else, has set the user away. */
  readonly away_reason: string | null;
};

export type AgentRepository = {
  /** Every user, by name. */
  list(): Promise<readonly AgentRow[]>;
  /** Every line of the plan, by id. */
  lines(): Promise<readonly LineTable[]>;
  /** Notes how many offers in a row a user has not taken; nothing when there is no such user. */
  noteMissed(name: string, missed: number, now: Millis): Promise<void>;
  /**
   * Lets a user take calls, or none, and begins to count missed offers anew.
   *
   * @param reason why it takes none; null: it said so itself
   * @returns false when there is no such user
   */
  setReady(name: string, ready: Flag, reason: string | null, now: Millis): Promise<boolean>;
};

/** Who can be rung. */
export const agentRepository = (db: Kysely<Database>): AgentRepository => ({
  list: () =>
    db
      .selectFrom('user')
      .leftJoin('agent_offer', 'agent_offer.user_id', 'user.id')
      .select(['user.id', 'user.name', 'user.display', 'user.ready', 'user.disabled'])
      .select((eb) => eb.fn.coalesce('agent_offer.missed', eb.lit(0)).as('missed'))
      .select('agent_offer.away_reason')
      .orderBy('user.name')
      .execute(),
  lines: () => db.selectFrom('line').selectAll().orderBy('id').execute(),
  noteMissed: async (name, missed, now) => {
    await db
      .insertInto('agent_offer')
      .columns(['user_id', 'missed', 'since'])
      .expression((eb) =>
        eb
          .selectFrom('user')
          .where('name', '=', name)
          .select((value) => ['id', value.val(missed).as('missed'), value.val(now).as('since')]),
      )
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ missed, since: now }))
      .execute();
  },
  setReady: (name, ready, reason, now) =>
    db.transaction().execute(async (trx) => {
      const user = await trx.selectFrom('user').select('id').where('name', '=', name).executeTakeFirst();
      if (!user) return false;
      await trx.updateTable('user').set({ ready }).where('id', '=', user.id).execute();
      const offer = { missed: 0, away_reason: ready === 1 ? null : reason, since: now };
      await trx
        .insertInto('agent_offer')
        .values({ user_id: user.id, ...offer })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(offer))
        .execute();
      return true;
    }),
});
