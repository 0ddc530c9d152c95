import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';
import type { RunRepository } from './types.ts';

/** Starts of the gateway, and the calls that a crashed one left open. */
export const runRepository = (db: Kysely<Database>): RunRepository => ({
  start: async (id, now) => {
    await db.insertInto('run').values({ id, started_at: now, alive_at: now }).execute();
  },
  alive: async (id, now) => {
    await db.updateTable('run').set({ alive_at: now }).where('id', '=', id).execute();
  },
  stop: async (id, now) => {
    await db.updateTable('run').set({ alive_at: now, stopped_at: now }).where('id', '=', id).execute();
  },
  closeInterrupted: (currentRun) => db.transaction().execute((trx) => closeInterrupted(trx, currentRun)),
});

const END_REASON = 'the gateway stopped during the call';

const closeInterrupted = async (trx: Kysely<Database>, currentRun: string): Promise<readonly string[]> => {
  const alive = sql<number>`(SELECT alive_at FROM run WHERE run.id = call.run_id)`;
  const ended = sql<number>`max(${alive}, coalesce(ringing_at, 0), coalesce(answered_at, 0), started_at)`;
  const closed = await trx
    .updateTable('call')
    .set({ status: 'interrupted', hangup_by: 'gateway', end_reason: END_REASON, ended_at: ended })
    .where('status', '=', 'in_progress')
    .where('run_id', '!=', currentRun)
    .returning(['id', 'ended_at'])
    .execute();
  for (const call of closed) {
    await trx.updateTable('call').set(DURATIONS).where('id', '=', call.id).execute();
    await trx
      .insertInto('call_event')
      .values({
        call_id: call.id,
        seq: sql<number>`(SELECT coalesce(max(seq), 0) + 1 FROM call_event WHERE call_id = ${call.id})`,
        at: call.ended_at ?? 0,
        type: 'ended',
        text: `Interrupted: ${END_REASON}; the end is when it was last known alive.`,
        detail: '{}',
      })
      .execute();
  }
  return closed.map((call) => call.id);
};

const DURATIONS = {
  duration_ms: sql<number>`ended_at - started_at`,
  ring_ms: sql<number>`max(0, coalesce(answered_at, ended_at) - started_at)`,
  talk_ms: sql<number>`CASE WHEN answered_at IS NULL THEN 0 ELSE ended_at - answered_at END`,
};
