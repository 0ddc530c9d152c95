import { chmod, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore } from '../../../src/store/index.ts';
import { leaveMessage, type Message } from '../prompts/messages.ts';
import { NOW, wavOf } from '../prompts/place.ts';
import { addCall, CALLER, type SampleStore } from '../reports/sample-store.ts';
import { CONFIG, makePlace, type Place } from './run-cli.ts';

let place: Place;
let message: Message;

beforeAll(async () => {
  place = await makePlace(
    `${CONFIG}prompts:\n  speech: { command: ['${'SPEAKER'}', '{voice}'], voices: { zh: mandarin } }\n`,
  );
  const speaker = place.path('speaker');
  await writeFile(place.path('spoken.wav'), wavOf(600, 0.5));
  await writeFile(
    speaker,
    `#!/bin/sh\necho "$1" > "${place.path('voice')}"\ncat > /dev/null\ncat "${place.path('spoken.wav')}"\n`,
  );
  await chmod(speaker, 0o755);
  const config = await readFile(place.path('config/dialtrace.yaml'), 'utf8');
  await writeFile(place.path('config/dialtrace.yaml'), config.replace('SPEAKER', speaker));
  expect((await place.run('apply', 'config/tracking.yaml', '--yes')).code).toBe(0);
  const options = {
    path: place.path('data/dialtrace.db'),
    keyFile: place.path('data/dialtrace.key'),
    backupDirectory: place.path('data/backups'),
  };
  const store = await openStore(options, silentLogger);
  await store.runs.start('RUN', NOW);
  const sample: SampleStore = { directory: place.path('data'), options, store, remove: () => store.close() };
  message = await leaveMessage(sample, await addCall(sample, NOW), NOW + 1000);
  await sample.remove();
});
afterAll(() => place.remove());

describe('dialtrace prompt', () => {
  it('adds, lists, writes and removes', async () => {
    await writeFile(place.path('Welcome.wav'), wavOf(600, 1));
    const added = await place.run('prompt', 'add', 'Welcome.wav', '--id', 'welcome', '--language', 'en');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(
      /^Kept welcome \(en\), 1\.0 s: \/.*config\/data\/prompts\/welcome\.en\.[0-9a-f]{12}\.wav\n$/,
    );
    const listed = await place.run('prompt', 'list', '--own', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: 'welcome', words: 'Welcome.wav' }]);
    expect((await place.run('prompt', 'list')).stdout).toMatch(/voicemail-greeting +en +shipped/);
    const written = await place.run('prompt', 'play', 'welcome', '-o', 'out.wav');
    expect(written.code).toBe(0);
    expect((await readFile(place.path('out.wav'))).length).toBe(16_044);
    const missing = await place.run('prompt', 'play', 'welcome', '--language', 'zh', '-o', 'out.wav');
    expect(missing).toMatchObject({ code: 2 });
    expect(missing.stderr).toContain('is there in en, not in zh');
    expect((await place.run('prompt', 'remove', 'welcome')).stdout).toBe('Removed welcome.\n');
    expect((await place.run('prompt', 'remove', 'welcome')).code).toBe(2);
  });

  it('speaks with the engine of the configuration', async () => {
    const said = await place.run('prompt', 'say', '您好', '--id', 'hello', '--language', 'zh', '--json');
    expect(JSON.parse(said.stdout)).toMatchObject({ id: 'hello', origin: 'speech', words: '您好' });
    expect(await readFile(place.path('voice'), 'utf8')).toBe('mandarin\n');
  });

  it('refuses what is wrong in one sentence', async () => {
    const nameless = await place.run('prompt', 'add', 'x.wav', '--id', 'Wel come', '--language', 'en');
    expect(nameless.code).toBe(2);
    expect(nameless.stderr).toContain('lower-case letters, digits and hyphens');
    const gone = await place.run('prompt', 'add', 'gone.wav', '--id', 'welcome', '--language', 'en');
    expect(gone.code).toBe(2);
    expect(gone.stderr).toContain("Can't read");
  });
});

describe('dialtrace voicemail', () => {
  it('lists and shows messages, numbers masked', async () => {
    const listed = await place.run('voicemail', 'list', '--new', '--zone', 'UTC');
    expect(listed.stdout).toContain(message.id);
    expect(listed.stdout).not.toContain(CALLER);
    const shown = await place.run('voicemail', 'show', 'last', '--reveal');
    expect(shown.stdout).toContain(CALLER);
    expect(shown.stdout).toContain('the caller hung up');
    expect(shown.stdout).toContain(`recordings/${message.path}`);
  });

  it('exports, notes who heard, and deletes', async () => {
    expect((await place.run('voicemail', 'export', 'last', 'm.wav')).code).toBe(0);
    expect(await readFile(place.path('m.wav'))).toEqual(message.bytes);
    await place.run('voicemail', 'heard', message.id, '--by', 'Alice');
    expect((await place.run('voicemail', 'list', '--new')).stdout).toBe('No new messages.\n');
    const [heard] = JSON.parse((await place.run('voicemail', 'list', '--json')).stdout);
    expect(heard.heard.by).toBe('Alice');
    await place.run('voicemail', 'heard', 'last', '--undo');
    expect((await place.run('voicemail', 'list', '--new')).stdout).toContain(message.id);
    expect((await place.run('voicemail', 'delete', message.id)).stdout).toContain('and its audio');
    await expect(readFile(place.path(`data/recordings/${message.path}`))).rejects.toThrow(/ENOENT/);
    expect(await place.run('voicemail', 'show', 'last')).toMatchObject({ code: 2 });
  });
});
