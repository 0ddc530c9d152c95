import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';
import { createStatements, type Statements } from './statements.ts';
import type { RecordingEnd, RecordingRepository } from './types.ts';

/** Notes how a recording ended. */
export const completeRecording = async (
  statements: Statements,
  db: Kysely<Database>,
  id: string,
  { state, duration_ms, bytes, sha256 }: RecordingEnd,
): Promise<void> => {
  const duration = duration_ms === null ? null : Math.round(duration_ms);
  await statements.update(db, 'recording', { state, duration_ms: duration, bytes, sha256 }, { id });
};

/** What the database knows of each call's audio file. */
export const recordingRepository = (db: Kysely<Database>): RecordingRepository => {
  const statements = createStatements();
  return {
    complete: (id, end) => completeRecording(statements, db, id, end),
    unfinished: () =>
      db.selectFrom('recording').selectAll().where('state', '=', 'recording').orderBy('started_at').execute(),
  };
};
