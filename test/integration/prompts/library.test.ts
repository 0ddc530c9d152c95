import { readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goertzel, type Playable, rms } from '../../../src/media/index.ts';
import { readWav } from '../../../src/media/prompts/index.ts';
import { makePlace, NOW, type Place, wavOf } from './place.ts';

let place: Place;
beforeAll(async () => {
  place = await makePlace();
});
beforeEach(() => place.clear());
afterAll(() => place.remove());

const own = (): Promise<string[]> => readdir(place.prompts);
const pathOf = (what: Playable | undefined): string => (what?.type === 'file' ? what.path : '');
/** What an engine that writes to standard output speaks: a file made before. */
const engine = async (name: string, file = wavOf(600, 0.4, 22_050)): Promise<void> => {
  await writeFile(join(place.programs, 'spoken.wav'), file);
  await place.program(
    name,
    `cat > "${place.programs}/words.txt"\necho "$@" >> "${place.programs}/asked.txt"\ncat "${place.programs}/spoken.wav"`,
  );
};
const asked = async (): Promise<string[]> =>
  (await readFile(join(place.programs, 'asked.txt'), 'utf8')).trim().split('\n');

describe('prompts', () => {
  it('are converted, kept and found', async () => {
    const { library } = place;
    const kept = await library.add('welcome', 'en', wavOf(600, 1), '/home/me/Welcome.wav');
    expect(kept).toMatchObject({ id: 'welcome', origin: 'upload', words: 'Welcome.wav', createdAt: NOW });
    expect(kept.durationMs).toBe(1000);
    const samples = readWav(kept.path);
    expect(goertzel(samples, 600)).toBeGreaterThan(0.99);
    expect(20 * Math.log10(rms(samples) / 32_768)).toBeCloseTo(-20, 0);
    expect(await library.find('welcome', 'en')).toEqual(kept);
    expect(await own()).toEqual([`welcome.en.${kept.sha256.slice(0, 12)}.wav`]);
  });

  it('take the place of others, whose files go', async () => {
    const { library } = place;
    await library.add('welcome', 'en', wavOf(600, 1), 'a.wav');
    await library.add('welcome', 'zh', wavOf(700, 1), 'b.wav');
    const changed = await library.add('welcome', 'en', wavOf(800, 1), 'c.wav');
    expect(await library.add('welcome', 'en', wavOf(800, 1), 'c.wav')).toEqual(changed);
    expect(await own()).toHaveLength(2);
    expect(await library.remove('welcome', 'zh')).toBe(1);
    expect(await library.remove('welcome')).toBe(1);
    expect(await library.remove('welcome')).toBe(0);
    expect(await own()).toEqual([]);
  });

  it('take the place of shipped ones until they are removed', async () => {
    const { library } = place;
    const shipped = await library.find('goodbye', 'en');
    expect(shipped).toMatchObject({ origin: 'shipped', words: 'Thank you for calling. Goodbye.' });
    const before = (await library.list()).length;
    const mine = await library.add('goodbye', 'en', wavOf(600, 1), 'a.wav');
    expect(await library.find('goodbye', 'en')).toEqual(mine);
    const listed = await library.list();
    expect(listed).toHaveLength(before);
    expect(listed.filter(({ id }) => id === 'goodbye').map(({ origin }) => origin)).toEqual([
      'upload',
      'shipped',
    ]);
    await library.remove('goodbye');
    expect(await library.find('goodbye', 'en')).toEqual(shipped);
  });

  it.each([
    ['Welcome', 'en', /id is none: use 1 to 63 lower-case/],
    ['../welcome', 'en', /id is none/],
    ['welcome', 'english', /language is none: use a two-letter/],
  ])('refuse the names %s and %s', async (id, language, words) => {
    await expect(place.library.add(id, language, wavOf(600, 1), 'a.wav')).rejects.toThrow(words);
  });

  it.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['text', Buffer.from('Hello'), /neither WAV nor MP3/],
    ['silence', wavOf(600, 1, 8000, 0), /nothing but silence/],
    ['much', Buffer.alloc(20 * 1024 * 1024 + 1), /20\.0 MB: prompts have at most 20 MB/],
  ])('refuse %s', async (_, bytes, words) => {
    await expect(place.library.add('welcome', 'en', bytes, 'a.wav')).rejects.toThrow(words);
    expect(await place.library.list()).not.toContainEqual(expect.objectContaining({ id: 'welcome' }));
  });
});

