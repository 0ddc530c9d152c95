import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Registry } from '../../../src/base/metrics.ts';
import { gatewayConfigSchema } from '../../../src/config/gateway-schema.ts';
import { createHttpServer, type HttpServer } from '../../../src/http/index.ts';
import { createPromptLibrary, type PromptLibrary } from '../../../src/prompts/index.ts';
import { leaveMessage, type Message } from '../prompts/messages.ts';
import { NOW, wavOf } from '../prompts/place.ts';
import { addCall, CALLER, makeSampleStore, type SampleStore } from '../reports/sample-store.ts';

const HOST = { host: '127.0.0.1:8080' };
const WAV = { ...HOST, 'content-type': 'audio/wav' };

let sample: SampleStore;
let library: PromptLibrary;
let server: HttpServer;
let guarded: HttpServer;
let message: Message;
let call: string;

const makeServer = (token?: string): Promise<HttpServer> => {
  const config = gatewayConfigSchema.parse({
    http: { port: 0, ...(token !== undefined && { token }) },
    recording: { directory: join(sample.directory, 'recordings') },
  });
  return createHttpServer({
    config: config as Parameters<typeof createHttpServer>[0]['config'],
    store: sample.store,
    prompts: library,
    logger: silentLogger,
    metricsRegistry: new Registry(),
    health: () => ({ status: 'ok', callsInProgress: 0 }),
    reports: {
      sources: () => Promise.reject(new Error('not here')),
      run: () => Promise.reject(new Error('not here')),
    },
    trunkStatus: () => [],
  } as Parameters<typeof createHttpServer>[0]);
};

beforeAll(async () => {
  sample = await makeSampleStore();
  library = createPromptLibrary({
    directory: join(sample.directory, 'prompts'),
    speech: { voices: {}, timeoutSeconds: 5 },
    db: sample.store.db,
    logger: silentLogger,
    now: () => NOW,
    path: join(sample.directory, 'no-programs'),
  });
  server = await makeServer();
  guarded = await makeServer('a-token');
  call = await addCall(sample, NOW);
  await leaveMessage(sample, call, NOW + 1000, 'sales');
  message = await leaveMessage(sample, call, NOW + 2000);
});
afterAll(async () => {
  await Promise.all([server, guarded].map((each) => each.close()));
  await library.close();
  await sample.remove();
});

const get = (url: string, headers: Record<string, string> = {}) =>
  server.inject({ url, headers: { ...HOST, ...headers } });

