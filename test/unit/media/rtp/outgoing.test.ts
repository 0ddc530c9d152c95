import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutgoing, type Outgoing } from '../../../../src/media/rtp/outgoing.ts';

type Sent = {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
};
const take = ({ ssrc, sequence, timestamp, marker }: Outgoing): Sent => ({
  ssrc,
  sequence,
  timestamp,
  marker,
});
const sequenceStep = (a: Sent, b: Sent): number => ((b.sequence - a.sequence) << 16) >> 16;
const timestampStep = (a: Sent, b: Sent): number => (b.timestamp - a.timestamp) | 0;
const pairs = (sent: readonly Sent[]): [Sent, Sent][] => sent.slice(1).map((b, i) => [sent[i] ?? b, b]);

/** Sends `count` packets of one source, 20 ms apart from `now` on. */
const run = (
  out: Outgoing,
  source: number,
  ssrc: number,
  sequence: number,
  timestamp: number,
  count: number,
  now: number,
): Sent[] =>
  Array.from({ length: count }, (_, i) => {
    expect(
      out.relay(source, ssrc, (sequence + i) & 0xffff, (timestamp + i * 160) >>> 0, false, 160, now + i * 20),
    ).toBe(true);
    return take(out);
  });

type Step = {
  readonly what: 'relay' | 'skip' | 'generate' | 'interrupt';
  readonly source: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly samples: number;
  readonly passed: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  /** What happens: a relayed packet of one of three sources, one that is left out, a generated one, a pause. */
  what: fc.constantFrom<Step['what'][]>('relay', 'relay', 'relay', 'skip', 'generate', 'interrupt'),
  source: fc.integer({ min: 1, max: 3 }),
  ssrc: fc.integer({ min: 0, max: 1 }),
  sequence: fc.oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 65_520, max: 65_535 }),
    fc.nat(65_535),
  ),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.nat(0xffff_ffff)),
  samples: fc.constantFrom(0, 80, 160, 240),
  passed: fc.integer({ min: 0, max: 3_000 }),
});

/** What a new stream makes of arbitrary steps. */
const sendAll = (steps: readonly Step[]): Sent[] => {
  const out = createOutgoing();
  let now = 1_000;
  return steps.flatMap(({ what, source, ssrc, sequence, timestamp, samples, passed }) => {
    now += passed;
    if (what === 'interrupt') out.interrupt();
    if (what === 'skip') out.skip(source, ssrc, sequence);
    if (what === 'generate') out.generate(160, now);
    const relayed = what === 'relay' && out.relay(source, ssrc, sequence, timestamp, false, samples, now);
    return relayed || what === 'generate' ? [take(out)] : [];
  });
};

