import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encodeG711 } from '../src/media/g711.ts';

/**
 * Makes the built-in hold music again, config/prompts/hold-music.wav: eight bars for an electric piano, composed here, that join
 * end to beginning. Run it with `npx tsx scripts/make-hold-music.ts`; the same code makes the same file.
 */

const RATE = 8000;
const SECONDS_A_BEAT = 0.6;
const BEATS_A_BAR = 4;
/** Root mean square of a sine at -20 dBm0: 0 dBm0 lies 3.17 dB below the sine that just reaches µ-law's last level. */
const LOUDNESS = (32_124 / Math.SQRT2) * 10 ** ((-20 - 3.17) / 20);

/** A bar: the bass note, the chord's notes, and the tune as MIDI note and beats; 0 is a rest. */
type Bar = {
  readonly bass: number;
  readonly chord: readonly [number, number, number, number];
  readonly tune: readonly (readonly [note: number, beats: number])[];
};

const BARS: readonly Bar[] = [
  {
    bass: 50,
    chord: [62, 66, 69, 73],
    tune: [
      [78, 1.5],
      [76, 0.5],
      [73, 1],
      [69, 1],
    ],
  },
  {
    bass: 47,
    chord: [62, 66, 69, 71],
    tune: [
      [74, 2],
      [0, 0.5],
      [71, 0.5],
      [73, 0.5],
      [74, 0.5],
    ],
  },
  {
    bass: 55,
    chord: [62, 66, 67, 71],
    tune: [
      [76, 1.5],
      [74, 0.5],
      [71, 1],
      [67, 1],
    ],
  },
  {
    bass: 45,
    chord: [61, 64, 67, 71],
    tune: [
      [69, 2.5],
      [0, 0.5],
      [73, 0.5],
      [76, 0.5],
    ],
  },
  {
    bass: 54,
    chord: [61, 64, 66, 69],
    tune: [
      [78, 1],
      [81, 1],
      [79, 0.5],
      [78, 0.5],
      [76, 1],
    ],
  },
  {
    bass: 47,
    chord: [62, 66, 69, 71],
    tune: [
      [78, 2],
      [0, 0.5],
      [76, 0.5],
      [74, 1],
    ],
  },
  {
    bass: 52,
    chord: [62, 64, 67, 71],
    tune: [
      [76, 1.5],
      [79, 0.5],
      [78, 1],
      [74, 1],
    ],
  },
  {
    bass: 45,
    chord: [62, 64, 67, 69],
    tune: [
      [73, 1],
      [71, 1],
      [73, 1.5],
      [0, 0.5],
    ],
  },
];

const hertz = (note: number): number => 440 * 2 ** ((note - 69) / 12);

/** Overtones of a struck tine, and how much faster each dies away than the ground note. */
const PARTIALS = [
  { ratio: 1, level: 1, decay: 1 },
  { ratio: 2, level: 0.32, decay: 1.8 },
  { ratio: 3, level: 0.1, decay: 2.6 },
  { ratio: 5.02, level: 0.05, decay: 7 },
] as const;

const total = Math.round(BARS.length * BEATS_A_BAR * SECONDS_A_BEAT * RATE);
const mix = new Float64Array(total);

/** Adds a note; what rings beyond the end goes on at the beginning, so that the piece has no seam. */
const strike = (note: number, beat: number, level: number, seconds: number): void => {
  const start = Math.round(beat * SECONDS_A_BEAT * RATE);
  const length = Math.round((seconds + 0.4) * RATE);
  for (const { ratio, level: share, decay } of PARTIALS) {
    const frequency = hertz(note) * ratio;
    if (frequency > 3300) continue;
    for (let i = 0; i < length; i += 1) {
      const time = i / RATE;
      const rise = Math.min(1, time / 0.006);
      const fall = Math.min(1, (length - i) / (0.3 * RATE));
      const envelope = rise * fall * Math.exp((-decay * time) / 1.1);
      const at = (start + i) % total;
      mix[at] = (mix[at] ?? 0) + level * share * envelope * Math.sin(2 * Math.PI * frequency * time);
    }
  }
};

/** The chord broken up in quavers. */
const PATTERN = [0, 2, 1, 3, 2, 1, 3, 2] as const;

BARS.forEach(({ bass, chord, tune }, bar) => {
  const first = bar * BEATS_A_BAR;
  strike(bass, first, 0.5, 1.6);
  strike(bass + 7, first + 2, 0.3, 0.9);
  PATTERN.forEach((voice, quaver) => {
    strike(chord[voice], first + quaver / 2, quaver % 4 === 0 ? 0.24 : 0.18, 0.5);
  });
  let beat = first;
  for (const [note, beats] of tune) {
    if (note > 0) strike(note, beat, 0.42, beats * SECONDS_A_BEAT);
    beat += beats;
  }
});

const loudness = Math.sqrt(mix.reduce((sum, sample) => sum + sample * sample, 0) / total);
const samples = Int16Array.from(mix, (sample) => Math.round((sample * LOUDNESS) / loudness));
const data = Buffer.alloc(total);
encodeG711('PCMU', samples, data);

/** RIFF/WAVE, mono 8 kHz µ-law (format 7). */
const header = Buffer.alloc(46);
header.write('RIFF', 0, 'latin1');
header.writeUInt32LE(header.length - 8 + total, 4);
header.write('WAVEfmt ', 8, 'latin1');
header.writeUInt32LE(18, 16);
header.writeUInt16LE(7, 20);
header.writeUInt16LE(1, 22);
header.writeUInt32LE(RATE, 24);
header.writeUInt32LE(RATE, 28);
header.writeUInt16LE(1, 32);
header.writeUInt16LE(8, 34);
header.write('data', 38, 'latin1');
header.writeUInt32LE(total, 42);

const path = fileURLToPath(new URL('../config/prompts/hold-music.wav', import.meta.url));
writeFileSync(path, Buffer.concat([header, data]));
const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
process.stdout.write(`${path}: ${header.length + total} bytes, ${total / RATE} s, peak ${peak}\n`);
