import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigitDetector, eventOf, writeEvent } from '../../../../src/media/rtp/telephone-event.ts';

type Told = [digit: string, durationMs: number];
type Event = {
  readonly digit: string;
  readonly end: boolean;
  readonly duration: number;
  readonly timestamp: number;
  readonly marker: boolean;
};

const detector = () => {
  const told: Told[] = [];
  const found = createDigitDetector((digit, durationMs) => told.push([digit, durationMs]));
  return {
    told,
    found,
    feed({ digit, end, duration, timestamp, marker }: Event, now = 0) {
      const packet = Buffer.alloc(4);
      writeEvent(packet, 0, eventOf(digit), end, duration);
      found.packet(packet, 0, 4, timestamp >>> 0, marker, now);
    },
  };
};

/** The packets of one press: `frames` updates of 20 ms, then three ends. */
const press = (digit: string, timestamp: number, frames: number): Event[] => [
  ...Array.from({ length: frames }, (_, i) => ({
    digit,
    end: false,
    duration: (i + 1) * 160,
    timestamp,
    marker: i === 0,
  })),
  ...[1, 2, 3].map(() => ({ digit, end: true, duration: frames * 160, timestamp, marker: false })),
];

describe('digits', () => {
  it('have the codes of RFC 4733 3.2', () => {
    expect([...'0123456789*#ABCD'].map(eventOf)).toEqual([...Array(16).keys()]);
    expect(['a', 'd', 'E', '', '12', '-1'].map(eventOf)).toEqual([12, 15, -1, -1, -1, -1]);
    const packet = Buffer.alloc(4);
    writeEvent(packet, 0, 11, true, 800);
    expect(packet).toEqual(Buffer.from([11, 0x8a, 0x03, 0x20]));
  });

  it('are told once each, whatever packets are lost, as long as one of each comes', () => {
    const key = fc.record({
      digit: fc.constantFrom(...'0123456789*#ABCD'),
      frames: fc.integer({ min: 2, max: 10 }),
      kept: fc.uint8Array({ minLength: 13, maxLength: 13 }),
    });
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 10 }), fc.nat(0xffff_ffff), (keys, first) => {
        const { told, found, feed } = detector();
        keys.forEach(({ digit, frames, kept }, index) => {
          const events = press(digit, first + index * 4_000, frames);
          const arrived = events.filter((_, i) => (kept[i] ?? 0) % 3 === 0);
          for (const event of arrived.length > 0 ? arrived : events.slice(0, 1)) feed(event, index * 500);
        });
        found.expire(1e9);
        expect(told.map(([digit]) => digit)).toEqual(keys.map(({ digit }) => digit));
        told.forEach(([, durationMs], i) => {
          expect(durationMs).toBeLessThanOrEqual((keys[i]?.frames ?? 0) * 20);
        });
      }),
    );
  });

  it('are told at their first end, with its duration', () => {
    const { told, feed } = detector();
    for (const event of press('7', 1_000, 5).slice(0, 6)) feed(event);
    expect(told).toEqual([['7', 100]]);
  });

  it('whose ends were lost are told when nothing more of them comes, or the next begins', () => {
    const { told, found, feed } = detector();
    for (const event of press('1', 1_000, 4).slice(0, 4)) feed(event, 100);
    found.expire(300);
    expect(told).toEqual([]);
    for (const event of press('1', 9_000, 2).slice(0, 2)) feed(event, 320);
    expect(told).toEqual([['1', 80]]);
    found.expire(571);
    expect(told).toEqual([
      ['1', 80],
      ['1', 40],
    ]);
  });

  it('are not told again by late packets of theirs', () => {
    const { told, feed } = detector();
    const [first, second] = [press('1', 1_000, 3), press('2', 3_000, 3)];
    for (const event of [...first.slice(0, 4), ...second.slice(0, 2), ...first, ...second, ...first])
      feed(event);
    expect(told).toEqual([
      ['1', 60],
      ['2', 60],
    ]);
  });

  it('held longer than a report can say come in segments and count as one', () => {
    const { told, feed } = detector();
    const [digit, end] = ['5', false];
    feed({ digit, end, duration: 0xffff, timestamp: 100, marker: true });
    feed({ digit, end, duration: 160, timestamp: 100 + 0xffff, marker: false });
    feed({ digit, end: true, duration: 8_000, timestamp: 100 + 0xffff, marker: false });
    expect(told).toEqual([['5', Math.round((0xffff + 8_000) / 8)]]);
  });

  it('begin anew after a change of source', () => {
    const { told, found, feed } = detector();
    for (const event of press('1', 9_000, 3)) feed(event);
    found.reset();
    for (const event of press('1', 5_000, 3)) feed(event);
    expect(told.map(([digit]) => digit)).toEqual(['1', '1']);
  });

  it('ignore what is too short or no digit', () => {
    const { told, found } = detector();
    found.packet(Buffer.from([1, 0x80, 0]), 0, 3, 0, true, 0);
    found.packet(Buffer.from([16, 0x80, 0, 9]), 0, 4, 0, true, 0);
    found.expire(1e9);
    expect(told).toEqual([]);
  });
});