describe('MP3', () => {
  const MP3 = Buffer.from([0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0]);

  it('says what to install when nothing reads it', async () => {
    const adding = place.library.add('welcome', 'en', MP3, 'a.mp3');
    await expect(adding).rejects.toThrow(/one of ffmpeg, mpg123 and sox must be installed/);
  });

  it('is read by the first program that can', async () => {
    await place.program('ffmpeg', 'echo "pipe:0: broken" >&2; exit 1');
    await writeFile(join(place.programs, 'bare'), wavOf(600, 1, 16_000).subarray(44));
    await place.program('mpg123', `cat > "${place.programs}/got"; cat "${place.programs}/bare"`);
    const { library } = place;
    const kept = await library.add('welcome', 'en', MP3, 'a.mp3');
    expect(goertzel(readWav(kept.path), 600)).toBeGreaterThan(0.99);
    expect(kept.durationMs).toBe(1000);
    expect(await readFile(join(place.programs, 'got'))).toEqual(MP3);
  });

  it('tells why every program failed', async () => {
    await place.program('ffmpeg', 'echo "pipe:0: broken" >&2; exit 1');
    await place.program('sox', 'cat > /dev/null');
    const adding = place.library.add('welcome', 'en', Buffer.from('ID3 no audio'), 'a.mp3');
    await expect(adding).rejects.toThrow(
      /ffmpeg: pipe:0: broken; sox found no audio in it\. Hand in a WAV file/,
    );
  });
});

describe('words', () => {
  it('are spoken and kept as a prompt', async () => {
    await engine('espeak-ng');
    const kept = await place.library.say('welcome', 'zh', ' 欢迎\n光临 ');
    expect(kept).toMatchObject({ origin: 'speech', words: '欢迎 光临' });
    expect(await asked()).toEqual(['-v cmn -b 1 -s 230 --stdin --stdout']);
    expect(await readFile(join(place.programs, 'words.txt'), 'utf8')).toBe('欢迎 光临\n');
    expect(goertzel(readWav(kept.path), 600)).toBeGreaterThan(0.99);
  });

  it('need something that speaks', async () => {
    await expect(place.library.say('welcome', 'en', 'Hello')).rejects.toThrow(/install espeak-ng/);
    const speech = { command: ['piper', '{file}'], voices: {}, timeoutSeconds: 5 };
    await expect(place.make({ speech }).say('welcome', 'en', 'Hello')).rejects.toThrow(
      /piper, which prompts\.speech\.command names, is not installed/,
    );
  });

  it('are spoken by another engine, into a file of its own', async () => {
    await writeFile(join(place.programs, 'spoken.wav'), wavOf(700, 0.5, 22_050));
    await place.program(
      'piper',
      `cat > /dev/null\ncp "${place.programs}/spoken.wav" "$3"\necho "$1 $2 $(dirname "$3")" > "${place.programs}/asked.txt"`,
    );
    const speech = {
      command: ['piper', '{voice}', '{language}; rm', '{file}'],
      voices: { en: 'amy' },
      timeoutSeconds: 5,
    };
    const kept = await place.make({ speech }).say('welcome', 'en', 'Hello; rm -rf / `id`');
    expect(kept.durationMs).toBe(500);
    const [line = ''] = await asked();
    expect(line).toMatch(/^amy en; rm /);
    await expect(readdir(line.split(' ').at(-1) ?? '')).rejects.toThrow(/ENOENT/);
  });

  it('are given up when the engine hangs', async () => {
    await place.program('espeak-ng', 'exec sleep 60');
    const speech = { voices: {}, timeoutSeconds: 0.2 };
    await expect(place.make({ speech }).say('welcome', 'en', 'Hello')).rejects.toThrow(
      /took more than 0\.2 s/,
    );
  });
});

