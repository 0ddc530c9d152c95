import { type FileHandle, open, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode, errorMessage } from '../../base/errors.ts';
import { sha256OfFile } from './hash.ts';
import { channelsOf, FRAMES_PER_MS, frameBytes, HEADER_BYTES, maxFrames, recordingHeader } from './header.ts';
import type { RecordingState, RepairedRecording } from './types.ts';

const readHeader = async (file: FileHandle): Promise<Buffer> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.subarray(0, bytesRead);
};

type Mended = { readonly frames: number; readonly bytes: number; readonly repaired: boolean };

/** Makes header and size agree; returns what the file is like now, or why it is of no use. */
const mend = async (file: FileHandle): Promise<Mended | string> => {
  const { size } = await file.stat();
  const found = await readHeader(file);
  if (found.length < HEADER_BYTES) return 'it ends within its header';
  const channels = channelsOf(found);
  if (channels === undefined) return 'it is no recording of this gateway';
  const frames = Math.min(maxFrames(channels), Math.floor((size - HEADER_BYTES) / frameBytes(channels)));
  const whole = HEADER_BYTES + frames * frameBytes(channels);
  const header = recordingHeader(frames, channels);
  if (whole === size && found.equals(header)) return { frames, bytes: whole, repaired: false };
  if (whole !== size) await file.truncate(whole);
  await file.write(header, 0, HEADER_BYTES, 0);
  await file.datasync();
  return { frames, bytes: whole, repaired: true };
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
      bytes: mended.bytes,
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
 * Makes recordings and messages playable that a crash cut off: sizes in the header from the file's size, half a frame at the end dropped.
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