describe('the outgoing stream', () => {
  it('has one SSRC and uses no sequence number twice, whatever feeds it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const sent = sendAll(steps);
        let extended = 1_000_000;
        let highest = extended;
        const used = new Set<number>();
        for (const [index, packet] of sent.entries()) {
          extended += sequenceStep(sent[index - 1] ?? packet, packet);
          expect(used.has(extended)).toBe(false);
          used.add(extended);
          // Forward by no more than a burst of loss, back by no more than the hole that reordering left.
          expect(extended - highest).toBeLessThanOrEqual(251);
          expect(extended - highest).toBeGreaterThan(-65);
          highest = Math.max(highest, extended);
        }
        expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('goes strictly forward, in number and time, for sources that do, through any number of changes', () => {
    const segment = fc.record({
      source: fc.integer({ min: 0, max: 2 }),
      ssrc: fc.nat(0xffff_ffff),
      sequence: fc.nat(65_535),
      timestamp: fc.nat(0xffff_ffff),
      count: fc.integer({ min: 1, max: 20 }),
      pause: fc.integer({ min: 0, max: 60_000 }),
    });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 30 }), (segments) => {
        const out = createOutgoing();
        let now = 5_000;
        const sent: Sent[] = [];
        for (const { source, ssrc, sequence, timestamp, count, pause } of segments) {
          if (source === 0) {
            for (let i = 0; i < count; i += 1) {
              out.generate(160, now + i * 20);
              sent.push(take(out));
            }
          } else {
            sent.push(...run(out, source, ssrc, sequence, timestamp, count, now));
          }
          now += count * 20 + pause;
        }
        for (const [a, b] of pairs(sent)) {
          expect(sequenceStep(a, b)).toBe(1);
          expect(timestampStep(a, b)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('stamps a change of source by the time that passed, and marks it', () => {
    const out = createOutgoing();
    const first = run(out, 1, 7, 65_530, 0xffff_ff00, 10, 1_000);
    const second = run(out, 2, 8, 100, 5_000, 3, 1_680);
    expect(first.map(({ marker }) => marker)).toEqual([true, ...Array(9).fill(false)]);
    expect(second.map(({ marker }) => marker)).toEqual([true, false, false]);
    const [last, next] = [first.at(-1), second[0]];
    if (!last || !next) throw new Error('nothing sent');
    // The last one went out at 1180, 500 ms before.
    expect(timestampStep(last, next)).toBe(500 * 8);
    for (const [a, b] of pairs(first)) expect([sequenceStep(a, b), timestampStep(a, b)]).toEqual([1, 160]);
  });

  it('passes on loss, order and duplicates as they are: a late packet takes the hole that it left', () => {
    const out = createOutgoing();
    const [base] = run(out, 1, 7, 10, 1_000, 1, 1_000);
    if (!base) throw new Error('nothing sent');
    const send = (sequence: number): number | undefined =>
      out.relay(1, 7, sequence, 1_000 + (sequence - 10) * 160, false, 160, 1_000 + (sequence - 10) * 20)
        ? sequenceStep(base, take(out))
        : undefined;
    expect([11, 13, 12, 12, 13, 10, 9, 16, 14].map(send)).toEqual([
      1,
      3,
      2,
      undefined,
      undefined,
      undefined,
      undefined,
      6,
      4,
    ]);
    expect(send(17)).toBe(7);
    expect(timestampStep(base, take(out))).toBe(7 * 160);
  });

  it('leaves no hole for packets that are left out', () => {
    const out = createOutgoing();
    run(out, 1, 7, 10, 0, 1, 1_000);
    const before = take(out);
    out.skip(1, 7, 11);
    out.skip(1, 7, 12);
    out.relay(1, 7, 13, 480, false, 160, 1_060);
    expect([sequenceStep(before, take(out)), timestampStep(before, take(out))]).toEqual([1, 480]);
  });

  it('hides a restart of the source’s timestamps or sequence numbers', () => {
    const out = createOutgoing();
    const sent = [
      ...run(out, 1, 7, 10, 1_000, 2, 1_000),
      ...run(out, 1, 7, 12, 900_000_000, 2, 1_040),
      ...run(out, 1, 7, 40_000, 17, 2, 1_080),
    ];
    for (const [a, b] of pairs(sent)) expect([sequenceStep(a, b), timestampStep(a, b)]).toEqual([1, 160]);
    expect(sent.map(({ marker }) => marker)).toEqual([true, false, true, false, true, false]);
  });

  it('keeps the timestamp of a long telephone event, and goes on after it', () => {
    const out = createOutgoing();
    run(out, 1, 7, 10, 1_000, 1, 1_000);
    const before = take(out);
    // Two seconds of one key: 100 packets under the timestamp at which it began.
    for (let i = 0; i < 100; i += 1) {
      out.relay(1, 7, 11 + i, 1_160, i === 0, 0, 1_020 + i * 20);
      expect(timestampStep(before, take(out))).toBe(160);
    }
    out.relay(1, 7, 111, 1_160 + 16_000, false, 160, 3_020);
    expect([sequenceStep(before, take(out)), timestampStep(before, take(out))]).toEqual([101, 16_160]);
  });
});
