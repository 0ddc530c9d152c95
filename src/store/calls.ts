import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CallEventTable, CallTable, Database, Flag, LegTable } from './schema.ts';
import type { CallFilter, CallPatch, CallRepository, NewCall } from './types.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

/** Columns that hold whole milliseconds; a fraction would make a STRICT table refuse the record. */
const WHOLE_CALL = [
  'started_at',
  'ringing_at',
  'answered_at',
  'ended_at',
  'duration_ms',
  'ring_ms',
  'talk_ms',
  'hold_ms',
] as const satisfies readonly (keyof CallTable)[];
const WHOLE_LEG = [
  'started_at',
  'ringing_at',
  'answered_at',
  'ended_at',
  'held_ms',
] as const satisfies readonly (keyof LegTable)[];

/** A copy with the named numbers rounded, or the row itself when they are whole already. */
const rounded = <Row extends object>(row: Row, columns: readonly (keyof Row)[]): Row => {
  const broken = columns.filter(
    (column) => typeof row[column] === 'number' && !Number.isInteger(row[column]),
  );
  if (broken.length === 0) return row;
  const fixes = broken.map((column) => [column, Math.round(Number(row[column]))] as const);
  return { ...row, ...Object.fromEntries(fixes) };
};

/** Call records, their legs and events. */
export const callRepository = (db: Kysely<Database>): CallRepository => ({
  open: (call, events) => db.transaction().execute((trx) => open(trx, call, events)),
  update: async (id, patch) => {
    if (Object.keys(patch).length === 0) return;
    await patchOpen(db, id, patch).execute();
  },
  complete: (id, end, legs, events) =>
    db.transaction().execute((trx) => complete(trx, id, end, legs, events)),
  get: (id) => get(db, id),
  list: (filter) => list(db, filter),
});

const open = async (
  trx: Kysely<Database>,
  call: NewCall,
  events: readonly CallEventTable[],
): Promise<{ priorCalls: number | null }> => {
  const hmac = call.caller_hmac;
  // One statement counts and inserts: an anonymous caller has no earlier calls that anyone could know of.
  const prior = sql<number>`(SELECT count(*) FROM call WHERE caller_hmac = ${hmac} AND is_test = 0)`;
  const first = sql<Flag>`NOT EXISTS (SELECT 1 FROM call WHERE caller_hmac = ${hmac} AND is_test = 0)`;
  const row = await trx
    .insertInto('call')
    .values({
      ...rounded(call, ['started_at']),
      status: 'in_progress',
      prior_calls: hmac === null ? null : prior,
      first_call: hmac === null ? null : first,
    })
    .returning('prior_calls')
    .executeTakeFirstOrThrow();
  if (events.length > 0) await insertEvents(trx, events);
  return { priorCalls: row.prior_calls };
};

const insertEvents = (trx: Kysely<Database>, events: readonly CallEventTable[]): Promise<unknown> =>
  trx
    .insertInto('call_event')
    .values(events.map((event) => rounded(event, ['at'])))
    // The record of the call matters more than a second event under one number.
    .onConflict((conflict) => conflict.doNothing())
    .execute();

const patchOpen = (db: Kysely<Database>, id: string, patch: CallPatch) =>
  db
    .updateTable('call')
    .set(rounded(patch, WHOLE_CALL as readonly (keyof CallPatch)[]))
    .where('id', '=', id)
    .where('status', '=', 'in_progress');

const complete = async (
  trx: Kysely<Database>,
  id: string,
  end: CallPatch,
  legs: readonly LegTable[],
  events: readonly CallEventTable[],
): Promise<void> => {
  const result = await patchOpen(trx, id, end).executeTakeFirst();
  if (result.numUpdatedRows === 0n) return;
  if (legs.length > 0) {
    await trx
      .insertInto('leg')
      .values(legs.map((leg) => rounded(leg, WHOLE_LEG)))
      .execute();
  }
  if (events.length > 0) await insertEvents(trx, events);
};

const get = async (db: Kysely<Database>, id: string) => {
  const call = await db.selectFrom('call').selectAll().where('id', '=', id).executeTakeFirst();
  if (!call) return undefined;
  const [legs, events, recording] = await Promise.all([
    db.selectFrom('leg').selectAll().where('call_id', '=', id).orderBy('position').execute(),
    db.selectFrom('call_event').selectAll().where('call_id', '=', id).orderBy('seq').execute(),
    db.selectFrom('recording').selectAll().where('call_id', '=', id).executeTakeFirst(),
  ]);
  return { call, legs, events, recording };
};

const list = async (db: Kysely<Database>, filter: CallFilter) => {
  const limit = Math.min(Math.max(1, Math.trunc(filter.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
  const conditions = await conditionsOf(db, filter);
  return db
    .selectFrom('call')
    .leftJoin('recording', 'recording.call_id', 'call.id')
    .selectAll('call')
    .select(['recording.path as recording_path', 'recording.state as recording_state'])
    .where((eb) => eb.and(conditions))
    .orderBy('call.started_at', 'desc')
    .orderBy('call.id', 'desc')
    .limit(limit)
    .execute();
};

const conditionsOf = async (db: Kysely<Database>, filter: CallFilter): Promise<RawBuilder<SqlBool>[]> => {
  const conditions: RawBuilder<SqlBool>[] = [];
  if (filter.includeTests !== true) conditions.push(sql`call.is_test = 0`);
  if (filter.from !== undefined) conditions.push(sql`call.started_at >= ${filter.from}`);
  if (filter.to !== undefined) conditions.push(sql`call.started_at < ${filter.to}`);
  if (filter.status !== undefined) conditions.push(sql`call.status = ${filter.status}`);
  if (filter.sourceId !== undefined) conditions.push(sql`call.source_id = ${filter.sourceId}`);
  if (filter.did !== undefined) conditions.push(sql`call.did = ${filter.did}`);
  if (filter.callerHmac !== undefined) conditions.push(sql`call.caller_hmac = ${filter.callerHmac}`);
  if (filter.before !== undefined) conditions.push(await older(db, filter.before));
  return conditions;
};

/** Ids sort by the time they were made at, so that one whose record is gone still marks its place. */
const older = async (db: Kysely<Database>, id: string) => {
  const mark = await db.selectFrom('call').select('started_at').where('id', '=', id).executeTakeFirst();
  if (!mark) return sql<SqlBool>`call.id < ${id}`;
  return sql<SqlBool>`(call.started_at, call.id) < (${mark.started_at}, ${id})`;
};
