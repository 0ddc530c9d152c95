import type { Kysely } from 'kysely';
import type { VoicemailTable } from './flow-schema.ts';
import type { Database } from './schema.ts';
import type { Millis } from './units.ts';

/** A message with what is known of the call that it was left in. */
export type VoicemailRow = VoicemailTable & {
  readonly caller_masked: string | null;
  readonly caller_encrypted: Buffer | null;
  readonly caller_region: string | null;
  readonly did: string | null;
  readonly source_name: string | null;
  readonly is_test: 0 | 1;
};

export type VoicemailFilter = {
  readonly box?: string | undefined;
  /** Only those that nobody has listened to. */
  readonly onlyNew?: boolean;
  /** The last id of the page before. */
  readonly before?: string | undefined;
  /** Default 50, at most 10,000. */
  readonly limit?: number;
};

/** A message whose recording begins. */
export type NewVoicemail = Pick<VoicemailTable, 'id' | 'call_id' | 'box' | 'created_at' | 'path'>;

/** How its recording ended. */
export type VoicemailEnd = Pick<
  VoicemailTable,
  'state' | 'duration_ms' | 'speech_ms' | 'bytes' | 'sha256' | 'ended_by'
>;

/** Messages that callers left. Ids are in the order of time. */
export type VoicemailRepository = {
  /** The call's record stands already. */
  begin(message: NewVoicemail): Promise<void>;
  complete(id: string, end: VoicemailEnd): Promise<void>;
  /** Messages that a crash left open, oldest first. */
  unfinished(): Promise<readonly VoicemailTable[]>;
  /** Newest first; without those whose recording failed. */
  list(filter?: VoicemailFilter): Promise<readonly VoicemailRow[]>;
  get(id: string): Promise<VoicemailRow | undefined>;
  /** Of each box: messages, and how many of them are new. */
  boxes(): Promise<readonly { readonly box: string; readonly messages: number; readonly fresh: number }[]>;
  /**
   * Notes who has listened, or with null that nobody has. The first who did stays.
   *
   * @returns false when there is no such message
   */
  setHeard(id: string, heard: { readonly at: Millis; readonly by: string } | null): Promise<boolean>;
  /** @returns its path relative to the recordings directory, for the file to be deleted too; undefined: no such message */
  remove(id: string): Promise<string | undefined>;
};

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

const whole = (value: number | null): number | null => (value === null ? null : Math.round(value));

export const voicemailRepository = (db: Kysely<Database>): VoicemailRepository => {
  const withCall = () =>
    db
      .selectFrom('voicemail')
      .innerJoin('call', 'call.id', 'voicemail.call_id')
      .selectAll('voicemail')
      .select([
        'call.caller_masked',
        'call.caller_encrypted',
        'call.caller_region',
        'call.did',
        'call.source_name',
        'call.is_test',
      ]);

  return {
    begin: async (message) => {
      await db
        .insertInto('voicemail')
        .values({
          ...message,
          created_at: Math.round(message.created_at),
          state: 'recording',
          duration_ms: null,
          speech_ms: null,
          bytes: null,
          sha256: null,
          ended_by: null,
          heard_at: null,
          heard_by: null,
        })
        .execute();
    },
    complete: async (id, { duration_ms, speech_ms, ...end }) => {
      await db
        .updateTable('voicemail')
        .set({ ...end, duration_ms: whole(duration_ms), speech_ms: whole(speech_ms) })
        .where('id', '=', id)
        .execute();
    },
    unfinished: () =>
      db.selectFrom('voicemail').selectAll().where('state', '=', 'recording').orderBy('id').execute(),
    list: ({ box, onlyNew = false, before, limit = DEFAULT_LIMIT } = {}) => {
      let query = withCall().where('voicemail.state', '<>', 'failed');
      if (box !== undefined) query = query.where('voicemail.box', '=', box);
      if (onlyNew) query = query.where('voicemail.heard_at', 'is', null);
      if (before !== undefined) query = query.where('voicemail.id', '<', before);
      return query
        .orderBy('voicemail.id', 'desc')
        .limit(Math.min(Math.max(1, Math.trunc(limit)), MAX_LIMIT))
        .execute();
    },
    get: (id) => withCall().where('voicemail.id', '=', id).executeTakeFirst(),
    boxes: () =>
      db
        .selectFrom('voicemail')
        .select(({ fn, eb }) => [
          'box',
          fn.countAll<number>().as('messages'),
          fn.sum<number>(eb.case().when('heard_at', 'is', null).then(1).else(0).end()).as('fresh'),
        ])
        .where('state', '<>', 'failed')
        .groupBy('box')
        .orderBy('box')
        .execute(),
    setHeard: async (id, heard) => {
      const message = await db
        .selectFrom('voicemail')
        .select('heard_at')
        .where('id', '=', id)
        .executeTakeFirst();
      if (message === undefined) return false;
      if (heard !== null && message.heard_at !== null) return true;
      await db
        .updateTable('voicemail')
        .set({ heard_at: heard === null ? null : Math.round(heard.at), heard_by: heard?.by ?? null })
        .where('id', '=', id)
        .execute();
      return true;
    },
    remove: async (id) => {
      const removed = await db
        .deleteFrom('voicemail')
        .where('id', '=', id)
        .returning('path')
        .executeTakeFirst();
      return removed?.path;
    },
  };
};
