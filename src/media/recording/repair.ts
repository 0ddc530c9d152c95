import { type FileHandle, open, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode, errorMessage } from '../../base/errors.ts';
import { sha256OfFile } from './hash.ts';
import {
  FRAME_BYTES,
  FRAMES_PER_MS,
  HEADER_BYTES,
  isRecordingHeader,
  MAX_FRAMES,
  recordingHeader,
} from './header.ts';
import type { RecordingState, RepairedRecording } from './types.ts';

const readHeader = async (file: FileHandle): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
};

/** Makes header and size agree; returns the frames and whether anything had to change, or why the file is no use. */
const mend = async (file: FileHandle): Promise<{ frames: number; repaired: boolean } | string> => {
  const { size } = await file.stat();
  const found = await readHeader(file);
  if (found.length < HEADER_BYTES) return 'it ends within its header';
  if (!isRecordingHeader(found)) return 'it is no recording of this gateway';
  const frames = Math.min(MAX_FRAMES, Math.floor((size - HEADER_BYTES) / FRAME_BYTES));
  const whole = HEADER_BYTES + frames * FRAME_BYTES;
  const header = recordingHeader(frames);
  if (whole === size && found.equals(header)) return { frames, repaired: false };
  if (whole !== size) await file.truncate(whole);
  await file.write(header, 0, HEADER_BYTES, 0);
  await file.datasync();
  return { frames, repaired: true };
};

const repair = async (directory: string, path: string): Promise<RepairedRecording> => {
  try {
    const location = resolve(directory, path);
    const file = await open(location, 'r+');
    const mended = await mend(file).finally(() => file.close());
    if (typeof mended === 'string') return { path, usable: false, reason: mended };
    return {
      path,
      usable: true,
      repaired: mended.repaired,
      durationMs: Math.round(mended.frames / FRAMES_PER_MS),
      bytes: HEADER_BYTES + mended.frames * FRAME_BYTES,
      sha256: await sha256OfFile(location),
    };
  } catch (error) {
    return { path, usable: false, reason: errorMessage(error) };
  }
};

const wavFilesBelow = async (directory: string): Promise<string[]> => {
  try {
    const names = await readdir(directory, { recursive: true });
    return names.filter((name) => name.endsWith('.wav')).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/**
 * Makes recordings playable that a crash cut off: sizes in the header from the file's size, half a frame at the end dropped.
 * Whole files are left alone. Files of no use are reported, not thrown; a directory that can't be listed is thrown.
 *
 * @param files names within `directory`, or absolute paths; every `.wav` below it when left out
 * @returns one result a file, in order, each `path` as given (relative to `directory` when `files` is left out)
 */
export const repairRecordings = async (
  directory: string,
  files?: readonly string[],
): Promise<RepairedRecording[]> => {
  const results: RepairedRecording[] = [];
  // One after another: hashing is bound by the disk.
  for (const name of files ?? (await wavFilesBelow(directory))) {
    results.push(await repair(directory, name));
  }
  return results;
};

/**
 * Compares a recording with the hash in its call record.
 *
 * @param sha256 hex
 * @throws the file system's error, save that of a missing file
 */
export const verifyRecording = async (path: string, sha256: string): Promise<RecordingState> => {
  try {
    return (await sha256OfFile(path)) === sha256.toLowerCase() ? 'intact' : 'changed';
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
};
