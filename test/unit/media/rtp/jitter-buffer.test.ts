import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeG711 } from '../../../../src/media/g711.ts';
import { createJitterBuffer, type JitterBuffer } from '../../../../src/media/rtp/jitter-buffer.ts';
import type { CodecName } from '../../../../src/sdp/index.ts';
import { findTone, goertzel, sine, type ToneReport } from '../../../support/audio.ts';

const FRAME = 160;

type Sent = {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** Milliseconds. */
  readonly at: number;
};

type Stream = {
  readonly frequency?: number;
  readonly ms: number;
  readonly ptime?: number;
  readonly from?: number;
  readonly ssrc?: number;
  readonly timestamp?: number;
  /** How much faster the sender's clock runs than the reader's, in parts per million. */
  readonly drift?: number;
  readonly codec?: CodecName;
};

/** A tone as a sender packs it. */
const stream = (options: Stream): Sent[] => {
  const { frequency = 400, ms, ptime = 20, from = 0, ssrc = 1, timestamp = 0, drift = 0 } = options;
  const size = ptime * 8;
  return Array.from({ length: Math.floor(ms / ptime) }, (_, i) => {
    const payload = new Uint8Array(size);
    encodeG711(options.codec ?? 'PCMU', sine(frequency, size, -12, (i * size) % 8_000), payload);
    return {
      ssrc,
      timestamp: (timestamp + i * size) >>> 0,
      payload,
      at: from + i * ptime * (1 - drift * 1e-6),
    };
  });
};

/** Feeds what arrives and reads a frame each 20 ms, half a frame after the first packets. */
const play = (
  packets: readonly Sent[],
  ms: number,
  codec: CodecName = 'PCMU',
  buffer: JitterBuffer = createJitterBuffer(),
): Int16Array => {
  const arriving = packets.toSorted((a, b) => a.at - b.at);
  const out = new Int16Array(ms * 8);
  let next = 0;
  for (let frame = 0; (frame + 1) * FRAME <= out.length; frame += 1) {
    for (let packet = arriving[next]; packet && packet.at <= frame * 20 + 10; packet = arriving[next]) {
      const { payload } = packet;
      buffer.put(packet.ssrc, packet.timestamp, codec, payload, 0, payload.length);
      next += 1;
    }
    buffer.read(out.subarray(frame * FRAME, (frame + 1) * FRAME));
  }
  return out;
};

/** The greatest difference between neighbouring samples. */
const steepest = (samples: Int16Array): number => {
  let most = 0;
  for (let i = 1; i < samples.length; i += 1)
    most = Math.max(most, Math.abs((samples[i] ?? 0) - (samples[i - 1] ?? 0)));
  return most;
};

const peak = (samples: Int16Array): number =>
  samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

const bytes = (samples: Int16Array, count: number): Buffer => Buffer.from(samples.buffer, 0, count * 2);

/** Each end is followed by less than 90 ms in which concealment fades away. */
const lasts = (tone: ToneReport, seconds: number, ends = 1): void => {
  expect(tone.seconds).toBeGreaterThan(seconds - 0.03);
  expect(tone.seconds).toBeLessThan(seconds + 0.09 * ends);
};

/** Of the tone that `stream` makes: its steepest slope, and the law's coarseness on top. */
const slope = (frequency: number): number =>
  32_767 * 10 ** (-12 / 20) * ((2 * Math.PI * frequency) / 8_000) + 600;

