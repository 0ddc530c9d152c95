import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { CallEventTable, CallTable, LegQualityTable, LegTable } from './call-schema.ts';
import type { CallStepTable } from './flow-schema.ts';
import { completeRecording } from './recordings.ts';
import type { Database } from './schema.ts';
import { createStatements } from './statements.ts';
import type { CallFilter, CallPatch, CallRepository, EndedLeg, NewCall, NewWebCall } from './types.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;
/** Whoever talked for less has hardly come to know the caller. */
const STICKY_TALK_MS = 30_000;

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

/** Samples that one statement takes; what is left goes one by one, so that two statements do for any number. */
const SAMPLES_AT_ONCE = 32;

const sampleRows = ({ id, samples = [] }: EndedLeg): readonly LegQualityTable[] => {
  // One row a moment: the last one counts.
  const rows = new Map<number, LegQualityTable>();
  for (const { at, rttMs, jitterMs, lossPercent, mos } of samples) {
    const moment = Math.round(at);
    rows.set(moment, {
      leg_id: id,
      at: moment,
      rtt_ms: rttMs ?? null,
      jitter_ms: jitterMs,
      loss_percent: lossPercent,
      mos,
    });
  }
  return [...rows.values()];
};

const legRow = ({ samples: _, ...leg }: EndedLeg): LegTable => rounded(leg, WHOLE_LEG);

/** Call records, their legs and events. */
export const callRepository = (db: Kysely<Database>): CallRepository => {
  const statements = createStatements();

  const insertEvents = (trx: Kysely<Database>, events: readonly CallEventTable[]): Promise<void> =>
    // The record of the call matters more than a second event under one number.
    statements.insert(
      trx,
      'call_event',
      events.map((event) => rounded(event, ['at'])),
      { keep: true },
    );

  /** Earlier calls by a caller; of an anonymous one nobody can know. */
  const countPrior = async (trx: Kysely<Database>, hmac: string | null): Promise<number | null> => {
    if (hmac === null) return null;
    const [row] = await statements.run(trx, 'prior calls', [hmac, 0, 'inbound'], (query) =>
      query
        .selectFrom('call')
        .select((eb) => eb.fn.countAll<number>().as('calls'))
        .where('caller_hmac', '=', hmac)
        .where('is_test', '=', 0)
        .where('direction', '=', 'inbound'),
    );
    return row?.calls ?? 0;
  };

  const open = async (
    trx: Kysely<Database>,
    call: NewCall,
    events: readonly CallEventTable[],
    web: NewWebCall | undefined,
  ): Promise<{ priorCalls: number | null }> => {
    const priorCalls = await countPrior(trx, call.caller_hmac);
    // Whom the business calls itself is no first-time caller.
    const counts = priorCalls !== null && call.direction === 'inbound';
    const first = counts ? (priorCalls === 0 ? 1 : 0) : null;
    const row = {
      ...rounded(call, ['started_at']),
      status: 'in_progress',
      prior_calls: priorCalls,
      first_call: first,
    };
    await statements.insert(trx, 'call', [row]);
    if (web)
      await statements.insert(trx, 'web_call', [{ ...rounded(web, ['pressed_at']), call_id: call.id }]);
    await insertEvents(trx, events);
    return { priorCalls };
  };

  const lastAnsweredBy = async (
    hmac: string,
    since: number,
    before: number = Number.MAX_SAFE_INTEGER,
  ): Promise<string | undefined> => {
    const parameters = [hmac, since, before, STICKY_TALK_MS, 'answered', 'inbound', 0, 1];
    const [row] = await statements.run(db, 'last answered by', parameters, (query) =>
      query
        .selectFrom('call')
        .select('line_id')
        .where('caller_hmac', '=', hmac)
        .where('started_at', '>=', since)
        .where('started_at', '<', before)
        .where('talk_ms', '>=', STICKY_TALK_MS)
        .where('status', '=', 'answered')
        .where('direction', '=', 'inbound')
        .where('is_test', '=', 0)
        .where('line_id', 'is not', null)
        .orderBy('started_at', 'desc')
        .limit(1),
    );
    return row?.line_id ?? undefined;
  };

  const insertSteps = (trx: Kysely<Database>, steps: readonly CallStepTable[]): Promise<void> =>
    statements.insert(
      trx,
      'call_step',
      steps.map((step) => rounded(step, ['at'])),
      { keep: true },
    );

  const insertSamples = async (trx: Kysely<Database>, rows: readonly LegQualityTable[]): Promise<void> => {
    const even = rows.length - (rows.length % SAMPLES_AT_ONCE);
    for (let at = 0; at < even; at += SAMPLES_AT_ONCE)
      await statements.insert(trx, 'leg_quality', rows.slice(at, at + SAMPLES_AT_ONCE));
    for (const row of rows.slice(even)) await statements.insert(trx, 'leg_quality', [row]);
  };

  const patch = (trx: Kysely<Database>, id: string, values: CallPatch): Promise<number> =>
    statements.update(trx, 'call', rounded(values, WHOLE_CALL as readonly (keyof CallPatch)[]), {
      id,
      status: 'in_progress',
    });

  /** A clock that was set back makes no ring before the press. */
  const noteRing = async (trx: Kysely<Database>, id: string, rangAt: number): Promise<void> => {
    await trx
      .updateTable('web_call')
      .set({ click_to_ring_ms: sql<number>`max(0, ${Math.round(rangAt)} - pressed_at)` })
      .where('call_id', '=', id)
      .execute();
  };

  return {
    open: (call, events, web) => db.transaction().execute((trx) => open(trx, call, events, web)),
    update: (id, values, recording) =>
      db.transaction().execute(async (trx) => {
        if (Object.keys(values).length > 0) await patch(trx, id, values);
        if (recording) await statements.insert(trx, 'recording', [{ ...recording, state: 'recording' }]);
      }),
    passed: (steps) => insertSteps(db, steps),
    consented: (consent) =>
      db
        .insertInto('consent')
        .values(rounded(consent, ['at', 'heard_ms', 'total_ms']))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
        .then(() => undefined),
    complete: (id, end, legs, events, { recording, steps = [], tags = [], rangAt } = {}) =>
      db.transaction().execute(async (trx) => {
        if (recording) await completeRecording(statements, trx, recording.id, recording);
        if ((await patch(trx, id, end)) === 0) return;
        await statements.insert(trx, 'leg', legs.map(legRow));
        await insertSamples(trx, legs.flatMap(sampleRows));
        await insertEvents(trx, events);
        await insertSteps(trx, steps);
        const at = end.ended_at ?? 0;
        const made = tags.map((tag) => ({ call_id: id, tag, made_by: 'flow', at: Math.round(at) }));
        await statements.insert(trx, 'call_tag', made, { keep: true });
        if (rangAt !== undefined) await noteRing(trx, id, rangAt);
      }),
    get: (id) => get(db, id),
    lastAnsweredBy,
    list: (filter) => list(db, filter),
  };
};

