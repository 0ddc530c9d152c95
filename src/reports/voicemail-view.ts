import { z } from 'zod';
import type { CallerVault, VoicemailRow } from '../store/index.ts';

const instant = { description: 'ISO 8601, UTC', format: 'date-time' };

/** A message as `--json` and the API show it. */
export const voicemailViewSchema = z.object({
  id: z.string().meta({ description: 'ULID: later messages have greater ids' }),
  box: z.string(),
  call: z.string().meta({ description: 'Id of the call that it was left in' }),
  at: z.string().meta(instant),
  caller: z.string().nullable().meta({ description: 'Masked unless revealed; null: anonymous' }),
  country: z.string().nullable().meta({ description: "Region of the caller's number, ISO 3166-1" }),
  number: z.string().nullable().meta({ description: 'The dialled number, E.164' }),
  source: z.string().nullable().meta({ description: "The source's name" }),
  state: z.enum(['recording', 'complete', 'repaired', 'failed']),
  durationMs: z.int().nullable(),
  speechMs: z.int().nullable().meta({ description: 'How much of it is speech' }),
  endedBy: z.enum(['silence', 'key', 'max', 'hangup', 'failed']).nullable(),
  sha256: z.string().nullable().meta({ description: 'Of the file, hex' }),
  heard: z
    .object({ at: z.string().meta(instant), by: z.string().nullable() })
    .nullable()
    .meta({ description: 'Who listened to it first; null: it is new' }),
  test: z.boolean().meta({ description: 'Left in a test call' }),
});

export type VoicemailView = z.output<typeof voicemailViewSchema>;

/** @param vault given: the caller's number in clear */
export const voicemailView = (row: VoicemailRow, vault?: CallerVault): VoicemailView => ({
  id: row.id,
  box: row.box,
  call: row.call_id,
  at: new Date(row.created_at).toISOString(),
  caller: vault && row.caller_encrypted ? vault.reveal(row.caller_encrypted) : row.caller_masked,
  country: row.caller_region,
  number: row.did,
  source: row.source_name,
  state: row.state,
  durationMs: row.duration_ms,
  speechMs: row.speech_ms,
  endedBy: row.ended_by,
  sha256: row.sha256,
  heard: row.heard_at === null ? null : { at: new Date(row.heard_at).toISOString(), by: row.heard_by },
  test: row.is_test === 1,
});