describe('the jitter buffer', () => {
  it.each([10, 20, 30, 40, 60])('gives back what came, 40 to 60 ms later, in packets of %i ms', (ptime) => {
    for (const codec of ['PCMU', 'PCMA'] as const) {
      const out = play(stream({ ms: 1_200, ptime, codec }), 1_400, codec);
      const tone = findTone(out, 400);
      expect(tone.segments).toHaveLength(1);
      lasts(tone, 1.2);
      expect(tone.start).toBeGreaterThanOrEqual(0.03);
      expect(tone.start).toBeLessThanOrEqual(0.07);
    }
  });

  it('puts packets in order, takes each once, and waits for late ones', () => {
    const fate = fc.record({ delay: fc.integer({ min: 0, max: 35 }), twice: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(fate, { minLength: 60, maxLength: 60 }),
        fc.nat(0xffff_ffff),
        fc.constantFrom(10, 20, 30),
        (fates, timestamp, ptime) => {
          const packets = stream({ ms: 60 * ptime, ptime, timestamp });
          const arriving = packets.flatMap((packet, i) => {
            const { delay = 0, twice = false } = fates[i] ?? {};
            const once = { ...packet, at: packet.at + (i === 0 ? 0 : delay) };
            return twice ? [once, { ...once, at: once.at + 3 }] : [once];
          });
          const even = play(packets, 60 * ptime + 200);
          const uneven = play(arriving, 60 * ptime + 200);
          // The delay may have grown within; until the first second is over it can't.
          const judged = Math.min(7_900, even.length);
          expect(Buffer.compare(bytes(even, judged), bytes(uneven, judged))).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('never clicks and never gets louder, whatever is lost, late or sent under another time base', () => {
    const fate = fc.record({
      lost: fc.integer({ min: 0, max: 9 }).map((n) => n < 2),
      delay: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 300 })),
    });
    fc.assert(
      fc.property(fc.array(fate, { minLength: 100, maxLength: 200 }), (fates) => {
        const arriving = stream({ ms: fates.length * 20 }).flatMap((packet, i) => {
          const { lost, delay } = fates[i] ?? { lost: false, delay: 0 };
          return lost ? [] : [{ ...packet, at: packet.at + delay }];
        });
        const out = play(arriving, fates.length * 20 + 1_000);
        // A crossing of two pieces of the tone, in whatever phase, over 5 ms.
        expect(steepest(out)).toBeLessThan(slope(400) + 2 * (8_231 / 40) + 700);
        expect(peak(out)).toBeLessThanOrEqual(16_500);
        expect(peak(out.subarray(out.length - 2_000))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('conceals a lost packet', () => {
    const packets = stream({ ms: 1_000 }).filter((_, i) => i !== 25);
    const out = play(packets, 1_200);
    const lost = out.subarray(4_000 + 160, 4_000 + 900);
    const quietest = Math.min(...Array.from({ length: 8 }, (_, i) => goertzel(lost, 400, i * 80, 80)));
    expect(quietest).toBeGreaterThan(8_231 * 0.25);
    expect(steepest(out)).toBeLessThan(slope(400) + 700);
  });

  it('is silent, to the bit, in pauses and for ever after the end', () => {
    const packets = [
      ...stream({ ms: 400 }),
      // Discontinuous transmission: the time base runs on.
      ...stream({ ms: 400, from: 1_000, timestamp: 8_000 }),
      // Held, its timestamps standing still meanwhile.
      ...stream({ ms: 400, from: 2_000, timestamp: 11_200 }),
    ];
    const out = play(packets, 3_000);
    for (const from of [700, 1_700, 2_700]) expect(peak(out.subarray(from * 8, from * 8 + 2_000))).toBe(0);
    const tone = findTone(out, 400);
    expect(tone.segments).toHaveLength(3);
    lasts(tone, 1.2, 3);
  });

  it('goes on with another source at once', () => {
    const packets = [
      ...stream({ ms: 500, timestamp: 0xffff_f000 }),
      ...stream({ ms: 500, from: 500, ssrc: 2, timestamp: 77, frequency: 600 }),
      ...stream({ ms: 500, from: 1_000, ssrc: 2, timestamp: 900_000_000, frequency: 400 }),
    ];
    const out = play(packets, 1_700);
    lasts(findTone(out, 400), 1, 2);
    lasts(findTone(out, 600), 0.5);
  });

  it.each([-150, 150])(
    'follows a clock that differs by %i ppm for an hour, neither starving nor swelling',
    (drift) => {
      const buffer = createJitterBuffer();
      const packet = stream({ ms: 20 })[0];
      if (!packet) throw new Error('no packet');
      const out = new Int16Array(FRAME);
      const step = 20 * (1 - drift * 1e-6);
      let sent = 0;
      let silent = 0;
      let deepest = 0;
      let steepestStep = 0;
      let last = 0;
      for (let frame = 0; frame < 180_000; frame += 1) {
        for (; sent * step <= frame * 20 + 10; sent += 1)
          buffer.put(1, (sent * FRAME) >>> 0, 'PCMU', packet.payload, 0, FRAME);
        if (!buffer.read(out) && frame > 5) silent += 1;
        deepest = Math.max(deepest, buffer.depth);
        // A tone whose waves fit a packet: any seam would show.
        steepestStep = Math.max(steepestStep, Math.abs((out[0] ?? 0) - last), steepest(out));
        last = out[FRAME - 1] ?? 0;
      }
      expect(silent).toBe(0);
      expect(deepest).toBeLessThan(120 * 8);
      expect(steepestStep).toBeLessThan(slope(400));
    },
  );

  it('grows with the jitter until little is late, and comes back when it is over', () => {
    const calm = stream({ ms: 20_000 });
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed / 0x7fff_ffff;
    };
    const arriving = calm.map((packet) => ({
      ...packet,
      at: packet.at + (packet.at > 2_000 && packet.at < 10_000 ? random() * 110 : 0),
    }));
    const buffer = createJitterBuffer();
    const out = new Int16Array(FRAME);
    const depths: number[] = [];
    const heard: number[] = [];
    let next = 0;
    const queue = arriving.toSorted((a, b) => a.at - b.at);
    for (let frame = 0; frame < 1_000; frame += 1) {
      for (let packet = queue[next]; packet && packet.at <= frame * 20 + 10; packet = queue[next]) {
        buffer.put(1, packet.timestamp, 'PCMU', packet.payload, 0, FRAME);
        next += 1;
      }
      depths.push(buffer.depth / 8);
      buffer.read(out);
      heard.push(goertzel(out, 400));
    }
    const wholeFrom = (from: number, to: number): number =>
      heard.slice(from / 20, to / 20).filter((level) => level > 7_500).length / ((to - from) / 20);
    expect(wholeFrom(5_000, 10_000)).toBeGreaterThan(0.95);
    expect(Math.max(...depths.slice(250, 500))).toBeGreaterThan(100);
    expect(Math.max(...depths)).toBeLessThan(400);
    expect(Math.max(...depths.slice(900))).toBeLessThanOrEqual(100);
  });
});
