import { rm } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { FailureError } from '../base/errors.ts';
import { repairRecordings } from '../media/index.ts';
import type { VoicemailEnd, VoicemailRepository, VoicemailRow } from '../store/index.ts';

/**
 * Where a message's file is.
 *
 * @param directory of recordings
 * @throws FailureError when it would lie outside
 */
export const voicemailPath = (directory: string, { path }: Pick<VoicemailRow, 'path'>): string => {
  const full = resolve(directory, path);
  const inside = relative(directory, full);
  if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return full;
  throw new FailureError('The message lies outside the recordings directory.');
};

/**
 * Deletes a message for good, its audio first: what stands in the list can still be deleted.
 *
 * @returns `unknown`: there is none with this id; `recording`: the caller still speaks
 * @throws FailureError when its file lies outside the directory; Error when it can't be deleted
 */
export const removeVoicemail = async (
  voicemail: VoicemailRepository,
  directory: string,
  id: string,
): Promise<'removed' | 'unknown' | 'recording'> => {
  const message = await voicemail.get(id);
  if (message === undefined) return 'unknown';
  if (message.state === 'recording') return 'recording';
  await rm(voicemailPath(directory, message), { force: true });
  await voicemail.remove(id);
  return 'removed';
};

const LOST: VoicemailEnd = {
  state: 'failed',
  duration_ms: null,
  speech_ms: null,
  bytes: null,
  sha256: null,
  ended_by: 'failed',
};

/**
 * Mends messages that a crash cut off, and closes those of which nothing is left.
 *
 * @param directory of recordings
 * @returns how many can be listened to
 */
export const recoverVoicemail = async (
  voicemail: VoicemailRepository,
  directory: string,
): Promise<number> => {
  const unfinished = await voicemail.unfinished();
  const files = await repairRecordings(
    directory,
    unfinished.map(({ path }) => path),
  );
  let mended = 0;
  for (const [index, { id }] of unfinished.entries()) {
    const file = files[index];
    const isHeard = file?.usable === true && file.durationMs > 0;
    if (isHeard) mended += 1;
    await voicemail.complete(
      id,
      isHeard
        ? {
            ...LOST,
            state: 'repaired',
            duration_ms: file.durationMs,
            bytes: file.bytes,
            sha256: file.sha256,
          }
        : LOST,
    );
  }
  return mended;
};
