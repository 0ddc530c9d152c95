import { encodeG711, G711_SILENCE } from '../g711.ts';
import { createJitterBuffer, type JitterBuffer } from './jitter-buffer.ts';
import { createKeyFloor } from './key-floor.ts';
import type { Outgoing } from './outgoing.ts';
import { FRAME_MS, type Pacer } from './pacer.ts';
import * as rtp from './packet.ts';
import type { PayloadKind } from './payload-types.ts';
import { addFrame, createLimiter } from './sum.ts';
import { EVENT_LENGTH } from './telephone-event.ts';
import type { Speaker } from './voice.ts';

const FRAME_SAMPLES = FRAME_MS * 8;

// Of one frame at a time: a thread's mixes share them.
const frame = new Int16Array(FRAME_SAMPLES);
const sum = new Int32Array(FRAME_SAMPLES);

/**
 * What a leg's peer hears when it hears several at once: their sum, 20 ms at a time. Somebody who is silent, on hold or gone
 * adds nothing. Keys go through as keys, one person's at a time; audio rests meanwhile.
 */
export type Mix = {
  /** Hears these legs, by number, from now on. One or none needs no mixing, and ends it. */
  listen(sources: readonly number[]): void;
  readonly running: boolean;
  /** A packet of one of them; it stays as it is. */
  packet(source: number, packet: Buffer, start: number, end: number, kind: PayloadKind, now: number): void;
};

/** @param busy something goes before the mix, which then passes unheard */
export const createMix = (pacer: Pacer, outgoing: Outgoing, towards: Speaker, busy: () => boolean): Mix => {
  let inputs: ReadonlyMap<number, JitterBuffer> = new Map();
  let limit = createLimiter();
  let keys = createKeyFloor();

  /** The sum of the next 20 ms into `frame`; false when all are silent. */
  const add = (): boolean => {
    let heard = 0;
    for (const buffer of inputs.values()) {
      if (!buffer.read(frame)) continue;
      if (heard === 0) sum.set(frame);
      else addFrame(sum, frame);
      heard += 1;
    }
    if (heard > 0) limit(sum, frame);
    return heard > 0;
  };

  const send = (now: number): void => {
    const heard = add();
    if (busy()) return;
    const { codec } = towards;
    if (codec === undefined) {
      outgoing.interrupt();
      return;
    }
    if (keys.taken(now)) return;
    const packet = Buffer.allocUnsafe(rtp.RTP_HEADER + FRAME_SAMPLES);
    if (heard) encodeG711(codec.name, frame, packet.subarray(rtp.RTP_HEADER));
    else packet.fill(G711_SILENCE[codec.name], rtp.RTP_HEADER);
    outgoing.generate(FRAME_SAMPLES, now);
    const { marker, sequence, timestamp, ssrc } = outgoing;
    rtp.writeHeader(packet, 0, marker, codec.payloadType, sequence, timestamp, ssrc);
    towards.send(packet, FRAME_SAMPLES);
  };

  const sendKey = (source: number, packet: Buffer, start: number, end: number, now: number): void => {
    if (end - start < EVENT_LENGTH || busy()) return;
    const sent = rtp.timestampOf(packet);
    const isEnd = ((packet[start + 1] ?? 0) & 0x80) !== 0;
    const payloadType = towards.telephoneEvent;
    if (payloadType === undefined || !keys.packet(source, sent, isEnd, now)) return;
    const [ssrc, number, marked] = [rtp.ssrcOf(packet), rtp.sequenceOf(packet), rtp.markerOf(packet)];
    if (!outgoing.relay(source, ssrc, number, sent, marked, 0, now)) return;
    const copy = Buffer.allocUnsafe(rtp.RTP_HEADER + end - start);
    packet.copy(copy, rtp.RTP_HEADER, start, end);
    const { marker, sequence, timestamp } = outgoing;
    rtp.writeHeader(copy, 0, marker, payloadType, sequence, timestamp, outgoing.ssrc);
    towards.send(copy, end - start);
  };

  return {
    listen(sources) {
      const before = inputs;
      const wanted = sources.length > 1 ? sources : [];
      inputs = new Map(wanted.map((source) => [source, before.get(source) ?? createJitterBuffer()]));
      if (inputs.size > 0 === before.size > 0) return;
      if (inputs.size === 0) {
        pacer.remove(send);
        return;
      }
      limit = createLimiter();
      keys = createKeyFloor();
      pacer.add(send);
    },
    get running() {
      return inputs.size > 0;
    },
    packet(source, packet, start, end, kind, now) {
      if (end === start) return;
      if (kind === 'telephone-event') {
        sendKey(source, packet, start, end, now);
      } else if (kind === 'PCMU' || kind === 'PCMA') {
        const [ssrc, timestamp] = [rtp.ssrcOf(packet), rtp.timestampOf(packet)];
        inputs.get(source)?.put(ssrc, timestamp, kind, packet, start, end);
        // A source that sends audio between its events' packets numbers both in one row.
        outgoing.skip(source, ssrc, rtp.sequenceOf(packet));
      }
    },
  };
};
