import fc from 'fast-check';
import { OpusDecoder } from 'opus-decoder';
import { beforeAll, describe, expect, it } from 'vitest';
import { opusSamples } from '../../../../src/media/rtp/opus-packet.ts';

const decoder = new OpusDecoder({ channels: 1, sampleRate: 8000 });
beforeAll(() => decoder.ready);

const samplesOf = (...bytes: number[]): number => opusSamples(Uint8Array.from(bytes), 0, bytes.length);

describe('the length of an Opus packet', () => {
  it('is what its first byte says', () => {
    expect(samplesOf(0xf8, 0xff, 0xfe)).toBe(160); // CELT, 20 ms: a browser's silence
    expect(samplesOf(0x08, 1)).toBe(160); // SILK, 20 ms
    expect(samplesOf(0x18, 1)).toBe(480); // SILK, 60 ms
    expect(samplesOf(0x80, 1)).toBe(20); // CELT, 2.5 ms
    expect(samplesOf(0x78)).toBe(160); // DTX: no frame at all
    expect(samplesOf(0x79, 1, 2)).toBe(320); // two of the same length
    expect(samplesOf(0x7a, 1, 9, 9)).toBe(320); // two, the first of one byte
    expect(samplesOf(0x7b, 3, 1, 2, 3)).toBe(480); // three of the same length
  });

  it('is none of what RFC 6716 3.4 forbids', () => {
    expect(samplesOf()).toBe(-1);
    expect(samplesOf(0x79, 1)).toBe(-1); // R3
    expect(samplesOf(0x7a, 9, 1)).toBe(-1); // R4
    expect(samplesOf(0x7b)).toBe(-1); // R6
    expect(samplesOf(0x7b, 0)).toBe(-1); // R5
    expect(samplesOf(0x7b, 7, 1, 2, 3, 4, 5, 6, 7)).toBe(-1); // R5: 140 ms
    expect(samplesOf(0x7b, 0x42, 9, 1, 2)).toBe(-1); // R6: more padding than packet
    expect(samplesOf(0x7b, 0x83, 250, 1, 2)).toBe(-1); // R7
    expect(opusSamples(new Uint8Array(1277).fill(0x78), 0, 1277)).toBe(-1); // R2
  });

  it('is what a decoder makes of it, and what it refuses is never let through', () => {
    const head = fc.integer({ min: 0, max: 255 });
    const packets = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 80 }),
      // Many frames, and padding.
      fc
        .tuple(head, head, fc.uint8Array({ minLength: 0, maxLength: 40 }))
        .map(([first, count, rest]) => Uint8Array.from([first | 3, count, ...rest])),
    );
    fc.assert(
      fc.property(packets, (packet) => {
        const samples = opusSamples(packet, 0, packet.length);
        if (samples < 0) return;
        const { samplesDecoded, errors } = decoder.decodeFrame(packet);
        expect(errors).toEqual([]);
        expect(samplesDecoded).toBe(samples);
      }),
    );
  });
});
