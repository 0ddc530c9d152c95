import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rms } from '../../../src/media/index.ts';
import { readWav } from '../../../src/media/prompts/index.ts';
import { convertWav } from '../../../src/prompts/audio/convert.ts';
import { loudness } from '../../../src/prompts/audio/loudness.ts';
import { createSpeechEngine } from '../../../src/prompts/engine.ts';
import { SHIPPED_PROMPTS } from '../../../src/prompts/shipped.ts';

const folder = fileURLToPath(new URL('../../../config/prompts', import.meta.url));
const PROMPT = /\.[a-z]{2}\.wav$/;

describe('the prompts that come along', () => {
  it.each(SHIPPED_PROMPTS)('$id in $language is there, and as loud as the others', ({ id, language }) => {
    const samples = readWav(join(folder, `${id}.${language}.wav`));
    expect(samples.length).toBeGreaterThan(8000 * 0.2);
    expect(samples.length).toBeLessThan(8000 * 12);
    const level = loudness({ rate: 8000, samples: Float32Array.from(samples, (sample) => sample / 32_768) });
    expect(Math.abs((level ?? 0) + 20)).toBeLessThan(2);
    // It begins and ends in silence: nothing clicks.
    expect(rms(samples.subarray(0, 8))).toBeLessThan(1000);
    expect(rms(samples.subarray(-8))).toBeLessThan(1000);
  });

  it('are those that are known, and small', () => {
    const names = readdirSync(folder).filter((name) => PROMPT.test(name));
    const known = SHIPPED_PROMPTS.map(({ id, language }) => `${id}.${language}.wav`);
    expect(names.sort()).toEqual(known.sort());
    const bytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(bytes).toBeLessThan(1_500_000);
  });
});

const engine = createSpeechEngine({ voices: {}, timeoutSeconds: 30 });
const installed = await engine.isInstalled();

describe.skipIf(!installed)('espeak-ng', () => {
  it.each([
    ['en', 'Hello [[nothing]] -- <b>world</b>'],
    ['zh', '您好，欢迎致电。'],
    ['de', 'Guten Tag'],
  ])('speaks %s', async (language, text) => {
    const samples = convertWav(await engine.speak(text, language));
    expect(samples.length).toBeGreaterThan(8000 * 0.4);
    expect(samples.length).toBeLessThan(8000 * 8);
  });

  it('says which languages it lacks', async () => {
    await expect(engine.speak('Hello', 'qq')).rejects.toThrow(/voice does not exist/);
  });
});
