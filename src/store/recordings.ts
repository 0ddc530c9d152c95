import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import type { RecordingRepository } from './types.ts';

/** What the database knows of each call's audio file. */
export const recordingRepository = (db: Kysely<Database>): RecordingRepository => ({
  open: async (recording) => {
    await db
      .insertInto('recording')
      .values({ ...recording, state: 'recording' })
      .execute();
  },
  complete: async (id, end) => {
    await db
      .updateTable('recording')
      .set({ ...end, duration_ms: end.duration_ms === null ? null : Math.round(end.duration_ms) })
      .where('id', '=', id)
      .execute();
  },
  forCall: (callId) =>
    db.selectFrom('recording').selectAll().where('call_id', '=', callId).executeTakeFirst(),
  unfinished: () =>
    db.selectFrom('recording').selectAll().where('state', '=', 'recording').orderBy('started_at').execute(),
});
