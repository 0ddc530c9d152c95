import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recoverVoicemail } from '../../../src/prompts/index.ts';
import { leaveMessage } from '../prompts/messages.ts';
import { wavOf } from '../prompts/place.ts';
import { addCall, DID, makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const DAY = Date.UTC(2026, 10, 22);

let sample: SampleStore;
let call: string;
beforeAll(async () => {
  sample = await makeSampleStore();
  call = await addCall(sample, DAY);
});
afterAll(() => sample.remove());

const ids = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);

it('messages are begun, completed, listed by box, heard and removed', async () => {
  const { voicemail } = sample.store;
  const { id: first, path } = await leaveMessage(sample, call, DAY + 1000, 'sales');
  const { id: second } = await leaveMessage(sample, call, DAY + 2000);
  const third = '01ZZZZZZZZZZZZZZZZZZZZZZZZ';
  await voicemail.begin({ id: third, call_id: call, box: 'main', created_at: DAY + 3000, path: 'm3.wav' });
  expect(ids(await voicemail.list())).toEqual([third, second, first]);
  expect(ids(await voicemail.list({ box: 'main', limit: 1 }))).toEqual([third]);
  expect(ids(await voicemail.list({ before: third }))).toEqual([second, first]);
  expect(ids(await voicemail.unfinished())).toEqual([third]);
  expect(await voicemail.get(first)).toMatchObject({
    created_at: DAY + 1000,
    duration_ms: 4200,
    speech_ms: 3101,
    ended_by: 'hangup',
    caller_region: 'US',
    did: DID,
    source_name: 'Google Ads',
    heard_at: null,
  });

  expect(await voicemail.setHeard(second, { at: 5000, by: 'alice' })).toBe(true);
  expect(await voicemail.setHeard(second, { at: 6000, by: 'bob' })).toBe(true);
  expect(await voicemail.get(second)).toMatchObject({ heard_at: 5000, heard_by: 'alice' });
  expect(ids(await voicemail.list({ onlyNew: true }))).toEqual([third, first]);
  expect(await voicemail.boxes()).toEqual([
    { box: 'main', messages: 2, fresh: 1 },
    { box: 'sales', messages: 1, fresh: 1 },
  ]);
  expect(await voicemail.setHeard(second, null)).toBe(true);
  expect(await voicemail.get(second)).toMatchObject({ heard_at: null, heard_by: null });
  expect(await voicemail.setHeard('nobody', null)).toBe(false);

  // A crash: one message was begun and has no file, another was cut off.
  const cut = '01YYYYYYYYYYYYYYYYYYYYYYYY';
  const directory = join(sample.directory, 'recordings');
  await mkdir(directory, { recursive: true });
  const bytes = wavOf(500, 1, 8000);
  bytes.writeUInt32LE(0, 40);
  await writeFile(join(directory, 'cut.wav'), bytes);
  await voicemail.begin({ id: cut, call_id: call, box: 'main', created_at: DAY + 3000, path: 'cut.wav' });
  expect(await recoverVoicemail(voicemail, directory)).toBe(1);
  expect(await voicemail.get(cut)).toMatchObject({
    state: 'repaired',
    duration_ms: 1000,
    ended_by: 'failed',
  });
  expect(await voicemail.get(third)).toMatchObject({ state: 'failed', sha256: null });
  expect(await voicemail.unfinished()).toEqual([]);
  await voicemail.remove(cut);

  // What could not be recorded is nothing to listen to.
  expect(ids(await voicemail.list())).toEqual([second, first]);
  expect(await voicemail.remove(first)).toBe(path);
  expect(await voicemail.remove(first)).toBeUndefined();
  expect(await voicemail.get(first)).toBeUndefined();
});
