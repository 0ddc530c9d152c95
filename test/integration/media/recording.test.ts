import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WaveFile } from 'wavefile';
import { detectTone, goertzel, readStereoWav, rms } from '../../../src/media/analysis.ts';
import { createRecorder } from '../../../src/media/recording/index.ts';
import { feed, type Packet, START, stream } from './call-audio.ts';

let folder = '';
let files = 0;
const newPath = (): string => {
  files += 1;
  return join(folder, 'calls', `${files}.wav`);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = async (packets: readonly Packet[], end: number) => {
  const path = newPath();
  const recorder = createRecorder(path, START);
  feed(recorder, packets);
  const result = await recorder.close(START + end);
  return { result, ...readStereoWav(path) };
};

/** The tone of each whole 20 ms piece; undefined where there is none. */
const tones = (samples: Int16Array, candidates: number[]): (number | undefined)[] =>
  Array.from({ length: Math.floor(samples.length / 160) }, (_, i) => {
    const piece = samples.subarray(i * 160, i * 160 + 160);
    return rms(piece) < 100 ? undefined : (detectTone(piece, candidates)?.frequency ?? Number.NaN);
  });

const shuffled = fc
  .array(fc.record({ lost: fc.boolean(), twice: fc.boolean(), delay: fc.integer({ min: 0, max: 100 }) }), {
    minLength: 150,
    maxLength: 150,
  })
  .map((fates) => ({
    /** The first packet comes on time: it is the anchor. */
    apply: (packets: readonly Packet[]): Packet[] =>
      packets.flatMap((packet, i) => {
        const fate = fates[i];
        if (i === 0 || !fate) return [packet];
        if (fate.lost && i % 4 === 0) return [];
        const late = { ...packet, at: packet.at + fate.delay };
        return fate.twice ? [late, { ...late, at: late.at + 300 }] : [late];
      }),
  }));

describe('createRecorder', () => {
  it('writes what an independent reader takes for 8 kHz 16-bit stereo', async () => {
    const left = stream({ channel: 0, frequency: 440, from: 0, to: 3000 });
    const right = stream({
      channel: 1,
      frequency: 1000,
      from: 0,
      to: 3000,
      codec: 'PCMA',
      ptime: 30,
      ssrc: 9,
    });
    const { result } = await record([...left, ...right], 3000);
    const bytes = readFileSync(result.path);
    const file = new WaveFile(bytes);
    expect(file.fmt).toMatchObject({ audioFormat: 1, numChannels: 2, sampleRate: 8000, bitsPerSample: 16 });
    const [a, b] = file.getSamples(false, Int16Array) as unknown as [Int16Array, Int16Array];
    expect(goertzel(a, 440)).toBeGreaterThan(0.99);
    expect(goertzel(b, 1000)).toBeGreaterThan(0.99);
    expect(result).toEqual({
      path: result.path,
      startedAt: START,
      durationMs: 3000,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(statSync(result.path).mode & 0o077).toBe(0);
  });

  it('aligns both channels in time and fills what nobody said with silence', async () => {
    const { left, right } = await record(
      [
        ...stream({ channel: 0, frequency: 440, from: 1000, to: 2000 }),
        ...stream({ channel: 1, frequency: 1000, from: 1500, to: 2500 }),
      ],
      4000,
    );
    const heard = (samples: Int16Array, frequency: number) =>
      tones(samples, [440, 1000]).flatMap((tone, i) => (tone === frequency ? [i * 20] : []));
    expect(heard(left, 440)).toEqual(Array.from({ length: 50 }, (_, i) => 1000 + i * 20));
    expect(heard(right, 1000)).toEqual(Array.from({ length: 50 }, (_, i) => 1500 + i * 20));
    expect(left.length).toBe(32_000);
    expect(rms(left.subarray(0, 7900)) + rms(left.subarray(16_100))).toBe(0);
  });

  it('keeps length, place and channel whatever order packets come in', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, shuffled, async (a, b) => {
        const { left, right, result } = await record(
          [
            ...a.apply(stream({ channel: 0, frequency: 440, from: 0, to: 3000 })),
            ...b.apply(stream({ channel: 1, frequency: 1000, from: 0, to: 3000, timestamp: 0xffff_f000 })),
          ],
          3100,
        );
        expect(Math.abs(result.durationMs - 3100)).toBeLessThanOrEqual(40);
        for (const [samples, own] of [
          [left, 440],
          [right, 1000],
        ] as const) {
          const heard = tones(samples, [440, 1000]);
          const wrong = heard.filter(
            (tone, i) => tone !== own && !(tone === undefined && (i % 4 === 0 || i >= 150)),
          );
          expect(wrong).toEqual([]);
          expect(heard.filter((tone) => tone === own).length).toBeGreaterThanOrEqual(112);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('never makes a file longer than the call, whatever timestamps come', async () => {
    const packet = fc.record({
      channel: fc.constantFrom(0 as const, 1 as const),
      at: fc.nat(5000),
      ssrc: fc.nat(3),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      codec: fc.constantFrom('PCMU' as const, 'PCMA' as const),
      payload: fc.uint8Array({ maxLength: 1460 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 200 }), async (packets) => {
        const { result } = await record(packets, 5000);
        expect(Math.abs(result.durationMs - 5000)).toBeLessThanOrEqual(40);
      }),
      { numRuns: 25 },
    );
  });

  it('goes on after hold, a new source and a jump of timestamps', async () => {
    const { left } = await record(
      [
        ...stream({ channel: 0, frequency: 440, from: 0, to: 1000 }),
        // Timestamps stood still for 30 s.
        ...stream({ channel: 0, frequency: 440, from: 31_000, to: 32_000, timestamp: 8000 }),
        ...stream({ channel: 0, frequency: 440, from: 32_000, to: 33_000, ssrc: 2, timestamp: 123_456 }),
        ...stream({ channel: 0, frequency: 440, from: 33_000, to: 34_000, ssrc: 2, timestamp: 999_999_999 }),
      ],
      34_000,
    );
    const heard = tones(left, [440]);
    expect(heard.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 440));
    expect(new Set(heard.slice(50, 1550))).toEqual(new Set([undefined]));
    expect(heard.slice(1550).filter((tone) => tone === 440).length).toBeGreaterThanOrEqual(148);
  });

  it('keeps all when nobody flushes, and a long silence as a hole', async () => {
    const path = newPath();
    const recorder = createRecorder(path, START);
    const send = (packets: Packet[]) => {
      for (const { channel, at, ssrc, timestamp, codec, payload } of packets) {
        recorder.packet(channel, START + at, ssrc, timestamp, codec, payload);
      }
    };
    send(stream({ channel: 0, frequency: 440, from: 0, to: 10_000 }));
    send(stream({ channel: 0, frequency: 440, from: 600_000, to: 601_000, timestamp: 4_800_000 }));
    const { durationMs, bytes } = await recorder.close(START + 601_000);
    expect(durationMs).toBe(601_000);
    const { left } = readStereoWav(path);
    expect(goertzel(left.subarray(0, 80_000), 440)).toBeGreaterThan(0.99);
    expect(rms(left.subarray(80_160, 4_800_000))).toBe(0);
    expect(goertzel(left.subarray(4_800_000), 440)).toBeGreaterThan(0.99);
    expect(statSync(path).blocks * 512).toBeLessThan(bytes / 4);
  });

  it('goes on where it stands when the clock is set back', async () => {
    const path = newPath();
    const recorder = createRecorder(path, START);
    feed(recorder, stream({ channel: 0, frequency: 440, from: 0, to: 1000 }));
    feed(recorder, stream({ channel: 0, frequency: 440, from: -3_599_000, to: -3_598_000, timestamp: 8000 }));
    const { durationMs } = await recorder.close(START - 3_598_000);
    expect(Math.abs(durationMs - 2000)).toBeLessThanOrEqual(40);
    expect(goertzel(readStereoWav(path).left, 440)).toBeGreaterThan(0.95);
  });

  it('plays up to the last flush while it is still open', async () => {
    const path = newPath();
    const recorder = createRecorder(path, START);
    expect(new WaveFile(readFileSync(path)).fmt).toMatchObject({ numChannels: 2 });
    feed(recorder, stream({ channel: 0, frequency: 440, from: 0, to: 3000 }));
    recorder.flush(START + 3000);
    const { left } = readStereoWav(path);
    expect(left.length).toBe(2600 * 8);
    expect(goertzel(left, 440)).toBeGreaterThan(0.99);
    await recorder.close(START + 3000);
  });

  it.each([
    ['before what a flush has written', 3000, 2000],
    ['before packets that came after it', 1800, 1500],
  ])('ends at a moment that has passed: %s', async (_, heardUntil, ended) => {
    const path = newPath();
    const recorder = createRecorder(path, START);
    feed(recorder, stream({ channel: 0, frequency: 440, from: 0, to: heardUntil }));
    recorder.flush(START + heardUntil);
    const result = await recorder.close(START + ended);
    expect(result.durationMs - ended).toBeGreaterThanOrEqual(0);
    expect(result.durationMs - ended).toBeLessThanOrEqual(40);
    expect(statSync(path).size).toBe(result.bytes);
    const file = new WaveFile(readFileSync(path));
    expect(file.data).toMatchObject({ chunkSize: result.bytes - 44 });
    expect(goertzel(readStereoWav(path).left, 440)).toBeGreaterThan(0.99);
  });

  it('does not overwrite a file', async () => {
    const path = newPath();
    await createRecorder(path, START).close(START);
    expect(() => createRecorder(path, START)).toThrow(/EEXIST/);
  });

  it('closes once, and takes nothing afterwards', async () => {
    const path = newPath();
    const recorder = createRecorder(path, START);
    feed(recorder, stream({ channel: 0, frequency: 440, from: 0, to: 1000 }));
    const [first, second] = await Promise.all([recorder.close(START + 1000), recorder.close(START + 9000)]);
    feed(recorder, stream({ channel: 0, frequency: 440, from: 1000, to: 2000 }));
    recorder.flush(START + 9000);
    expect(second).toBe(first);
    expect(statSync(path).size).toBe(first.bytes);
  });
});
