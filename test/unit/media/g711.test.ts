import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaveFile } from 'wavefile';
import { convertG711, decodeG711, encodeG711, G711_SILENCE } from '../../../src/media/g711.ts';
import type { CodecName } from '../../../src/sdp/index.ts';

const LAWS: CodecName[] = ['PCMU', 'PCMA'];
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const decode = (codec: CodecName, bytes: Uint8Array): Int16Array => {
  const out = new Int16Array(bytes.length);
  decodeG711(codec, bytes, out, 0);
  return out;
};

const encode = (codec: CodecName, samples: Int16Array): Uint8Array => {
  const out = new Uint8Array(samples.length);
  encodeG711(codec, samples, out);
  return out;
};

/** The same by an independent implementation. */
const oracle = (codec: CodecName, bytes: Uint8Array): number[] => {
  const file = new WaveFile();
  file.fromScratch(1, 8000, codec === 'PCMU' ? '8m' : '8a', [...bytes]);
  if (codec === 'PCMU') file.fromMuLaw('16');
  else file.fromALaw('16');
  return [...file.getSamples(false, Int16Array)];
};

const levels: Record<CodecName, number[]> = {
  PCMU: [...decode('PCMU', BYTES)],
  PCMA: [...decode('PCMA', BYTES)],
};

/** Sixteen steps a segment and segments that double: a step is at most a sixteenth of the sample (with its bias). */
const halfStep = (sample: number): number => (Math.abs(sample) + 132) / 32 + 4;

describe.each(LAWS)('G.711 %s', (codec) => {
  it('decodes every byte as an independent implementation does', () => {
    expect([...decode(codec, BYTES)]).toEqual(oracle(codec, BYTES));
  });

  it('encodes each level back to its own byte', () => {
    const back = encode(codec, decode(codec, BYTES));
    // µ-law has two zeros; both come back as the positive one.
    const expected = BYTES.map((byte) => (codec === 'PCMU' && byte === 0x7f ? 0xff : byte));
    expect([...back]).toEqual([...expected]);
  });

  it('encodes any sample within half a quantising step', () => {
    fc.assert(
      fc.property(fc.integer({ min: -32_768, max: 32_767 }), (sample) => {
        const [level = Number.NaN] = decode(codec, encode(codec, Int16Array.of(sample)));
        expect(Math.abs(level - sample)).toBeLessThanOrEqual(halfStep(sample));
      }),
      { numRuns: 5000 },
    );
  });

  it('calls the level nearest to zero silence', () => {
    const [level = Number.NaN] = decode(codec, Uint8Array.of(G711_SILENCE[codec]));
    expect(Math.abs(level)).toBeLessThanOrEqual(8);
  });
});

describe('decodeG711', () => {
  it('writes from the offset on and leaves out what does not fit', () => {
    const out = new Int16Array(4);
    decodeG711('PCMU', Uint8Array.of(0, 0, 0), out, 2);
    expect([...out]).toEqual([0, 0, -32_124, -32_124]);
  });
});

describe('convertG711', () => {
  it.each<[CodecName, CodecName]>([
    ['PCMU', 'PCMA'],
    ['PCMA', 'PCMU'],
  ])('turns %s into a level of %s that is as near as can be', (from, to) => {
    const bytes = BYTES.slice();
    convertG711(from, to, bytes);
    expect([...bytes]).toEqual([...encode(to, decode(from, BYTES))]);
    decode(to, bytes).forEach((level, i) => {
      const sample = levels[from][i] ?? Number.NaN;
      expect(Math.abs(level - sample)).toBeLessThanOrEqual(halfStep(sample));
    });
  });

  it('leaves equal laws alone', () => {
    const bytes = BYTES.slice();
    convertG711('PCMA', 'PCMA', bytes);
    expect([...bytes]).toEqual([...BYTES]);
  });
});
