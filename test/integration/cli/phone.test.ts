import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { openStore, type Store } from '../../../src/store/index.ts';
import { addCall } from '../reports/sample-store.ts';
import { leg } from '../store/rows.ts';
import { CONFIG, makePlace, type Place } from './run-cli.ts';

const DAY = Date.UTC(2026, 10, 5, 12);

let place: Place;
let call: string;

const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const store = await openStore(
    {
      path: place.path('data/dialtrace.db'),
      keyFile: place.path('data/dialtrace.key'),
      backupDirectory: place.path('data/backups'),
    },
    silentLogger,
  );
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

beforeAll(async () => {
  place = await makePlace(`${CONFIG}\nregistrar: { domains: [sip.example.com] }\n`);
  expect((await place.run('apply', '--yes')).code).toBe(0);
  call = await withStore(async (store) => {
    await store.runs.start('RUN', DAY);
    const id = await addCall({ store } as Parameters<typeof addCall>[0], DAY, {
      talkMs: 12_000,
      call: { keyword: 'roof repair', landing_page: '/roofs' },
      end: { agent: 'alice' },
    });
    await store.db
      .insertInto('leg')
      .values({
        ...leg('leg-b', id, 1),
        user: 'alice',
        media_security: 'dtls',
        srtp_suite: 'AEAD_AES_256_GCM',
        transport: 'udp',
        candidate: 'host',
        rtt_ms: 12.4,
      })
      .execute();
    await store.db
      .insertInto('leg_quality')
      .values({ leg_id: 'leg-b', at: DAY + 5000, rtt_ms: 12.4, jitter_ms: 1, loss_percent: 0, mos: 4.4 })
      .execute();
    for (const [at, user] of ['alice', 'bob'].entries())
      await store.audit.append({
        id: `0${at}`,
        at: DAY + at,
        user,
        action: at === 0 ? 'login' : 'supervise',
        call_id: at === 0 ? null : id,
        detail: '{"mode":"listen"}',
      });
    return id;
  });
});
afterAll(() => place.remove());

describe('users', () => {
  it('have a role, and take calls or not', async () => {
    await place.run('user', 'add', 'sue', '--generate', '--role', 'supervisor', '--ready', 'no');
    expect((await place.run('user', 'list')).stdout).toMatch(/sue\s+–\s+supervisor/);
    const shown = async () => JSON.parse((await place.run('user', 'show', 'sue', '--json')).stdout);
    expect(await shown()).toMatchObject({ role: 'supervisor', ready: false });
    await place.run('user', 'set', 'sue', '--role', 'agent', '--ready', 'yes');
    expect(await shown()).toMatchObject({ role: 'agent', ready: true });
    expect((await place.run('user', 'set', 'sue', '--role', 'boss')).code).toBe(2);
  });
});

describe('a call', () => {
  it('is noted, field by field, and shown with it', async () => {
    const noted = await place.run('calls', 'wrap-up', call, '--disposition', 'sale', '--value', '250 EUR');
    expect(noted.stdout).toContain('sale');
    const tagged = ['--tag', 'roof', '--tag', 'call back', '--note', 'Ask for Ms Ray'];
    expect((await place.run('calls', 'wrap-up', 'last', ...tagged, '--user', 'ops')).code).toBe(0);
    const shown = JSON.parse((await place.run('calls', 'show', call, '--json', '--reveal')).stdout);
    expect(shown.wrapUp).toMatchObject({
      user: 'ops',
      disposition: 'sale',
      tags: ['roof', 'call back'],
      note: 'Ask for Ms Ray',
      value: { amount: 250, currency: 'EUR' },
    });
    expect(shown.legs[0]).toMatchObject({
      user: 'alice',
      mediaSecurity: 'dtls',
      samples: [{ mos: 4.4, rttMs: 12.4 }],
    });
    const csv = (await place.run('calls', 'export', 'csv')).stdout;
    expect(csv).toContain('alice,roof repair,/roofs,sale,"roof, call back",,250,EUR');
    expect((await place.run('calls', 'wrap-up', call, '--disposition', 'none')).stdout).not.toContain('sale');
  });

  it('is refused words that nobody configured, and nothing at all', async () => {
    const unknown = await place.run('calls', 'wrap-up', call, '--disposition', 'lottery');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('phone.dispositions');
    expect((await place.run('calls', 'wrap-up', call)).code).toBe(2);
    expect((await place.run('calls', 'wrap-up', call, '--value', 'much')).code).toBe(2);
  });

  it('says how each leg was protected and sounded', async () => {
    const { stdout } = await place.run('calls', 'show', call);
    expect(stdout).toMatch(/Media B1\s+dtls AEAD_AES_256_GCM, udp, host/);
    expect(stdout).toContain('4.10 / 4.40');
    expect(stdout).toMatch(/keyword “roof repair”, page \/roofs/);
    expect(stdout).toMatch(/Agent\s+alice/);
  });
});

it('tells who did what', async () => {
  const { stdout } = await place.run('audit', 'list');
  expect(stdout).toMatch(/bob\s+supervise\s+\w{26}\s+mode listen[\s\S]*alice\s+login/);
  const one = JSON.parse((await place.run('audit', 'list', '--user', 'alice', '--json')).stdout);
  expect(one).toEqual([
    {
      id: '00',
      at: '2026-11-05T12:00:00.000Z',
      user: 'alice',
      action: 'login',
      call: null,
      detail: { mode: 'listen' },
    },
  ]);
});
