import type { Codec } from '../../sdp/index.ts';
import { encodeG711 } from '../g711.ts';
import type { Playable, Played } from '../playable.ts';
import { createSampleSource, type SampleSource, type Unplayable } from '../prompts/index.ts';
import type { Outgoing } from './outgoing.ts';
import { FRAME_MS, type Pacer } from './pacer.ts';
import { RTP_HEADER, writeHeader } from './packet.ts';
import { EVENT_LENGTH, eventOf, writeEvent } from './telephone-event.ts';

const FRAME_SAMPLES = FRAME_MS * 8;
/** RFC 4733 2.5.1.4: the end of an event is sent three times. */
const END_PACKETS = 3;
/** Silence between two digits, in frames: 60 ms, of which the repeated ends take 40. */
const PAUSE_FRAMES = 1;
const SHORTEST_MS = 40;
const LONGEST_MS = 8_000;

/** Where a voice's packets go, asked anew for each. */
export type Speaker = {
  /** The codec towards the peer; undefined while nothing may be sent. */
  readonly codec: Codec | undefined;
  /** Payload type of telephone-event towards the peer. */
  readonly telephoneEvent: number | undefined;
  /** @returns false when nobody knows where to */
  send(packet: Buffer, payloadBytes: number): boolean;
};

/** What a leg's peer hears from this machine itself: what is played, and digits, which go before it. */
export type Voice = {
  /**
   * Plays until the end or `stop`; replaces what played before. Resolves then.
   * @throws FailureError when it can't be played
   */
  play(what: Playable, unplayable?: Unplayable): Promise<Played>;
  stop(): void;
  /** Queues digits; resolves when the last one has been sent, or the leg is closed. */
  sendDigits(digits: string, durationMs: number): Promise<void>;
  /** Speaking: what the bridge brings is not to be sent. */
  readonly busy: boolean;
  close(): void;
};

type Playing = { readonly source: SampleSource; heard: number; readonly done: (played: Played) => void };
type Press = { readonly event: number; readonly samples: number; readonly done: (() => void) | undefined };

const played = ({ heard }: Playing, ended: boolean): Played => ({ ended, heardMs: Math.round(heard / 8) });

export const createVoice = (pacer: Pacer, outgoing: Outgoing, speaker: Speaker): Voice => {
  const samples = new Int16Array(FRAME_SAMPLES);
  const presses: Press[] = [];
  let playing: Playing | undefined;
  /** Of the press under way: samples sent, end packets sent, frames of pause passed. */
  let pressed = 0;
  let ends = 0;
  let pause = 0;
  let busy = false;

  const emit = (payloadType: number, packet: Buffer): boolean => {
    writeHeader(
      packet,
      0,
      outgoing.marker,
      payloadType,
      outgoing.sequence,
      outgoing.timestamp,
      outgoing.ssrc,
    );
    return speaker.send(packet, packet.length - RTP_HEADER);
  };

  const endPlaying = (ended: boolean): void => {
    const last = playing;
    playing = undefined;
    settle();
    last?.done(played(last, ended));
  };

  const playFrame = (now: number, current: Playing): void => {
    const read = current.source.read(samples);
    if (read === 0) {
      endPlaying(true);
      return;
    }
    samples.fill(0, read);
    const codec = speaker.codec;
    if (codec === undefined) return;
    const packet = Buffer.allocUnsafe(RTP_HEADER + FRAME_SAMPLES);
    encodeG711(codec.name, samples, packet.subarray(RTP_HEADER));
    outgoing.generate(FRAME_SAMPLES, now);
    if (emit(codec.payloadType, packet)) current.heard += read;
  };

  const nextPress = (): void => {
    const finished = presses.shift();
    pressed = ends = pause = 0;
    settle();
    finished?.done?.();
  };

  const pressFrame = (now: number, press: Press): void => {
    if (ends === END_PACKETS) {
      pause += 1;
      if (pause > PAUSE_FRAMES) nextPress();
      return;
    }
    if (pressed === 0) {
      outgoing.interrupt();
      outgoing.generate(0, now);
    } else {
      outgoing.repeat();
    }
    pressed = Math.min(press.samples, pressed + FRAME_SAMPLES);
    const end = pressed === press.samples;
    if (end) ends += 1;
    const payloadType = speaker.telephoneEvent;
    if (payloadType === undefined) return;
    const packet = Buffer.allocUnsafe(RTP_HEADER + EVENT_LENGTH);
    writeEvent(packet, RTP_HEADER, press.event, end, pressed);
    emit(payloadType, packet);
  };

  const frame = (now: number): void => {
    const press = presses[0];
    if (press !== undefined) pressFrame(now, press);
    else if (playing !== undefined) playFrame(now, playing);
  };

  /** Runs the timer only while there is something to say. */
  const settle = (): void => {
    const wanted = playing !== undefined || presses.length > 0;
    if (wanted === busy) return;
    busy = wanted;
    if (busy) pacer.add(frame);
    else pacer.remove(frame);
  };

  return {
    play(what, unplayable) {
      const source = createSampleSource(what, unplayable);
      return new Promise((resolve) => {
        const replaced = playing;
        playing = { source, heard: 0, done: resolve };
        settle();
        replaced?.done(played(replaced, false));
      });
    },
    stop: () => endPlaying(false),
    sendDigits(digits, durationMs) {
      const lasts = Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, durationMs)) * 8);
      return new Promise((resolve) => {
        const events = [...digits].map(eventOf).filter((event) => event >= 0);
        if (events.length === 0) return resolve();
        events.forEach((event, index) => {
          presses.push({ event, samples: lasts, done: index === events.length - 1 ? resolve : undefined });
        });
        settle();
      });
    },
    get busy() {
      return busy;
    },
    close() {
      const waiting = presses.splice(0);
      pressed = ends = pause = 0;
      endPlaying(false);
      for (const press of waiting) press.done?.();
    },
  };
};
