/**
 * The header of a recording: canonical RIFF/WAVE, PCM, two channels, 8 kHz, 16 bits, its two sizes at bytes 4 and 40
 * (Multimedia Programming Interface and Data Specifications 1.0).
 */

export const HEADER_BYTES = 44;
/** Bytes of one frame: two channels of 16 bits. */
export const FRAME_BYTES = 4;
export const FRAMES_PER_MS = 8;
/** The sizes are 32 bits wide: 37 hours. */
export const MAX_FRAMES = Math.floor((0xffff_ffff - HEADER_BYTES) / FRAME_BYTES);

const RATE = 8000;

/** The header of a file of `frames` frames, 0 to MAX_FRAMES. */
export const recordingHeader = (frames: number): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + frames * FRAME_BYTES, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * FRAME_BYTES, 28);
  header.writeUInt16LE(FRAME_BYTES, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(frames * FRAME_BYTES, 40);
  return header;
};

/** Sets the sizes in a header made by `recordingHeader`. */
export const setFrames = (header: Buffer, frames: number): void => {
  header.writeUInt32LE(HEADER_BYTES - 8 + frames * FRAME_BYTES, 4);
  header.writeUInt32LE(frames * FRAME_BYTES, 40);
};

/** True when `bytes` start with a recording's header, whatever its sizes say. */
export const isRecordingHeader = (bytes: Buffer): boolean => {
  const own = recordingHeader(0);
  return (
    bytes.length >= HEADER_BYTES &&
    bytes.subarray(0, 4).equals(own.subarray(0, 4)) &&
    bytes.subarray(8, 40).equals(own.subarray(8, 40))
  );
};
