import { encodeG711 } from '../../../src/media/g711.ts';
import type { Channel, Recorder } from '../../../src/media/recording/index.ts';
import type { CodecName } from '../../../src/sdp/index.ts';

export const START = 1_760_000_000_000;

export type Packet = {
  readonly channel: Channel;
  /** Milliseconds since the recording's start. */
  readonly at: number;
  readonly ssrc: number;
  readonly timestamp: number;
  readonly codec: CodecName;
  readonly payload: Uint8Array;
};

export type Stream = {
  readonly channel: Channel;
  readonly frequency: number;
  readonly from: number;
  readonly to: number;
  readonly ssrc?: number;
  readonly timestamp?: number;
  readonly codec?: CodecName;
  readonly ptime?: number;
};

/** A tone as a phone sends it: one packet each `ptime` milliseconds. */
export const stream = ({
  channel,
  frequency,
  from,
  to,
  ssrc = 1,
  timestamp = 0,
  codec = 'PCMU',
  ptime = 20,
}: Stream): Packet[] => {
  const size = ptime * 8;
  return Array.from({ length: Math.floor((to - from) / ptime) }, (_, index) => {
    const samples = Int16Array.from({ length: size }, (_sample, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * frequency * (index * size + i)) / 8000)),
    );
    const payload = new Uint8Array(size);
    encodeG711(codec, samples, payload);
    return {
      channel,
      at: from + index * ptime,
      ssrc,
      timestamp: (timestamp + index * size) >>> 0,
      codec,
      payload,
    };
  });
};

/** Feeds packets in order of arrival, flushing once a second as the media thread does. */
export const feed = (recorder: Recorder, packets: readonly Packet[]): void => {
  let flushed = 0;
  for (const packet of packets.toSorted((a, b) => a.at - b.at)) {
    for (; flushed + 1000 <= packet.at; flushed += 1000) recorder.flush(START + flushed + 1000);
    recorder.packet(
      packet.channel,
      START + packet.at,
      packet.ssrc,
      packet.timestamp,
      packet.codec,
      packet.payload,
    );
  }
};
