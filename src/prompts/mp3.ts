import { errorMessage, FailureError, UsageError } from '../base/errors.ts';
import { MOST_SECONDS, wavHeader } from './audio/index.ts';
import { findProgram, runProgram } from './program.ts';

const TIMEOUT_MS = 60_000;
const RATE = 16_000;
/** A little more than a prompt may last, so that what is too long is told and not cut. */
const READ_SECONDS = MOST_SECONDS + 1;
const MOST_BYTES = (READ_SECONDS + 1) * RATE * 2 + 4096;

/** Programs that read MP3 from standard input and write bare 16-bit samples, little-endian, of one channel at `RATE`. */
type Decoder = {
  readonly command: string;
  readonly parameters: readonly string[];
};

const DECODERS: readonly Decoder[] = [
  {
    command: 'ffmpeg',
    parameters: [
      ...['-v', 'error', '-f', 'mp3', '-i', 'pipe:0', '-t', String(READ_SECONDS)],
      ...['-ac', '1', '-ar', String(RATE), '-f', 's16le', 'pipe:1'],
    ],
  },
  {
    command: 'mpg123',
    parameters: ['-q', '--mono', '-r', String(RATE), '-e', 's16', '-s', '-'],
  },
  {
    command: 'sox',
    parameters: [
      ...['-V1', '-t', 'mp3', '-', '-t', 'raw', '-e', 'signed', '-b', '16', '-L', '-c', '1'],
      ...['-r', String(RATE), '-', 'trim', '0', String(READ_SECONDS)],
    ],
  },
];

/** Whether bytes look like MP3: an ID3 tag, or the eleven set bits of a frame of layer III. */
export const isMp3 = (bytes: Buffer): boolean => {
  if (bytes.toString('latin1', 0, 3) === 'ID3') return true;
  const [first = 0, second = 0] = bytes;
  return first === 0xff && (second & 0xe6) === 0xe2;
};

/**
 * Decodes MP3 with the first of ffmpeg, mpg123 and sox that can.
 *
 * @param path of folders to look for them in, as the environment has it
 * @returns a WAV file
 * @throws UsageError when none can, with what to do about it
 */
export const decodeMp3 = async (bytes: Buffer, path?: string): Promise<Buffer> => {
  const refusals: string[] = [];
  for (const { command, parameters } of DECODERS) {
    const program = await findProgram(command, path);
    if (program === undefined) continue;
    try {
      const options = { input: bytes, timeoutMs: TIMEOUT_MS, mostBytes: MOST_BYTES };
      const samples = await runProgram([program, ...parameters], options);
      if (samples.length < 2) throw new FailureError(`${command} found no audio in it`);
      return Buffer.concat([wavHeader(RATE, samples.length), samples]);
    } catch (error) {
      refusals.push(errorMessage(error));
    }
  }
  if (refusals.length === 0) {
    throw new UsageError(
      'To read MP3 one of ffmpeg, mpg123 and sox must be installed (apt-get install mpg123); or hand in a WAV file',
    );
  }
  throw new UsageError(`The MP3 file can't be read: ${refusals.join('; ')}. Hand in a WAV file`);
};
