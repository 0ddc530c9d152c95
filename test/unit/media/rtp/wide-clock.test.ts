import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ssrcOf, timestampOf, writeHeader } from '../../../../src/media/rtp/packet.ts';
import { writeEvent } from '../../../../src/media/rtp/telephone-event.ts';
import { createWideClock, widenEvent, widened } from '../../../../src/media/rtp/wide-clock.ts';

const SSRC = 0xdead_beef;
const packetAt = (timestamp: number, ssrc = SSRC): Buffer => {
  const packet = Buffer.alloc(16);
  writeHeader(packet, 0, false, 111, 1, timestamp >>> 0, ssrc);
  return packet;
};

describe('the clock of Opus', () => {
  it('is brought to 8 kHz without drift, whatever is lost or late, across its wrap', () => {
    // Frames of 2.5 ms are the least.
    const steps = fc.array(fc.integer({ min: -2_000, max: 400_000 }).map((frames) => frames * 120));
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), steps, (start, by) => {
        const clock = createWideClock();
        const first = packetAt(start);
        clock.narrow(first, 12, 16, 'opus');
        let at = start;
        let passed = 0;
        for (const step of by) {
          at = (at + step) >>> 0;
          passed += step;
          const packet = packetAt(at);
          expect(clock.narrow(packet, 12, 16, 'opus')).toBe('opus');
          expect((timestampOf(packet) - timestampOf(first)) | 0).toBe((passed / 6) | 0);
          expect(ssrcOf(packet)).toBe(ssrcOf(first));
        }
      }),
    );
  });

  it('has an SSRC of its own beside that of G.711, and another for another source', () => {
    const clock = createWideClock();
    const [one, other] = [packetAt(960), packetAt(960, 7)];
    clock.narrow(one, 12, 16, 'opus');
    clock.narrow(other, 12, 16, 'opus');
    expect(new Set([SSRC, ssrcOf(one), ssrcOf(other), 7]).size).toBe(4);
  });

  it('goes back: step by step, over the wrap of either', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 100_000 }), (timestamp, step) => {
        const next = (timestamp + step) >>> 0;
        expect((widened(next) - widened(timestamp)) >>> 0).toBe((step * 6) >>> 0);
      }),
    );
  });

  it('is that of keys at 48 kHz, and of other keys while Opus runs', () => {
    const clock = createWideClock();
    const key = packetAt(96_000);
    writeEvent(key, 12, 5, true, 7680);
    expect(clock.narrow(packetAt(5), 12, 16, 'telephone-event')).toBe('telephone-event');
    expect(clock.running).toBe(false);
    expect(clock.narrow(key, 12, 16, 'wide-event')).toBe('telephone-event');
    expect(key.readUInt16BE(14)).toBe(1280);
    expect(timestampOf(key)).toBe(16_000);
    const plain = packetAt(96_960);
    writeEvent(plain, 12, 5, true, 1280);
    clock.narrow(plain, 12, 16, 'telephone-event');
    expect([timestampOf(plain), plain.readUInt16BE(14)]).toEqual([16_160, 1280]);
    clock.rest();
    const later = packetAt(97_920);
    clock.narrow(later, 12, 16, 'telephone-event');
    expect([timestampOf(later), ssrcOf(later)]).toEqual([97_920, SSRC]);
  });

  it('has no longer keys than fit', () => {
    const key = packetAt(0);
    writeEvent(key, 12, 5, false, 1280);
    widenEvent(key, 12);
    expect(key.readUInt16BE(14)).toBe(7680);
    widenEvent(key, 12);
    widenEvent(key, 12);
    expect(key.readUInt16BE(14)).toBe(0xffff);
  });
});
