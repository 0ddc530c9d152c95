import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ulid } from '../../../src/base/ids.ts';
import type { SampleStore } from '../reports/sample-store.ts';
import { wavOf } from './place.ts';

export type Message = { readonly id: string; readonly path: string; readonly bytes: Buffer };

/** Leaves a message in a box, its file in the recordings directory of the sample. */
export const leaveMessage = async (
  { store, directory }: SampleStore,
  callId: string,
  at: number,
  box = 'main',
): Promise<Message> => {
  const id = ulid(at);
  const path = `messages/${id}.wav`;
  const bytes = wavOf(500, 0.2, 8000);
  const full = join(directory, 'recordings', path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, bytes);
  await store.voicemail.begin({ id, call_id: callId, box, created_at: at + 0.4, path });
  await store.voicemail.complete(id, {
    state: 'complete',
    duration_ms: 4200.3,
    speech_ms: 3100.9,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ended_by: 'hangup',
  });
  return { id, path, bytes };
};