describe('resolve', () => {
  it('finds prompts in the language, else in English, else leaves them out', async () => {
    const { library } = place;
    const english = await library.add('welcome', 'en', wavOf(600, 1), 'a.wav');
    const chinese = await library.add('welcome', 'zh', wavOf(700, 1), 'b.wav');
    const played = await library.resolve(['welcome', 'goodbye', 'missing'], { language: 'zh' });
    expect(played.map(pathOf).map((path) => path.split('/').at(-1))).toEqual([
      chinese.path.split('/').at(-1),
      'goodbye.zh.wav',
    ]);
    expect((await library.resolve(['welcome'], { language: 'de' })).map(pathOf)).toEqual([english.path]);
    expect(place.warnings.join()).toContain('"prompt":"missing"');
  });

  it('goes on without a file that is gone', async () => {
    const { library } = place;
    const mine = await library.add('goodbye', 'en', wavOf(600, 1), 'a.wav');
    await unlink(mine.path);
    const [played] = await library.resolve(['goodbye'], { language: 'en' });
    expect(pathOf(played)).toMatch(/config\/prompts\/goodbye\.en\.wav$/);
  });

  it('plays tones and silence', async () => {
    const sounds = [
      { tone: 'beep' },
      { tone: 'beep', seconds: 1 },
      { silence: 1.5 },
      { tone: 'busy', seconds: 1.2 },
      { tone: 'ringback' },
    ] as const;
    const played = await place.library.resolve(sounds, { language: 'en', region: 'US' });
    expect(played).toEqual([
      { type: 'beep' },
      { type: 'tone', frequencies: [1000], seconds: 1 },
      { type: 'silence', seconds: 1.5 },
      { type: 'busy', seconds: 1.2, region: 'US' },
      { type: 'ringback', seconds: 2, region: 'US' },
    ]);
    expect((await place.library.fingerprint(played))?.durationMs).toBe(6100);
  });

  it('speaks words once, with the values of the call', async () => {
    await engine('espeak-ng');
    const { library } = place;
    const sounds = [{ say: { en: 'Call from {source}.', zh: '来自{source}。' } }, { say: 'Hello' }];
    const options = { language: 'en', values: { source: 'Google Ads' } };
    const first = await library.resolve(sounds, options);
    const second = await library.resolve(sounds, options);
    expect(first).toHaveLength(2);
    expect(second).toEqual(first);
    expect(await asked()).toHaveLength(2);
    expect(new Set(first.map(pathOf)).size).toBe(2);
    // A value that is not known leaves nothing, and words without a letter make no sound.
    expect(await library.resolve([{ say: '{nobody} …' }], options)).toEqual([]);
  });

  it('keeps what was spoken with values of a call for a day', async () => {
    await engine('espeak-ng');
    const { library } = place;
    const hours = (count: number): void => place.setNow(NOW + count * 3_600_000);
    const sounds = [{ say: 'Call from {source}.' }, { say: 'Hello' }];
    const [personal, lasting] = await library.resolve(sounds, { language: 'en', values: { source: 'x' } });
    hours(23);
    await library.resolve(sounds, { language: 'en', values: { source: 'x' } });
    hours(46);
    await library.prune();
    expect(await readFile(pathOf(personal))).toBeDefined();
    hours(48);
    await library.prune();
    await expect(readFile(pathOf(personal))).rejects.toThrow(/ENOENT/);
    expect(await readFile(pathOf(lasting))).toBeDefined();
  });

  it('waits a moment for words, and has them the next time', async () => {
    await writeFile(join(place.programs, 'spoken.wav'), wavOf(600, 0.4));
    await place.program(
      'espeak-ng',
      `while [ ! -e "${place.programs}/go" ]; do sleep 0.05; done; cat "${place.programs}/spoken.wav"`,
    );
    const library = place.make({ patienceMs: 300 });
    const sounds = ['goodbye', { say: 'Hello' }] as const;
    const started = performance.now();
    const first = await library.resolve(sounds, { language: 'en' });
    expect(performance.now() - started).toBeGreaterThan(290);
    expect(first.map(pathOf).map((path) => path.split('/').at(-1))).toEqual(['goodbye.en.wav']);
    await writeFile(join(place.programs, 'go'), '');
    await expect.poll(() => library.resolve(sounds, { language: 'en' }), { timeout: 10_000 }).toHaveLength(2);
  });

  it('never logs words or values', async () => {
    await place.program('espeak-ng', 'cat >&2; exit 1');
    const sounds = [{ say: 'Secret {name}' }, { say: 'Hello' }];
    const played = await place.library.resolve(sounds, { language: 'en', values: { name: 'Mary' } });
    expect(played).toEqual([]);
    expect(place.warnings).toHaveLength(2);
    expect(place.warnings.join()).not.toMatch(/Secret|Mary/);
  });

  it('has words spoken before a call needs them', async () => {
    await engine('espeak-ng');
    const { library } = place;
    const sounds = ['goodbye', { say: 'Hello' }, { say: 'Hello {name}' }, { say: { en: 'Yes', zh: '是' } }];
    expect(await library.warm(sounds, ['en', 'zh'])).toBe(0);
    expect((await asked()).map((line) => line.split(' ')[1]).sort()).toEqual([
      'cmn',
      'cmn',
      'en-us',
      'en-us',
    ]);
    await place.program('espeak-ng', 'exit 1');
    expect(await library.resolve([{ say: 'Hello' }], { language: 'zh' })).toHaveLength(1);
    expect(await library.warm([{ say: 'No' }], ['en'])).toBe(1);
  });
});

describe('fingerprint', () => {
  it('tells what was played from anything else', async () => {
    const { library } = place;
    const played = await library.resolve(['consent-recording', { silence: 1 }], { language: 'en' });
    const print = await library.fingerprint(played);
    const shipped = await library.find('consent-recording', 'en');
    expect(print?.durationMs).toBe((shipped?.durationMs ?? 0) + 1000);
    expect(await library.fingerprint(played)).toEqual(print);
    expect(await library.fingerprint(played.slice(0, 1))).not.toEqual(print);
    const twice = await library.fingerprint([{ type: 'sequence', items: played, times: 2 }]);
    expect(twice?.durationMs).toBe(2 * (print?.durationMs ?? 0));
    expect(twice?.sha256).not.toBe(print?.sha256);
    expect((await library.fingerprint([{ type: 'ringback' }]))?.durationMs).toBeUndefined();
    expect(await library.fingerprint([{ type: 'file', path: '/nowhere.wav' }])).toBeUndefined();
  });
});