const get = async (db: Kysely<Database>, id: string) => {
  const call = await db.selectFrom('call').selectAll().where('id', '=', id).executeTakeFirst();
  if (!call) return undefined;
  const [legs, quality, wrapUp, events, recording, visit, steps, consents, web, heard] = await Promise.all([
    db.selectFrom('leg').selectAll().where('call_id', '=', id).orderBy('position').execute(),
    db
      .selectFrom('leg_quality')
      .innerJoin('leg', 'leg.id', 'leg_quality.leg_id')
      .selectAll('leg_quality')
      .where('leg.call_id', '=', id)
      .orderBy('leg_quality.at')
      .execute(),
    db.selectFrom('wrap_up').selectAll().where('call_id', '=', id).executeTakeFirst(),
    db.selectFrom('call_event').selectAll().where('call_id', '=', id).orderBy('seq').execute(),
    db.selectFrom('recording').selectAll().where('call_id', '=', id).executeTakeFirst(),
    db.selectFrom('visit').select('click_ids').where('id', '=', call.visit_id).executeTakeFirst(),
    db.selectFrom('call_step').selectAll().where('call_id', '=', id).orderBy('seq').execute(),
    db.selectFrom('consent').selectAll().where('call_id', '=', id).orderBy('seq').execute(),
    db.selectFrom('web_call').selectAll().where('call_id', '=', id).executeTakeFirst(),
    db
      .selectFrom('leg_experience')
      .innerJoin('leg', 'leg.id', 'leg_experience.leg_id')
      .selectAll('leg_experience')
      .where('leg.call_id', '=', id)
      .orderBy('leg_experience.at')
      .execute(),
  ]);
  const clickIds = visit?.click_ids ?? null;
  return {
    call,
    clickIds,
    legs,
    quality,
    experience: heard,
    wrapUp,
    events,
    recording,
    steps,
    consents,
    webCall: web,
  };
};

const list = async (db: Kysely<Database>, filter: CallFilter) => {
  const limit = Math.min(Math.max(1, Math.trunc(filter.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
  const conditions = await conditionsOf(db, filter);
  return db
    .selectFrom('call')
    .leftJoin('recording', 'recording.call_id', 'call.id')
    .leftJoin('wrap_up', 'wrap_up.call_id', 'call.id')
    .leftJoin('visit', 'visit.id', 'call.visit_id')
    .leftJoin('web_call', 'web_call.call_id', 'call.id')
    .selectAll('call')
    .select([
      'recording.path as recording_path',
      'recording.state as recording_state',
      'wrap_up.user as wrap_up_user',
      'wrap_up.at as wrap_up_at',
      'wrap_up.disposition',
      'wrap_up.tags',
      'wrap_up.note_encrypted',
      'wrap_up.value_micros',
      'wrap_up.value_currency',
      'visit.click_ids',
      'web_call.kind as web_kind',
      'web_call.button_id',
      'web_call.experiment_id',
      'web_call.arm',
      'web_call.intent',
      'web_call.origin',
      'web_call.page',
      'web_call.device',
      'web_call.pressed_at',
      'web_call.click_to_ring_ms',
      'web_call.verified',
      'web_call.rating',
    ])
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
  if (filter.buttonId !== undefined) conditions.push(sql`web_call.button_id = ${filter.buttonId}`);
  if (filter.did !== undefined) conditions.push(sql`call.did = ${filter.did}`);
  if (filter.callerHmac !== undefined) conditions.push(sql`call.caller_hmac = ${filter.callerHmac}`);
  if (filter.user !== undefined) conditions.push(of(filter.user));
  if (filter.before !== undefined) conditions.push(await older(db, filter.before));
  return conditions;
};

/** Calls of a user: a leg of theirs, other than as a supervisor, or the call itself names them. */
const of = (user: string): RawBuilder<SqlBool> => sql`call.id IN (
  SELECT call_id FROM leg WHERE leg.user = ${user} AND leg.role <> 'S'
  UNION SELECT own.id FROM call AS own WHERE own.agent = ${user}
)`;

/** Ids sort by the time they were made at, so that one whose record is gone still marks its place. */
const older = async (db: Kysely<Database>, id: string) => {
  const mark = await db.selectFrom('call').select('started_at').where('id', '=', id).executeTakeFirst();
  if (!mark) return sql<SqlBool>`call.id < ${id}`;
  return sql<SqlBool>`(call.started_at, call.id) < (${mark.started_at}, ${id})`;
};