describe('prompts', () => {
  it('are uploaded as they are, listed, played and removed', async () => {
    const bytes = wavOf(600, 1);
    const upload = (query: string) =>
      server.inject({
        url: `/v1/prompts/welcome/audio?${query}`,
        method: 'POST',
        headers: WAV,
        payload: bytes as unknown as string,
      });
    const kept = await upload('language=en&name=Welcome.wav');
    expect(kept.statusCode).toBe(200);
    expect(kept.json()).toMatchObject({
      id: 'welcome',
      origin: 'upload',
      words: 'Welcome.wav',
      durationMs: 1000,
    });
    expect(kept.json()).not.toHaveProperty('path');
    expect((await upload('')).statusCode).toBe(400);
    const { prompts } = (await get('/v1/prompts')).json() as { prompts: { id: string; origin: string }[] };
    expect(prompts.filter(({ origin }) => origin === 'upload')).toHaveLength(1);
    expect(prompts.some(({ id }) => id === 'voicemail-greeting')).toBe(true);

    const audio = await get('/v1/prompts/welcome/audio');
    expect(audio.headers).toMatchObject({ 'content-type': 'audio/wav', 'content-length': '16044' });
    const part = await get('/v1/prompts/welcome/audio', { range: 'bytes=0-3' });
    expect([part.statusCode, part.body]).toEqual([206, 'RIFF']);
    expect((await get('/v1/prompts/welcome/audio?language=zh')).statusCode).toBe(404);

    const remove = () => server.inject({ url: '/v1/prompts/welcome', method: 'DELETE', headers: HOST });
    expect((await remove()).json()).toEqual({ removed: 1 });
    expect((await remove()).statusCode).toBe(404);
    const shipped = await server.inject({ url: '/v1/prompts/goodbye', method: 'DELETE', headers: HOST });
    expect(shipped.statusCode).toBe(409);
  });

  it.each([
    ['another type', { ...HOST, 'content-type': 'application/json' }, '{}', 415, /content type audio\/wav/],
    ['what is no audio', WAV, 'Hello', 400, /neither WAV nor MP3/],
    ['more than 20 MB', WAV, 'x'.repeat(20 * 1024 * 1024 + 1), 413, /too large/],
  ])('of %s are refused', async (_, headers, payload, status, words) => {
    const url = '/v1/prompts/welcome/audio?language=en';
    const answer = await server.inject({ url, method: 'POST', headers, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().detail).toMatch(words);
  });

  it('that nothing speaks are refused with what to do', async () => {
    const payload = { id: 'welcome', language: 'en', say: 'Hello' };
    const answer = await server.inject({ url: '/v1/prompts', method: 'POST', headers: HOST, payload });
    expect(answer.statusCode).toBe(503);
    expect(answer.json().detail).toMatch(/install espeak-ng/);
  });

  it('are for those with the token', async () => {
    const url = '/v1/prompts/welcome/audio?language=en';
    const answer = await guarded.inject({ url, method: 'POST', headers: WAV, payload: 'RIFF' });
    expect(answer.statusCode).toBe(401);
  });
});

describe('voicemail', () => {
  it('is listed by box, newest first, numbers masked', async () => {
    const { boxes, messages, next } = (await get('/v1/voicemail?limit=1')).json();
    expect(boxes).toEqual([
      { box: 'main', messages: 1, new: 1 },
      { box: 'sales', messages: 1, new: 1 },
    ]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ id: message.id, call, box: 'main', heard: null, durationMs: 4200 });
    expect(messages[0].caller).not.toBe(CALLER);
    expect(messages[0].caller).toContain('*');
    const rest = (await get(`/v1/voicemail?cursor=${next}`)).json();
    expect(rest.messages.map(({ box }: { box: string }) => box)).toEqual(['sales']);
    expect(rest.next).toBeNull();
    expect((await get('/v1/voicemail?reveal=true')).statusCode).toBe(403);
    const revealed = await guarded.inject({
      url: `/v1/voicemail/${message.id}?reveal=true`,
      headers: { ...HOST, authorization: 'Bearer a-token' },
    });
    expect(revealed.json().caller).toBe(CALLER);
  });

  it('is heard, in ranges too', async () => {
    const whole = await get(`/v1/voicemail/${message.id}/audio`);
    expect(whole.rawPayload.equals(message.bytes)).toBe(true);
    const etag = String(whole.headers.etag);
    const known = await get(`/v1/voicemail/${message.id}/audio`, { 'if-none-match': etag });
    expect(known.statusCode).toBe(304);
    const end = await get(`/v1/voicemail/${message.id}/audio`, { range: 'bytes=-4' });
    expect(end.rawPayload.equals(message.bytes.subarray(-4))).toBe(true);
  });

  it('is noted as heard, and new again', async () => {
    const patch = (payload: object) =>
      server.inject({ url: `/v1/voicemail/${message.id}`, method: 'PATCH', headers: HOST, payload });
    expect((await patch({ heard: true, by: 'alice' })).json().heard).toMatchObject({ by: 'alice' });
    expect((await patch({ heard: true, by: 'bob' })).json().heard).toMatchObject({ by: 'alice' });
    expect((await get('/v1/voicemail?new=true')).json().messages).toHaveLength(1);
    expect((await patch({ heard: false })).json().heard).toBeNull();
    expect((await patch({})).statusCode).toBe(400);
  });

  it('is deleted with its audio, but not while the caller speaks', async () => {
    const remove = (id: string) =>
      server.inject({ url: `/v1/voicemail/${id}`, method: 'DELETE', headers: HOST });
    const speaking = '01ZZZZZZZZZZZZZZZZZZZZZZZZ';
    await sample.store.voicemail.begin({
      id: speaking,
      call_id: call,
      box: 'main',
      created_at: NOW,
      path: '../test.db',
    });
    expect((await remove(speaking)).statusCode).toBe(409);
    expect((await get(`/v1/voicemail/${speaking}/audio`)).statusCode).toBeGreaterThanOrEqual(400);
    const file = join(sample.directory, 'recordings', message.path);
    expect(await readFile(file)).toEqual(message.bytes);
    expect((await remove(message.id.toLowerCase())).json()).toEqual({ removed: true });
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
    expect((await remove(message.id)).statusCode).toBe(404);
  });
});
