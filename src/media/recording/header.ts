/**
 * The header of a recording: canonical RIFF/WAVE, PCM, 8 kHz, 16 bits, its two sizes at bytes 4 and 40 (Multimedia
 * Programming Interface and Data Specifications 1.0). Calls have two channels, messages one.
 */

export type Channels = 1 | 2;

export const HEADER_BYTES = 44;
const SAMPLE_BYTES = 2;
/** Bytes of one frame of a call's recording: two channels of 16 bits. */
export const FRAME_BYTES = 2 * SAMPLE_BYTES;
export const FRAMES_PER_MS = 8;

const RATE = 8000;

/** Bytes of one frame: a sample of each channel. */
export const frameBytes = (channels: Channels): number => channels * SAMPLE_BYTES;

/** The sizes are 32 bits wide: 37 hours of two channels. */
export const maxFrames = (channels: Channels): number =>
  Math.floor((0xffff_ffff - HEADER_BYTES) / frameBytes(channels));

export const MAX_FRAMES = maxFrames(2);

/** The header of a file of `frames` frames, 0 to `maxFrames`. */
export const recordingHeader = (frames: number, channels: Channels = 2): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * frameBytes(channels), 28);
  header.writeUInt16LE(frameBytes(channels), 32);
  header.writeUInt16LE(8 * SAMPLE_BYTES, 34);
  header.write('data', 36, 'latin1');
  setFrames(header, frames, channels);
  return header;
};

/** Sets the sizes in a header made by `recordingHeader`. */
export const setFrames = (header: Buffer, frames: number, channels: Channels = 2): void => {
  header.writeUInt32LE(HEADER_BYTES - 8 + frames * frameBytes(channels), 4);
  header.writeUInt32LE(frames * frameBytes(channels), 40);
};

/** The channels of a file that starts with `bytes`; undefined when they are no recording's header, whatever its sizes say. */
export const channelsOf = (bytes: Buffer): Channels | undefined => {
  if (bytes.length < HEADER_BYTES) return undefined;
  return ([2, 1] as const).find((channels) => {
    const own = recordingHeader(0, channels);
    return (
      bytes.subarray(0, 4).equals(own.subarray(0, 4)) && bytes.subarray(8, 40).equals(own.subarray(8, 40))
    );
  });
};
