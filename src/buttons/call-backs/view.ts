import { z } from 'zod';
import type { CallBackTable, CallerVault, SqliteFile } from '../../store/index.ts';

const instant = { description: 'ISO 8601, UTC', format: 'date-time' };

/** A request to be called as `--json` and the API show it. */
export const callBackViewSchema = z.object({
  id: z.string().meta({ description: 'ULID: later requests have greater ids' }),
  button: z.string(),
  site: z.string(),
  intent: z.string().nullable(),
  state: z.enum(['waiting', 'calling', 'done', 'failed', 'cancelled']),
  reason: z.string().nullable().meta({ description: 'Why it waits, failed or was cancelled' }),
  number: z.string().meta({ description: 'Masked unless revealed' }),
  country: z.string().nullable().meta({ description: 'Region of the number, ISO 3166-1' }),
  requestedAt: z.string().meta(instant),
  dueAt: z.string().meta({ ...instant, description: 'Not called before; ISO 8601, UTC' }),
  tries: z.int().meta({ description: 'How often the visitor was called' }),
  call: z.string().nullable().meta({ description: 'Id of the latest call' }),
  consent: z
    .object({ text: z.string(), at: z.string().meta(instant) })
    .meta({ description: 'What the visitor agreed to, word for word, and when' }),
  verified: z.enum(['none', 'confirm', 'sms']),
  visit: z.string().nullable(),
  experiment: z.object({ id: z.string(), arm: z.string() }).nullable(),
  page: z.string().nullable(),
  language: z.string(),
});

export type CallBackView = z.output<typeof callBackViewSchema>;

const time = (at: number): string => new Date(at).toISOString();

/** @param vault given: the visitor's number in clear */
export const callBackView = (row: CallBackTable, vault?: Pick<CallerVault, 'reveal'>): CallBackView => ({
  id: row.id,
  button: row.button_id,
  site: row.site_id,
  intent: row.intent,
  state: row.state,
  reason: row.reason,
  number: vault ? vault.reveal(row.number_encrypted) : row.number_masked,
  country: row.region,
  requestedAt: time(row.requested_at),
  dueAt: time(row.due_at),
  tries: row.tries,
  call: row.call_id,
  consent: { text: row.consent_text, at: time(row.consent_at) },
  verified: row.verified,
  visit: row.visit_id,
  experiment: row.experiment_id === null || row.arm === null ? null : { id: row.experiment_id, arm: row.arm },
  page: row.page,
  language: row.language,
});

export type CallBackFilter = {
  readonly state?: CallBackTable['state'] | undefined;
  readonly button?: string | undefined;
  /** The last id of the page before. */
  readonly before?: string | undefined;
  /** 1 to 10,000. */
  readonly limit: number;
};

/** Requests, newest first. */
export const listCallBacks = (
  file: SqliteFile,
  { state, button, before, limit }: CallBackFilter,
): readonly CallBackTable[] =>
  file
    .prepare<unknown[], CallBackTable>(
      `SELECT * FROM call_back
        WHERE (@state IS NULL OR state = @state) AND (@button IS NULL OR button_id = @button)
          AND (@before IS NULL OR id < @before)
        ORDER BY id DESC LIMIT @limit`,
    )
    .all({ state: state ?? null, button: button ?? null, before: before ?? null, limit });
