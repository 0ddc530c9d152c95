import { type OpusDecodedAudio, OpusDecoder } from 'opus-decoder';
import { encodeG711 } from '../g711.ts';
import { opusSamples } from './opus-packet.ts';
import { markerOf, RTP_HEADER, sequenceOf, ssrcOf, timestampOf, writeHeader } from './packet.ts';

/** What Opus becomes for those who don't have it. */
export const NARROWED = 'PCMU';
const RATE = 8000;
/** RFC 6716 2: 120 ms. */
const LONGEST = 960;
const LOUDEST = 32_767;

/** Of one packet at a time: a thread's legs share it. */
const pcm = new Int16Array(LONGEST);

/** Makes G.711 of one peer's Opus, packet by packet. */
export type Narrower = {
  /**
   * The same packet as G.711, its header the same but for the payload type, which means nothing.
   * @returns undefined for what is no Opus, and in the first milliseconds of the decoder's life
   */
  take(packet: Buffer, start: number, end: number): Buffer | undefined;
  close(): void;
};

const toPcm = (samples: Float32Array, count: number): Int16Array => {
  for (let i = 0; i < count; i += 1) {
    const sample = Math.round((samples[i] as number) * LOUDEST);
    pcm[i] = Math.max(-LOUDEST, Math.min(LOUDEST, sample));
  }
  return pcm.subarray(0, count);
};

export const createNarrower = (): Narrower => {
  const decoder = new OpusDecoder({ channels: 1, sampleRate: RATE });
  let state: 'starting' | 'ready' | 'closed' = 'starting';

  const settle = (next: 'ready' | 'closed'): void => {
    if (state === 'closed') decoder.free();
    else state = next;
  };
  decoder.ready.then(
    () => settle('ready'),
    () => {
      state = 'closed';
    },
  );

  const decode = (payload: Uint8Array): Pick<OpusDecodedAudio<8000>, 'channelData' | 'samplesDecoded'> => {
    try {
      return decoder.decodeFrame(payload);
    } catch {
      // A fault inside WebAssembly leaves the decoder as nobody knows.
      state = 'closed';
      return { channelData: [], samplesDecoded: 0 };
    }
  };

  return {
    take(packet, start, end) {
      // The decoder would write of what it can't read to standard error.
      if (state !== 'ready' || opusSamples(packet, start, end) < 0) return undefined;
      const { channelData, samplesDecoded } = decode(packet.subarray(start, end));
      const [samples] = channelData;
      if (samples === undefined || samplesDecoded === 0) return undefined;
      const count = Math.min(samplesDecoded, LONGEST);
      const out = Buffer.allocUnsafe(RTP_HEADER + count);
      const [marker, sequence] = [markerOf(packet), sequenceOf(packet)];
      writeHeader(out, 0, marker, 0, sequence, timestampOf(packet), ssrcOf(packet));
      encodeG711(NARROWED, toPcm(samples, count), out.subarray(RTP_HEADER));
      return out;
    },
    close() {
      if (state === 'ready') decoder.free();
      state = 'closed';
    },
  };
};
